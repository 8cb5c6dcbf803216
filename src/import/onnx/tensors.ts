/** Tensors of an ONNX file: sizes and lengths are checked before anything is made of them. */
import type { Numbers } from '../../tensor/numbers.ts';
import type { Shape } from '../../tensor/type.ts';
import type { Element } from './elements.ts';
import { elementName, elementNames, elementOf, elementRow, sizeOf, toI32 } from './elements.ts';
import type { Int64, TensorProto } from './schema.ts';

export interface Tensor {
  readonly element: Element;
  readonly shape: Shape;
  /** f32 for floating-point types and i32 for whole ones. */
  readonly data: Numbers;
}

/** The bytes of a tensor that lie in another file, or why they cannot be had. */
export type ReadExternal = (tensor: TensorProto) => Uint8Array | string;

/** The tensor, or why it is none: the rest of a sentence that begins with its name. */
export function readTensor(tensor: TensorProto, readExternal: ReadExternal): Tensor | string {
  const element = elementOf(tensor.dataType);
  if (!element) return `is of type ${elementName(tensor.dataType)}; ${elementNames.join(', ')} are read`;
  const shape = shapeOf(tensor.dims);
  if (typeof shape === 'string') return shape;
  const count = shape.reduce((n, d) => n * d, 1);
  const external = tensor.dataLocation === 1 ? readExternal(tensor) : undefined;
  if (typeof external === 'string') return external;
  const raw = external ?? (tensor.rawData.length > 0 ? tensor.rawData : undefined);
  const data = raw ? fromBytes(raw, element, count, shape) : fromFields(tensor, element, count, shape);
  return typeof data === 'string' ? data : { element, shape, data };
}

export function shapeOf(dims: readonly Int64[]): Shape | string {
  const sizes = dims.map(sizeOf);
  const shape = sizes.filter((d) => d !== undefined);
  const written = `the shape [${dims.slice(0, 12).map(String).join(', ')}]`;
  if (shape.length !== dims.length) return `has ${written}, where sizes are whole numbers from 0 to 2147483647`;
  if (shape.length > 8) return `has ${shape.length} axes, and no value may have over 8`;
  if (shape.reduce((n, d) => n * Math.max(d, 1), 1) > 2 ** 31 - 1)
    return `has ${written}, and no value may have over 2147483647 elements`;
  return shape;
}

const wrong = (what: string, has: number, needs: number, shape: Shape): string =>
  `has ${has} ${what}, and its shape [${shape.join(', ')}] needs ${needs}`;

function fromBytes(bytes: Uint8Array, element: Element, count: number, shape: Shape): Numbers | string {
  const { bits, read, dtype } = elementRow(element);
  const needs = Math.ceil((count * bits) / 8);
  if (bytes.length !== needs) return wrong('bytes', bytes.length, needs, shape);
  // Weights are many: they are taken as they lie, or copied at once where they lie askew.
  if (element === 'float') return floats(bytes, count);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (dtype === 'f32') {
    const data = new Float32Array(count);
    for (let i = 0; i < count; i++) data[i] = read(view, i);
    return data;
  }
  return wholes(count, (i) => read(view, i));
}

function floats({ buffer, byteOffset, byteLength }: Uint8Array, count: number): Float32Array<ArrayBuffer> {
  const memory = buffer as ArrayBuffer;
  return byteOffset % 4 === 0
    ? new Float32Array(memory, byteOffset, count)
    : new Float32Array(memory.slice(byteOffset, byteOffset + byteLength));
}

function wholes(count: number, read: (i: number) => number): Int32Array<ArrayBuffer> | string {
  const data = new Int32Array(count);
  for (let i = 0; i < count; i++) {
    const value = read(i);
    const fits = toI32(value);
    if (fits === undefined) return `holds ${value}, and whole numbers from -2147483648 to 2147483647 are read`;
    data[i] = fits;
  }
  return data;
}

function fromFields(tensor: TensorProto, element: Element, count: number, shape: Shape): Numbers | string {
  const { dtype, typed, range } = elementRow(element);
  const values = fieldOf(tensor, element);
  if (values.length !== count) return wrong('numbers', values.length, count, shape);
  const numberAt = (i: number): number => {
    const value = values[i];
    return typed(typeof value === 'number' ? value : value.toNumber());
  };
  if (dtype === 'f32') return Float32Array.from({ length: count }, (_, i) => numberAt(i));
  const numbers = wholes(count, numberAt);
  const odd = typeof numbers === 'string' ? undefined : numbers.find((v) => v < range[0] || v > range[1]);
  return odd === undefined ? numbers : `holds ${odd}, and numbers of type ${element} are ${range[0]} to ${range[1]}`;
}

/** Where the specification puts numbers of a type that are not raw bytes. Numbers of 4 bits come two in one. */
function fieldOf(tensor: TensorProto, element: Element): readonly (number | Int64)[] {
  switch (element) {
    case 'float':
      return tensor.floatData;
    case 'double':
      return tensor.doubleData;
    case 'int64':
      return tensor.int64Data;
    case 'uint32':
    case 'uint64':
      return tensor.uint64Data;
    case 'int4':
    case 'uint4': {
      const count = tensor.dims.reduce((n, d) => n * d.toNumber(), 1);
      const halves = tensor.int32Data.flatMap((v) =>
        element === 'int4' ? [(v << 28) >> 28, (v << 24) >> 28] : [v & 15, (v >> 4) & 15],
      );
      return halves.length === count + 1 ? halves.slice(0, count) : halves;
    }
    default:
      return tensor.int32Data;
  }
}
