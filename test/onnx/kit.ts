/** ONNX models made in tests: a few lines each, written as real files and read from memory. */
import type { Diagnostic } from '../../src/diagnostic.ts';
import type { Graph } from '../../src/graph/graph.ts';
import type { ImportOptions } from '../../src/import/importer.ts';
import { importModel } from '../../src/import/index.ts';
import { attributeTypes, encode } from '../../src/import/onnx/schema.ts';

export type Files = Readonly<Record<string, Uint8Array<ArrayBuffer>>>;

/** Messages as protobufjs takes them: plain objects. */
export type Message = Readonly<Record<string, unknown>>;

/** Attributes of a node: whole numbers, `real(0.5)`, texts, lists, tensors and graphs. */
export type Attribute = number | string | boolean | readonly number[] | Message;

export const real = (...floats: readonly number[]): Message =>
  floats.length === 1 ? { type: attributeTypes.float, f: floats[0] } : { type: attributeTypes.floats, floats };
export const reals = (...floats: readonly number[]): Message => ({ type: attributeTypes.floats, floats });
export const graphAttribute = (g: Message): Message => ({ type: attributeTypes.graph, g });
export const tensorAttribute = (t: Message): Message => ({ type: attributeTypes.tensor, t });

function attributeOf(name: string, value: Attribute): Message {
  if (typeof value === 'number' || typeof value === 'boolean')
    return { name, type: attributeTypes.int, i: Number(value) };
  if (typeof value === 'string') return { name, type: attributeTypes.string, s: Buffer.from(value) };
  if (Array.isArray(value)) return { name, type: attributeTypes.ints, ints: value };
  return { name, ...(value as Message) };
}

/** `node('Relu', ['x'], ['y'])`; an empty name is an operand that is left out. */
export const node = (
  opType: string,
  input: readonly string[],
  output: readonly string[],
  attributes: Readonly<Record<string, Attribute>> = {},
  domain = '',
): Message => ({
  opType,
  input,
  output,
  name: `${opType}_${output[0] ?? ''}`,
  ...(domain !== '' && { domain }),
  attribute: Object.entries(attributes).map(([name, value]) => attributeOf(name, value)),
});

const bytesOf = (data: ArrayBufferView): Uint8Array =>
  new Uint8Array(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength);

/** A tensor of f32. */
export const floats = (name: string, dims: readonly number[], data: Iterable<number>): Message => ({
  name,
  dims,
  dataType: 1,
  rawData: bytesOf(Float32Array.from(data)),
});

/** A tensor of int64. */
export const int64s = (name: string, dims: readonly number[], data: readonly (number | bigint)[]): Message => ({
  name,
  dims,
  dataType: 7,
  rawData: bytesOf(BigInt64Array.from(data, (v) => BigInt(v))),
});

/** A port: sizes are numbers, or names where they are open. */
export const port = (name: string, shape: readonly (number | string)[] | undefined, elemType = 1): Message => ({
  name,
  type: {
    tensorType: {
      elemType,
      ...(shape && { shape: { dim: shape.map((d) => (typeof d === 'number' ? { dimValue: d } : { dimParam: d })) } }),
    },
  },
});

export interface TestGraph {
  readonly inputs?: readonly Message[];
  readonly outputs: readonly (string | Message)[];
  readonly nodes: readonly Message[];
  readonly initializers?: readonly Message[];
  readonly sparse?: readonly Message[];
}

export interface TestModel extends TestGraph {
  readonly opset?: number;
  readonly opsets?: Readonly<Record<string, number>>;
  readonly functions?: readonly Message[];
}

export const graphOf = ({ inputs = [], outputs, nodes, initializers = [], sparse = [] }: TestGraph): Message => ({
  name: 'test',
  input: inputs,
  output: outputs.map((o) => (typeof o === 'string' ? port(o, undefined) : o)),
  node: nodes,
  initializer: initializers,
  sparseInitializer: sparse,
});

export const modelOf = ({ opset = 17, opsets = {}, functions = [], ...graph }: TestModel): Message => ({
  irVersion: 8,
  producerName: 'test',
  graph: graphOf(graph),
  opsetImport: Object.entries({ '': opset, ...opsets }).map(([domain, version]) => ({ domain, version })),
  functions,
});

export const bytesOfModel = (model: Message): Uint8Array<ArrayBuffer> => Uint8Array.from(encode('ModelProto', model));

export interface Imported {
  readonly graph: Graph | null;
  readonly diagnostics: readonly Diagnostic[];
  /** `CODE NAME: MESSAGE`, one for each. */
  readonly messages: readonly string[];
}

export function importFiles(files: Files, options: ImportOptions = {}, file = 'folder/model.onnx'): Imported {
  const diagnostics: Diagnostic[] = [];
  const read = (path: string) => (Object.hasOwn(files, path) ? files[path] : undefined);
  const graph = importModel(file, { read, report: (d) => void diagnostics.push(d), options });
  const messages = diagnostics.map(({ code, origin, message }) => `${code} ${origin?.name ?? ''}: ${message}`);
  return { graph, diagnostics, messages };
}

/** Imports a model that is written to a file first. */
export const importTest = (model: TestModel, options: ImportOptions = {}, beside: Files = {}): Imported =>
  importFiles({ ...beside, 'model.onnx': bytesOfModel(modelOf(model)) }, options);
