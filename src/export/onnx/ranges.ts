/** Between which numbers whole values lie: those that are bytes can be written as bytes. */

import type { Graph, Id, Node } from '../../graph/graph.ts';
import { oneShare } from '../../ops/softmax-table.ts';

/** The lowest and the highest number that a value can have. */
export type Range = readonly [low: number, high: number];

/** By id; undefined where nothing is known. */
export function rangesOf({ nodes }: Graph): ReadonlyMap<Id, Range> {
  const ranges = new Map<Id, Range>();
  for (const node of nodes) {
    const range = node.type.dtype === 'i32' ? rangeOf(node, ranges) : undefined;
    if (range) ranges.set(node.id, range);
  }
  return ranges;
}

function rangeOf(node: Node, ranges: ReadonlyMap<Id, Range>): Range | undefined {
  if (node.kind === 'input') return undefined;
  if (node.kind === 'constant') {
    let [low, high] = [Infinity, -Infinity];
    for (const v of node.data) [low, high] = [Math.min(low, v), Math.max(high, v)];
    return [low, high];
  }
  const { op, inputs } = node;
  const [a, b] = inputs.map((id) => ranges.get(id));
  switch (op.kind) {
    case 'quantize':
    case 'requantize':
      return [op.low, op.high];
    case 'lookup':
      return b;
    case 'softmax-table':
      return [0, oneShare];
    case 'binary':
      return a && b && within(op.fn, a, b);
    case 'unary':
      return a && op.fn === 'relu' ? [Math.max(a[0], 0), Math.max(a[1], 0)] : undefined;
    case 'pad':
      return a && union(a, [op.value, op.value]);
    case 'concat': {
      const parts = inputs.map((id) => ranges.get(id));
      return parts.every((p) => p !== undefined) ? parts.reduce(union) : undefined;
    }
    case 'reduce':
      return op.fn === 'max' || op.fn === 'min' ? a : undefined;
    case 'cast':
    case 'depth-to-space':
    case 'gather':
    case 'pool2d':
    case 'relayout':
    case 'reshape':
    case 'slice':
    case 'space-to-depth':
    case 'tile':
    case 'transpose':
      return a;
    default:
      return undefined;
  }
}

const union = (a: Range, b: Range): Range => [Math.min(a[0], b[0]), Math.max(a[1], b[1])];

/** Sums that do not wrap around, and choices. */
function within(fn: string, [a, b]: Range, [c, d]: Range): Range | undefined {
  const whole = ([low, high]: Range): Range | undefined => (Math.max(-low, high) < 2 ** 31 ? [low, high] : undefined);
  if (fn === 'add') return whole([a + c, b + d]);
  if (fn === 'sub') return whole([a - d, b - c]);
  if (fn === 'max') return [Math.max(a, c), Math.max(b, d)];
  return fn === 'min' ? [Math.min(a, c), Math.min(b, d)] : undefined;
}
