/**
 * What each operator is on a stream: a row for each that has a stage, which says what it is made of or why it is not
 * taken.
 */
import type { Call, Constant, Node } from '../../../src/graph/graph.ts';
import type { Op } from '../../../src/ops/index.ts';
import { partOf, scaleOf } from '../../../src/ops/resize.ts';
import type { ResizeSums } from '../../../src/ops/resize-sums.ts';
import { oneShare } from '../../../src/ops/softmax-table.ts';
import type { TensorType } from '../../../src/tensor/type.ts';
import { elements } from '../../../src/tensor/type.ts';
import type { Work } from './draft.ts';
import { loopsOf } from './moves.ts';
import type { Places } from './pipeline.ts';

/** An operator where it stands: operands by name, and the bits of those that are streams. */
export interface At<O extends Op = Op> {
  readonly op: O;
  readonly call: Call;
  readonly operands: Readonly<Record<string, Node>>;
  readonly bits: readonly number[];
}

/** A stage and the bits of its result, or the rest of the sentence "`op` …". */
export type Made = { readonly work: Work; readonly bits: number } | string;

type Rows = { readonly [K in Op['kind']]?: (at: At<Extract<Op, { readonly kind: K }>>) => Made };

/** Operators that are constants but for one operand, which is a stream, or streams all. */
const rows: Rows = {
  requantize: ({ op, call, operands }) => {
    const zero = constant(operands.zero);
    const [by, down] = [constant(operands.multiplier), constant(operands.shift)];
    if (!zero || !by || !down) return 'takes numbers that are known now';
    // What all channels have in common needs no table, and no channels.
    const alike = by.data.length === 1 && down.data.length === 1;
    const { channels, pixels } = alike ? { channels: 1, pixels: elements(call.type.shape) } : sizes(call.type);
    const [multiplier, shift] = [spread(by, channels), spread(down, channels)];
    const { low, high } = op;
    const work = { kind: 'requantize', channels, pixels, multiplier, shift, zero: zero.data[0], low, high } as const;
    return { work, bits: bitsOf(low, high) };
  },

  lookup: ({ op, call, operands }) => {
    const { channels, pixels } = sizes(call.type);
    const held = constant(operands.table);
    if (!held) return 'takes a table that is known now';
    const { shape } = held.type;
    const table = Int32Array.from(held.data);
    const [perChannel, size] = [shape.length === 2, shape[shape.length - 1]];
    const bits = bitsOf(
      table.reduce((a, b) => Math.min(a, b), 0),
      table.reduce((a, b) => Math.max(a, b), 0),
    );
    return { work: { kind: 'lookup', channels, pixels, low: op.low, size, perChannel, table }, bits };
  },

  binary: ({ op, call, operands, bits }) => {
    const { fn } = op;
    if (fn !== 'add' && fn !== 'sub' && fn !== 'mul' && fn !== 'max' && fn !== 'min') return `does no "${fn}"`;
    const given = Object.values(operands);
    if (given.some(({ kind }) => kind === 'constant')) return 'takes two streams, and is given what is known now';
    const [a, b] = bits;
    const wide = {
      add: Math.max(a, b) + 1,
      sub: Math.max(a, b) + 1,
      mul: a + b,
      max: Math.max(a, b),
      min: Math.max(a, b),
    };
    return { work: { kind: 'combine', fn, elements: elements(call.type.shape) }, bits: Math.min(32, wide[fn]) };
  },

  pool2d: ({ op, call, operands, bits: [bits] }) => {
    if (op.fn !== 'max') return 'takes the largest of whole numbers alone';
    const [, h, w, channels] = operands.x.type.shape;
    const [, oh, ow] = call.type.shape;
    const { window, stride, pad } = op;
    const work = {
      kind: 'pool',
      fn: 'max',
      channels,
      input: [h, w],
      output: [oh, ow],
      window: [window[0], window[1]],
      stride: [stride[0], stride[1]],
      pad: [pad[0], pad[1], pad[2], pad[3]],
    } as const;
    return { work, bits };
  },

  reduce: ({ op, operands, bits: [bits] }) => {
    const { shape } = operands.x.type;
    if (op.fn !== 'sum') return `does no "${op.fn}" of whole numbers`;
    const last = shape.length - 1;
    const all = shape.every((size, axis) =>
      axis === last ? !op.axes.includes(axis) : size === 1 || op.axes.includes(axis),
    );
    if (!all) return 'sums all pixels of each channel, and is given other axes';
    const [channels, pixels] = [shape[last], elements(shape) / shape[last]];
    return { work: { kind: 'total', channels, pixels }, bits: Math.min(32, bits + Math.ceil(Math.log2(pixels))) };
  },

  concat: ({ op, call, operands, bits }) => {
    const inner = (type: TensorType): number => elements(type.shape.slice(op.axis));
    const given = Object.values(operands);
    if (given.some(({ kind }) => kind === 'constant')) return 'takes streams, and is given what is known now';
    const times = elements(call.type.shape.slice(0, op.axis));
    return { work: { kind: 'concat', times, counts: given.map(({ type }) => inner(type)) }, bits: Math.max(...bits) };
  },

  pad: ({ op, operands, bits: [bits] }) => {
    const { shape } = operands.x.type;
    const { before, after, mode, value } = op;
    if (mode !== 'constant') return `pads with one number, and is given "${mode}"`;
    if (shape.length !== 4 || before[0] + after[0] + before[3] + after[3] > 0)
      return 'pads rows and columns of pictures, or channels, not both';
    const [, h, w, channels] = shape;
    const work = {
      kind: 'pad',
      channels,
      input: [h, w],
      pad: [before[1], before[2], after[1], after[2]],
      value,
    } as const;
    return { work, bits: Math.max(bits, bitsOf(Math.min(0, value), Math.max(0, value))) };
  },

  'resize-sums': ({ op, call, operands, bits: [bits] }) => {
    const [, h, w, channels] = operands.x.type.shape;
    const [, oh, ow] = call.type.shape;
    const [down, across] = [placesFor(op, h, oh), placesFor(op, w, ow)];
    const work = { kind: 'interpolate', channels, input: [h, w], output: [oh, ow], down, across } as const;
    return { work, bits: Math.min(32, bits + Math.ceil(Math.log2(down.steps * across.steps))) };
  },

  'softmax-table': ({ op, call, operands }) => {
    const { shape } = call.type;
    const held = constant(operands.table);
    if (!held) return 'takes a table that is known now';
    const size = shape[op.axis];
    if (elements(shape.slice(op.axis)) !== size) return 'shares along the last axis, and is given another';
    const table = Int32Array.from(held.data, (v) => Math.min(Math.max(v, 0), oneShare));
    return { work: { kind: 'softmax', lines: elements(shape) / size, size, table }, bits: bitsOf(0, oneShare) };
  },

  resize: (at) => moved(at),
  slice: (at) => moved(at),
  transpose: (at) => moved(at),
  tile: (at) => moved(at),
  'depth-to-space': (at) => moved(at),
  'space-to-depth': (at) => moved(at),
};

