/** Rows and columns of padding become the padding of the layer or pool that reads them. */
import type { Id, Node } from '../src/graph/graph.ts';
import { rewriteNodes } from '../src/graph/rewrite.ts';
import type { Conv2d } from '../src/ops/conv2d.ts';
import type { Pad } from '../src/ops/pad.ts';
import type { Pool2d } from '../src/ops/pool2d.ts';
import type { Pass } from '../src/pass.ts';
import type { ById } from './matching/constants.ts';
import { isNonNegative } from './matching/nonnegative.ts';

export const foldPadding: Pass = {
  name: 'fold-padding',
  doc: 'moves padding with zeros into the convolution or pool that reads it, where that is exact',

  run: (graph) =>
    rewriteNodes(graph, (node, { byId }) => {
      if (node.kind !== 'call' || (node.op.kind !== 'conv2d' && node.op.kind !== 'pool2d')) return node;
      const padding = spatialPadding(byId.get(node.inputs[0]));
      const op = padding && absorb(node.op, padding, byId);
      return op ? { ...node, op, inputs: [padding.x, ...node.inputs.slice(1)] } : node;
    }),
};

interface Padding {
  readonly x: Id;
  readonly value: number;
  /** Top, left, bottom, right. */
  readonly pad: readonly number[];
}

/** A pad of height and width alone, with one number. */
function spatialPadding(node: Node | undefined): Padding | undefined {
  if (node?.kind !== 'call' || node.op.kind !== 'pad' || node.op.mode !== 'constant') return undefined;
  const { before, after, value }: Pad = node.op;
  if (before.length !== 4 || [before[0], after[0], before[3], after[3]].some((n) => n !== 0)) return undefined;
  const pad = [before[1], before[2], after[1], after[2]];
  return pad.every((n) => n >= 0) ? { x: node.inputs[0], value, pad } : undefined;
}

function absorb(op: Conv2d | Pool2d, padding: Padding, byId: ById): Conv2d | Pool2d | undefined {
  const { x, value } = padding;
  const pad = op.pad.map((n, side) => n + padding.pad[side]);
  if (op.kind === 'conv2d') return value === 0 ? { ...op, pad } : undefined;
  // Below every window of a pool there is a pixel that is not padding.
  if (pad.some((n, side) => n >= op.window[side % 2])) return undefined;
  if (op.fn === 'avg') {
    // The zeros are counted in the average, so the pool's own padding must be, too.
    const counts = op.countPad || op.pad.every((n) => n === 0);
    return value === 0 && counts ? { ...op, pad, countPad: true } : undefined;
  }
  const below = value === Number.NEGATIVE_INFINITY || (value <= 0 && isNonNegative(x, byId));
  return below ? { ...op, pad } : undefined;
}
