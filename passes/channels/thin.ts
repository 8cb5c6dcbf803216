/** A call without some of its channels: the attributes that count channels, adjusted. */
import type { Op } from '../../src/ops/index.ts';
import type { Shape } from '../../src/tensor/type.ts';
import type { Kept } from './select.ts';

export interface Thinning {
  /** Of the first operand, before. */
  readonly shape: Shape;
  /** Channels that stay in the first operand, and in the result. */
  readonly from: Kept;
  readonly to: Kept;
}

/** The operator on the channels that stay. `linksOf` says for which operators this is asked. */
export function thinOp(op: Op, { shape, from, to }: Thinning): Op {
  const last = <T>(values: readonly T[], value: T): readonly T[] => [...values.slice(0, -1), value];
  switch (op.kind) {
    case 'conv2d':
      return { ...op, groups: op.groups === 1 ? 1 : from.length };
    case 'reshape':
      return { ...op, shape: last(op.shape, to.length) };
    case 'pad': {
      const front = op.before.at(-1) ?? 0;
      const end = front + (shape.at(-1) ?? 0);
      const count = (kept: (c: number) => boolean): number => to.filter(kept).length;
      return {
        ...op,
        before: last(
          op.before,
          count((c) => c < front),
        ),
        after: last(
          op.after,
          count((c) => c >= end),
        ),
      };
    }
    case 'slice': {
      const begin = op.begin.at(-1) ?? 0;
      const skipped = from.filter((c) => c < begin).length;
      return { ...op, begin: last(op.begin, skipped), size: last(op.size, to.length) };
    }
    default:
      return op;
  }
}
