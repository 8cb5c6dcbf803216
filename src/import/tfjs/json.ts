/** The shapes of a TensorFlow.js `model.json`: what is read of it, and nothing else. */
import type { IAttrValue, INodeDef } from '@tensorflow/tfjs-converter';
import type { io } from '@tensorflow/tfjs-core';
import { z } from 'zod';

/** Protocol buffers write 64-bit numbers as strings. */
const whole = z.union([z.int(), z.string().regex(/^-?\d{1,15}$/)]);
/** Not-a-number and the infinities are written as strings too. */
const real = z.union([z.number(), z.enum(['NaN', 'Infinity', '-Infinity'])]);
/** Base64 text, or bytes. */
const text = z.union([z.string(), z.array(z.int())]);
const dataType = z.union([z.string(), z.int()]);
/** TensorFlow has no value with more axes. */
const axes = 254;

const tensorShape = z.object({
  unknownRank: z.boolean().optional(),
  dim: z
    .array(z.object({ size: whole.optional() }))
    .max(axes)
    .optional(),
});

const attribute = z.object({
  s: text.optional(),
  i: whole.optional(),
  f: real.optional(),
  b: z.boolean().optional(),
  type: dataType.optional(),
  shape: tensorShape.optional(),
  tensor: z.object({ dtype: dataType.optional(), tensorShape: tensorShape.optional() }).optional(),
  list: z
    .object({
      s: z.array(text).optional(),
      i: z.array(whole).optional(),
      f: z.array(real).optional(),
      b: z.array(z.boolean()).optional(),
    })
    .optional(),
});

const node = z.object({
  name: z.string().min(1),
  op: z.string().min(1),
  input: z.array(z.string()).optional(),
  attr: z.record(z.string(), attribute).optional(),
});

const port = z.object({ name: z.string().min(1), tensorShape: tensorShape.optional() });

const signature = z.object({
  inputs: z.record(z.string(), port).optional(),
  outputs: z.record(z.string(), port).optional(),
});

const quantization = z.discriminatedUnion('dtype', [
  z.object({ dtype: z.literal('float16') }),
  z.object({ dtype: z.enum(['uint8', 'uint16']), scale: z.number(), min: z.number() }),
]);

const manifest = z.array(
  z.object({
    paths: z.array(z.string()),
    weights: z.array(
      z.object({
        name: z.string().min(1),
        shape: z.array(z.int().min(0)).max(axes),
        dtype: z.string(),
        group: z.string().optional(),
        quantization: quantization.optional(),
      }),
    ),
  }),
);

const metadata = z.object({ signature: signature.optional() });

export const graphModel = z.object({
  modelTopology: z.object({ node: z.array(node) }),
  weightsManifest: manifest,
  signature: signature.nullish(),
  userDefinedMetadata: metadata.nullish(),
});

/** The layers are read one by one, each with a schema of its own: see keras-json.ts. */
export const layersModel = z.object({
  modelTopology: z.record(z.string(), z.unknown()),
  weightsManifest: manifest,
});

export type GraphModel = z.infer<typeof graphModel>;
export type LayersModel = z.infer<typeof layersModel>;
export type Manifest = z.infer<typeof manifest>;
export type WeightEntry = Manifest[number]['weights'][number];
export type NodeDef = z.infer<typeof node>;
export type Attribute = z.infer<typeof attribute>;
export type TensorShape = z.infer<typeof tensorShape>;

type Within<Field extends keyof Declared, Declared> = Field;

/** Every field that is read is one that the converter or tfjs-core declares: `tsc` says so should they change. */
export type Fields = {
  readonly node: Within<keyof NodeDef, INodeDef>;
  readonly attribute: Within<keyof Attribute, IAttrValue>;
  readonly weight: Within<keyof WeightEntry, io.WeightsManifestEntry>;
};

/** The sizes of a shape, −1 where one is open; undefined where not even their number is known. */
export function sizesOf(shape: TensorShape | undefined): readonly number[] | undefined {
  if (!shape || shape.unknownRank === true) return undefined;
  return (shape.dim ?? []).map(({ size }) => Number(size ?? 0));
}
