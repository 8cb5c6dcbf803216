/** What goes into an ONNX file, collected: nodes, initializers and inputs. Names are given at the end: see names.ts. */

import type { Element } from '../../import/onnx/elements.ts';
import { attributeTypes } from '../../import/onnx/schema.ts';
import type { Numbers } from '../../tensor/numbers.ts';
import { zeros } from '../../tensor/numbers.ts';
import type { DType, Shape, TensorType } from '../../tensor/type.ts';
import { sameShape } from '../../tensor/type.ts';

/** A tensor of the file that has no name yet; empty for an operand that is left out. */
export type Tensor = string;

/** The value of an attribute, as the schema has it. */
export interface Attribute {
  readonly type: number;
  readonly i?: number;
  readonly f?: number;
  readonly s?: string;
  readonly ints?: readonly number[];
}

export const int = (i: number): Attribute => ({ type: attributeTypes.int, i });
export const float = (f: number): Attribute => ({ type: attributeTypes.float, f });
export const text = (s: string): Attribute => ({ type: attributeTypes.string, s });
export const ints = (list: readonly number[]): Attribute => ({ type: attributeTypes.ints, ints: list });

export type Attributes = Readonly<Record<string, Attribute>>;

export interface MadeNode {
  readonly opType: string;
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly Tensor[];
  readonly attributes: Attributes;
}

/** The bytes of integers of 64 bits are made of numbers; those of all other types are the numbers' own. */
export interface Stored {
  readonly tensor: Tensor;
  readonly element: Element;
  readonly shape: Shape;
  readonly data: Numbers | BigInt64Array<ArrayBuffer> | Float64Array<ArrayBuffer>;
  /** 1 where a weight is kept, when the graph says so. */
  readonly mask?: Uint8Array<ArrayBuffer> | undefined;
}

export interface Port {
  readonly name: string;
  readonly type: TensorType;
  readonly tensor: Tensor;
}

export interface OnnxFile {
  readonly nodes: readonly MadeNode[];
  readonly stored: readonly Stored[];
  readonly inputs: readonly Port[];
  /** What each tensor would like to be called. */
  readonly wishes: ReadonlyMap<Tensor, string>;
  input(name: string, type: TensorType): Tensor;
  /** The outputs of a node; the same node twice is one. `stem` begins the names of its outputs. */
  node(opType: string, inputs: readonly Tensor[], attributes: Attributes, stem: string, outputs?: number): Tensor[];
  store(tensor: Omit<Stored, 'tensor'>, wish: string): Tensor;
  /** A few numbers; the same ones twice are one tensor. */
  constant(element: Element, shape: Shape, numbers: readonly number[], wish: string): Tensor;
  /** Says what sizes a tensor has: reshaping to those does nothing. */
  size(tensor: Tensor, shape: Shape): void;
  sizeOf(tensor: Tensor): Shape | undefined;
  /** The element type of a constant. */
  elementOf(tensor: Tensor): Element | undefined;
  /** The number that a constant of one element holds. */
  numberOf(tensor: Tensor): number | undefined;
  /** The node that computes a tensor. */
  maker(tensor: Tensor): MadeNode | undefined;
  /** The same elements in another shape. Reshaping what was reshaped goes back to what it was made from. */
  reshape(tensor: Tensor, shape: Shape, stem: string): Tensor;
  /** Calls a tensor so, unless something was called so before. */
  call(tensor: Tensor, name: string): void;
}

export function onnxFile(): OnnxFile {
  const nodes: MadeNode[] = [];
  const stored: Stored[] = [];
  const inputs: Port[] = [];
  const wishes = new Map<Tensor, string>();
  const called = new Set<Tensor>();
  const made = new Map<string, Tensor[]>();
  const before = new Map<Tensor, Tensor>();
  const sizes = new Map<Tensor, Shape>();
  const numbers = new Map<Tensor, number>();
  const elementTypes = new Map<Tensor, Element>();
  const makers = new Map<Tensor, MadeNode>();
  let count = 0;
  const fresh = (wish: string): Tensor => {
    const tensor = `#${count++}`;
    wishes.set(tensor, wish);
    return tensor;
  };
  const once = (key: string, make: () => Tensor[]): Tensor[] => {
    const found = made.get(key) ?? make();
    made.set(key, found);
    return found;
  };
  const store: OnnxFile['store'] = (tensor, wish) => {
    const place = fresh(wish);
    stored.push({ ...tensor, tensor: place });
    sizes.set(place, tensor.shape);
    elementTypes.set(place, tensor.element);
    if (tensor.data.length === 1) numbers.set(place, Number(tensor.data[0]));
    return place;
  };
  const constant: OnnxFile['constant'] = (element, shape, numbers, wish) =>
    once(JSON.stringify([element, shape, numbers.map(String)]), () => [
      store({ element, shape, data: numbersOf(element, numbers) }, wish),
    ])[0];
  const node: OnnxFile['node'] = (opType, operands, attributes, stem, outputs = 1) =>
    once(JSON.stringify([opType, operands, attributes]), () => {
      const results = Array.from({ length: outputs }, () => fresh(`${stem}/${opType}`));
      const made = { opType, inputs: operands, outputs: results, attributes };
      nodes.push(made);
      for (const result of results) makers.set(result, made);
      return results;
    });
  return {
    nodes,
    stored,
    inputs,
    wishes,
    node,
    store,
    constant,
    input(name, type) {
      const tensor = fresh(name);
      inputs.push({ name, type, tensor });
      sizes.set(tensor, type.shape);
      return tensor;
    },
    size: (tensor, shape) => void sizes.set(tensor, shape),
    sizeOf: (tensor) => sizes.get(tensor),
    elementOf: (tensor) => elementTypes.get(tensor),
    numberOf: (tensor) => numbers.get(tensor),
    maker: (tensor) => makers.get(tensor),
    reshape(tensor, shape, stem) {
      const from = before.get(tensor) ?? tensor;
      const own = sizes.get(from);
      if (own && sameShape(own, shape)) return from;
      const [to] = node('Reshape', [from, constant('int64', [shape.length], shape, 'shape')], {}, stem);
      before.set(to, from);
      sizes.set(to, shape);
      return to;
    },
    call(tensor, name) {
      if (called.has(tensor)) return;
      called.add(tensor);
      wishes.set(tensor, name);
    },
  };
}

/** The element type in the file of values of a type. */
export const elementOf: Readonly<Record<DType, Element>> = {
  f32: 'float',
  f16: 'float16',
  bf16: 'bfloat16',
  i32: 'int32',
  u32: 'uint32',
  i16: 'int16',
  u16: 'uint16',
  i8: 'int8',
  u8: 'uint8',
};

const dtypeOf = new Map<Element, DType>(
  Object.entries(elementOf).map(([dtype, element]) => [element, dtype as DType] as const),
);

/** Numbers as an element type stores them. Those of a `bool` are 0 and 1, and whether they are not 0 counts. */
export function numbersOf(element: Element, numbers: ArrayLike<number>): Stored['data'] {
  if (element === 'int64') return BigInt64Array.from(Array.from(numbers, BigInt));
  if (element === 'double') return Float64Array.from(numbers);
  if (element === 'bool') return Uint8Array.from(numbers, (v) => Number(v !== 0));
  const data = zeros(dtypeOf.get(element) ?? 'f32', numbers.length);
  data.set(numbers);
  return data;
}
