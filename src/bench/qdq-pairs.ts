/** What quantising adds to a graph: pairs around activations, and constants as integers with what makes them floats again. */
import { bug } from '../diagnostic.ts';
import type { NodeProto, TensorProto } from '../import/onnx/schema.ts';
import { attributeTypes } from '../import/onnx/schema.ts';
import type { Quantised, Signed } from './integers.ts';
import { extentOf, signedPerChannel, toUnsigned, unsignedFor } from './integers.ts';

export interface Packed extends Pick<Signed, 'scales'> {
  /** Of the tensor of floats. */
  readonly name: string;
}

export interface Pairs {
  /** In the order in which they were added. */
  readonly nodes: readonly Pick<NodeProto, 'input'>[];
  readonly tensors: readonly object[];
  readonly add: (node: Pick<NodeProto, 'input'>) => void;
  /** A tensor to integers and back. */
  readonly addPair: (name: string) => void;
  /** What a tensor is called behind its pair. */
  readonly realOf: (name: string) => string;
  /** A constant with one scale; gives the name of its floats. */
  readonly constant: (tensor: TensorProto) => string;
  /** Weights with a scale for each channel along `axis`. */
  readonly weights: (tensor: TensorProto, axis: number) => Packed;
  /** What is added to products of `x` and the weights, in the integers that these have. */
  readonly bias: (tensor: TensorProto, x: string, weights: Packed) => string;
}

const types = { float: 1, uint8: 2, int8: 3, int32: 6 } as const;

export function pairsFor(scales: ReadonlyMap<string, Quantised>): Pairs {
  const nodes: Pick<NodeProto, 'input'>[] = [];
  const tensors: object[] = [];
  const made = new Map<string, Packed>();
  const store = (name: string, type: keyof typeof types, dims: readonly number[], data: ArrayBufferView): string => {
    const rawData = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    tensors.push({ name, dims, dataType: types[type], rawData });
    return name;
  };
  const node = (opType: string, input: readonly string[], output: string, axis?: number): string => {
    const attribute = axis === undefined ? [] : [{ name: 'axis', type: attributeTypes.int, i: axis }];
    nodes.push({ opType, name: output, input, output: [output], attribute } as Pick<NodeProto, 'input'>);
    return output;
  };
  const storeScale = (name: string, { scale, zero }: Quantised): readonly string[] => [
    store(`${name}:scale`, 'float', [], Float32Array.of(scale)),
    store(`${name}:zero`, 'uint8', [], Uint8Array.of(zero)),
  ];
  const scaleOf = (name: string): Quantised => scales.get(name) ?? bug(`"${name}" has no scale`);
  const realOf = (name: string): string => `${name}:real`;
  const once = (key: string, make: () => Packed): Packed => {
    const packed = made.get(key) ?? make();
    made.set(key, packed);
    return packed;
  };
  return {
    nodes,
    tensors,
    realOf,
    add: (added) => void nodes.push(added),
    addPair(name) {
      const scale = storeScale(name, scaleOf(name));
      node('DequantizeLinear', [node('QuantizeLinear', [name, ...scale], `${name}:integers`), ...scale], realOf(name));
    },
    constant: (tensor) =>
      once(tensor.name, () => {
        const data = floatsOf(tensor);
        const scale = unsignedFor(extentOf(data));
        const integers = store(`${tensor.name}:integers`, 'uint8', dimsOf(tensor), toUnsigned(data, scale));
        const name = node('DequantizeLinear', [integers, ...storeScale(tensor.name, scale)], realOf(tensor.name));
        return { name, scales: Float32Array.of(scale.scale) };
      }).name,
    weights: (tensor, axis) =>
      once(`${tensor.name}:${axis}`, () => {
        const dims = dimsOf(tensor);
        const run = dims.slice(axis + 1).reduce((n, d) => n * d, 1);
        const { data, scales: own } = signedPerChannel(floatsOf(tensor), { count: dims[axis], run });
        const stem = `${tensor.name}:${axis}`;
        const input = [
          store(`${stem}:integers`, 'int8', dims, data),
          store(`${stem}:scale`, 'float', [own.length], own),
          store(`${stem}:zero`, 'int8', [own.length], new Int8Array(own.length)),
        ];
        return { name: node('DequantizeLinear', input, realOf(stem), axis), scales: own };
      }),
    bias: (tensor, x, weights) =>
      once(`${tensor.name} ${x} ${weights.name}`, () => {
        const data = floatsOf(tensor);
        const own = weights.scales.map((scale) => scale * scaleOf(x).scale);
        const stem = `${tensor.name}:${nodes.length}`;
        const integers = Int32Array.from(data, (v, i) => within(Math.round(v / own[i])));
        const input = [
          store(`${stem}:integers`, 'int32', [data.length], integers),
          store(`${stem}:scale`, 'float', [own.length], own),
          store(`${stem}:zero`, 'int32', [own.length], new Int32Array(own.length)),
        ];
        return { name: node('DequantizeLinear', input, realOf(stem), 0), scales: own };
      }).name,
  };
}

const within = (value: number): number => Math.min(2 ** 31 - 1, Math.max(-(2 ** 31), value));

const dimsOf = ({ dims }: TensorProto): readonly number[] => dims.map(Number);

/** Of a tensor of floats, as espalier writes them: as bytes. */
function floatsOf({ rawData, floatData }: TensorProto): Float32Array<ArrayBuffer> {
  return rawData.length > 0 ? new Float32Array(Uint8Array.from(rawData).buffer) : Float32Array.from(floatData);
}
