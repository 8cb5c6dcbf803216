/** Sums, means, products, largest and smallest along some axes, a warp or a block for each; of few that are very long, several blocks and then one. */
import type { Arr } from '../../../src/loop/loop.ts';
import type { Kernel, RoutineCall } from '../../../src/plan/kernel.ts';
import type { Lines } from '../../gpu/lines.ts';
import { linesOf } from '../../gpu/lines.ts';
import { callOf, real, whole, result as written } from '../kernel.ts';
import type { Fold, Shares } from '../lines.ts';
import { foldText, leaving, lineParameters, sharesOf, sharingOf, starts, together, togetherName } from '../lines.ts';

export const reduce: Kernel = {
  name: 'reduce',
  doc: 'sums, means, products, largest and smallest along some axes, a warp or blocks for each',

  match({ call: { op }, types, arrays, result, scratch }) {
    if (op.kind !== 'reduce') return 'takes reductions';
    const lines = linesOf(types, op.axes, leaving);
    if (typeof lines === 'string') return lines;
    if (result.type.layout.kind !== 'plain' || !lines.inOrder) return 'takes results in the order of what is read';
    const reduction: Reduction = {
      fold: op.fn === 'mean' ? 'sum' : op.fn,
      mean: op.fn === 'mean' ? lines.size : undefined,
    };
    const shares = sharesOf(lines);
    if (!shares) return { calls: [wholeLines(arrays.x, result.array, lines, reduction)] };
    const parts = scratch('parts', 'f32', lines.count * shares.parts);
    const found: Lines = { count: lines.count, size: shares.parts, step: 1, inOrder: true };
    return {
      calls: [
        partsOfLines(arrays.x, parts, lines, shares, reduction),
        wholeLines(parts, result.array, found, reduction),
      ],
    };
  },
};

interface Reduction {
  readonly fold: Fold;
  /** What a sum is divided by. */
  readonly mean: number | undefined;
}

function wholeLines(x: Arr, to: Arr, lines: Lines, { fold, mean }: Reduction): RoutineCall {
  const { width, linesEach, threads, groups } = sharingOf(lines);
  return callOf({
    name: `reduce-${mean === undefined ? fold : 'mean'}-${width}`,
    template: 'reduce',
    view: {
      ...{ width, linesEach, start: starts[fold], fold: foldText(fold, 'own', 'other') },
      ...{ together: togetherName(fold, width), finish: mean === undefined ? 'found' : 'found / (float)divisor' },
    },
    needs: [together(fold, width)],
    parameters: [
      ...[real('x', x), written('result', to), ...lineParameters(lines)],
      ...(mean === undefined ? [] : [whole('divisor', mean)]),
    ],
    ...{ threads, groups },
  });
}

function partsOfLines(x: Arr, to: Arr, { size, step }: Lines, shares: Shares, { fold }: Reduction): RoutineCall {
  const { share, threads, groups } = shares;
  return callOf({
    name: `reduce-${fold}-parts`,
    template: 'reduce-parts',
    view: {
      ...{ start: starts[fold], fold: foldText(fold, 'own', 'other'), together: togetherName(fold, threads) },
    },
    needs: [together(fold, threads)],
    parameters: [
      ...[real('x', x), written('parts', to)],
      ...[whole('size', size), whole('step', step), whole('share', share)],
    ],
    ...{ threads, groups },
  });
}
