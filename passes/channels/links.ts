/**
 * Which channels of a call's operands and of its result are one and the same: those that can only be dropped
 * together. Channels are the indices of the last axis.
 */
import type { Call } from '../../src/graph/graph.ts';
import type { Op } from '../../src/ops/index.ts';
import type { Shape } from '../../src/tensor/type.ts';
import { elements } from '../../src/tensor/type.ts';
import { wrap } from '../matching/axes.ts';

/** One operand: channel `from[i]` goes into channel `to[i]` of the result, and into no other than it is listed with. */
export interface Link {
  readonly operand: number;
  readonly from: readonly number[];
  readonly to: readonly number[];
  /** One channel meets all: it is needed, but not one with them. */
  readonly spread?: true;
}

/** A last axis longer than this is a list, not channels, and not worth following. */
export const mostChannels = 1 << 16;

/** A layer mixes channels; anything that has no links is closed: it needs all its channels. */
export function linksOf(call: Call, shapes: readonly Shape[]): readonly Link[] | undefined {
  const { op } = call;
  const shape = call.type.shape;
  const [x] = shapes;
  const count = shape.at(-1);
  if (count === undefined || x?.at(-1) === undefined) return undefined;
  const rank = x.length;
  if (Math.max(count, x.at(-1) ?? 0) > mostChannels) return undefined;
  switch (op.kind) {
    case 'unary':
    case 'cast':
    case 'relayout':
    case 'pool2d':
    case 'resize':
    case 'batch-norm':
      return [same(0, count)];
    case 'conv2d':
      return op.residual ? undefined : depthwiseLinks(op.groups, x, shape);
    case 'binary':
      return shapes.map((s, operand) => (s.at(-1) === count ? same(operand, count) : spread(operand, count)));
    case 'softmax':
      return wrap(op.axis, rank) === rank - 1 ? undefined : [same(0, count)];
    case 'reduce':
      return op.axes.some((axis) => wrap(axis, rank) === rank - 1) ? undefined : [same(0, count)];
    case 'tile':
      return op.repeats.at(-1) === 1 ? [same(0, count)] : undefined;
    case 'transpose':
      return op.perm.at(-1) === rank - 1 ? [same(0, count)] : undefined;
    case 'pad':
      return padLinks(op, x);
    case 'slice':
      return op.step.at(-1) === 1 ? [shifted(0, op.begin.at(-1) ?? 0, 0, count)] : undefined;
    case 'concat':
      return concatLinks(op.axis, shapes, count);
    case 'reshape':
      return regrouped(x, shape);
    case 'depth-to-space':
    case 'space-to-depth':
      return [groups(x.at(-1) ?? 1, count)];
    default:
      return undefined;
  }
}

/** `count` neighbouring channels, from one place to another. */
function shifted(operand: number, from: number, to: number, count: number): Link {
  const run = (start: number): readonly number[] => Array.from({ length: count }, (_, i) => start + i);
  return { operand, from: run(from), to: run(to) };
}

const same = (operand: number, count: number): Link => shifted(operand, 0, 0, count);

const spread = (operand: number, count: number): Link => ({
  operand,
  from: Array.from({ length: count }, () => 0),
  to: Array.from({ length: count }, (_, i) => i),
  spread: true,
});

/** Channels of the larger side repeat the smaller one: index modulo the smaller count. */
function groups(from: number, to: number): Link {
  const larger = Array.from({ length: Math.max(from, to) }, (_, i) => i);
  return { operand: 0, from: larger.map((i) => i % from), to: larger.map((i) => i % to) };
}

/** A convolution of each channel by itself, several filters each perhaps. */
function depthwiseLinks(groupCount: number, x: Shape, shape: Shape): readonly Link[] | undefined {
  const [inputs, outputs] = [x[3], shape[3]];
  if (groupCount !== inputs || groupCount === 1) return undefined;
  const to = Array.from({ length: outputs }, (_, o) => o);
  return [{ operand: 0, from: to.map((o) => Math.floor((o * inputs) / outputs)), to }];
}

function padLinks(
  { before, after, mode }: Extract<Op, { readonly kind: 'pad' }>,
  x: Shape,
): readonly Link[] | undefined {
  const [front, back] = [before.at(-1) ?? 0, after.at(-1) ?? 0];
  if (front < 0 || back < 0 || (mode !== 'constant' && front + back > 0)) return undefined;
  return [shifted(0, 0, front, x.at(-1) ?? 0)];
}

function concatLinks(axis: number, shapes: readonly Shape[], count: number): readonly Link[] {
  const rank = shapes[0].length;
  if (wrap(axis, rank) !== rank - 1) return shapes.map((_, operand) => same(operand, count));
  let start = 0;
  return shapes.map((shape, operand) => {
    const size = shape.at(-1) ?? 0;
    start += size;
    return shifted(operand, 0, start - size, size);
  });
}

/** A reshape that splits the last axis, or joins others to it, keeps its channels as residues. */
function regrouped(x: Shape, shape: Shape): readonly Link[] | undefined {
  const [from, to] = [x.at(-1) ?? 1, shape.at(-1) ?? 1];
  const whole = Math.max(from, to) % Math.min(from, to) === 0;
  if (!whole || elements(x) === 0) return undefined;
  return [groups(from, to)];
}