/** Which pixels of `from` each of `to` lies between. */
function placesFor(op: ResizeSums, from: number, to: number): Places {
  const scale = scaleOf(op, from, to);
  const at = Array.from({ length: to }, (_, i) => partOf(scale, i, from));
  const [first, part] = [Int32Array.from(at, (p) => p.first), Int32Array.from(at, (p) => p.part)];
  return { steps: scale.divisor, first, part };
}

/** Some operator as a stage. */
export function workOf(at: At): Made {
  const row = rows[at.op.kind] as ((at: At) => Made) | undefined;
  return row ? row(at) : 'has no engine';
}

function moved({ call, operands, bits: [bits] }: At): Made {
  const loops = loopsOf(call, operands.x.type);
  return typeof loops === 'string' ? loops : { work: { kind: 'rearrange', ...loops }, bits };
}

const constant = (node: Node): Constant | undefined => (node.kind === 'constant' ? node : undefined);

/** One number for each channel. */
const spread = (node: Constant, channels: number): Int32Array<ArrayBuffer> =>
  Int32Array.from({ length: channels }, (_, c) => node.data[node.data.length === 1 ? 0 : c]);

function sizes({ shape }: TensorType): { readonly channels: number; readonly pixels: number } {
  const channels = shape[shape.length - 1] ?? 1;
  return { channels, pixels: elements(shape) / channels };
}

/** Signed bits for `low` up to `high`. */
export const bitsOf = (low: number, high: number): number => 1 + Math.ceil(Math.log2(Math.max(high + 1, -low, 1)));
