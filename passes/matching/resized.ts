/** 1x1 convolutions of resized pictures. */
import type { Call, Id } from '../../src/graph/graph.ts';
import type { Resize } from '../../src/ops/resize.ts';
import type { ById } from './constants.ts';
import type { Layer } from './layers.ts';

export interface Resizing {
  readonly call: Call;
  readonly op: Resize;
}

/** The resize that feeds a 1x1 convolution, and nothing else: both orders of the two mean the same. */
export function resizeBefore({ x, call, weights }: Layer, byId: ById, uses: ReadonlyMap<Id, number>) {
  const { op } = call;
  const resize = byId.get(x);
  if (op.kind !== 'conv2d' || resize?.kind !== 'call' || resize.op.kind !== 'resize') return undefined;
  const [, kh, kw] = weights.type.shape;
  const isPointwise = kh === 1 && kw === 1 && op.groups === 1 && op.stride.every((s) => s === 1);
  const alone = uses.get(x) === 1 && isPointwise && op.pad.every((p) => p === 0);
  return alone ? ({ call: resize, op: resize.op } satisfies Resizing) : undefined;
}
