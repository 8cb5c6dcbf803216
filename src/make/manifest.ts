/** `espalier.json`: what an output folder holds. It marks the folder as ours, and running an artefact begins with reading it. */
import { z } from 'zod';
import type { SplitFigures, SplitGroup } from '../graph/split.ts';
import type { Port } from '../plan/plan.ts';
import type { Role } from '../target.ts';
import type { DType, Shape } from '../tensor/type.ts';

export const manifestName = 'espalier.json';

/** The same for the same build, wherever and whenever it is done. */
export interface Manifest {
  /** The version of this file's layout. */
  readonly version: 1;
  /** The identifier that every file and exported symbol begins with. */
  readonly name: string;
  readonly target: string;
  readonly cpu: string | null;
  readonly inputs: readonly ManifestPort[];
  readonly outputs: readonly ManifestPort[];
  /** All but this file itself, in the order in which they were written. */
  readonly files: readonly ManifestFile[];
  /** Where weights were rounded to be smaller: to what, and what that costs. */
  readonly weights?: ManifestWeights | undefined;
  /** Where a CPU and an accelerator share the network. */
  readonly split?: ManifestSplit | undefined;
}

/** dB are null where nothing was lost. */
export interface ManifestWeights {
  /** `f16`, `int8` or `codebook:N`. */
  readonly storage: string;
  /** How many were rounded. */
  readonly layers: number;
  /** The one whose results lose most. */
  readonly worst: {
    readonly name: string;
    readonly sqnr: number | null;
    readonly weightSqnr: number | null;
  } | null;
  /** Against the graph with exact weights: `largestError` is the largest difference over the largest magnitude. */
  readonly outputs: readonly { readonly name: string; readonly sqnr: number | null; readonly largestError: number }[];
  /** Inputs that it was measured on: calibration data, or a random one. */
  readonly samples: number;
}

export interface ManifestSplit extends SplitFigures {
  /** Values that go from one part to another, with their bytes on the bus: 0 where the accelerator has no part in it. */
  readonly crossings: readonly {
    readonly name: string;
    readonly from: string;
    readonly to: readonly string[];
    readonly dtype: DType;
    readonly shape: Shape;
    readonly bytes: number;
  }[];
  /** Operators on the CPU, and why. */
  readonly left: readonly SplitGroup[];
}

/** An input or output as callers see it: plain, row-major. */
export interface ManifestPort {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: Shape;
}

export interface ManifestFile {
  /** Relative to the folder, with `/` between folders. */
  readonly path: string;
  readonly bytes: number;
  readonly role: FileRole;
}

/** `dump` is a graph as text, written by `--print-ir-after`. */
export type FileRole = Role | 'dump';

const size = z.int().min(1);
const port = z.strictObject({
  name: z.string(),
  dtype: z.enum(['f32', 'f16', 'i32', 'u32', 'i16', 'u16', 'i8', 'u8']),
  shape: z.array(size),
});

const decibels = z.number().nullable();

const inside = (path: string): boolean =>
  path !== '' && !path.startsWith('/') && !/[\\:\0]/.test(path) && !path.split('/').includes('..');

export const manifestSchema: z.ZodType<Manifest> = z.strictObject({
  version: z.literal(1),
  name: z.string().regex(/^\w+$/),
  target: z.string(),
  cpu: z.string().nullable(),
  inputs: z.array(port),
  outputs: z.array(port),
  files: z.array(
    z.strictObject({
      path: z.string().refine(inside, 'leaves the folder'),
      bytes: z.int().min(0),
      role: z.enum([
        'source',
        'header',
        'weights',
        'build',
        'binding',
        'types',
        'example',
        'check',
        'binary',
        'documentation',
        'dump',
      ]),
    }),
  ),
  weights: z
    .strictObject({
      storage: z.string(),
      layers: z.int().min(0),
      worst: z.strictObject({ name: z.string(), sqnr: decibels, weightSqnr: decibels }).nullable(),
      outputs: z.array(z.strictObject({ name: z.string(), sqnr: decibels, largestError: z.number() })),
      samples: z.int().min(0),
    })
    .optional(),
  split: z
    .strictObject({
      macs: z.number(),
      acceleratedMacs: z.number(),
      bytesIn: z.number(),
      bytesOut: z.number(),
      crossings: z.array(
        z.strictObject({
          name: z.string(),
          from: z.string(),
          to: z.array(z.string()),
          dtype: port.shape.dtype,
          shape: port.shape.shape,
          bytes: z.number(),
        }),
      ),
      left: z.array(
        z.strictObject({
          part: z.enum(['before', 'accelerator', 'after']),
          op: z.string(),
          why: z.string(),
          names: z.array(z.string()),
          macs: z.number(),
        }),
      ),
    })
    .optional(),
});

export const manifestPort = ({ name, type: { dtype, shape } }: Port): ManifestPort => ({ name, dtype, shape });

/** One entry a line where that is readable. */
export const printManifest = (manifest: Manifest): string => `${JSON.stringify(manifest, null, 2)}\n`;
