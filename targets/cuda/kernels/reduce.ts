/** Sums, means, products, largest and smallest along some axes, a warp or a block for each. */
import type { Kernel } from '../../../src/plan/kernel.ts';
import { linesOf } from '../../gpu/lines.ts';
import { callOf, real, result as written } from '../kernel.ts';
import type { Fold } from '../lines.ts';
import { foldText, leaving, lineParameters, sharingOf, starts, together, togetherName } from '../lines.ts';

export const reduce: Kernel = {
  name: 'reduce',
  doc: 'sums, means, products, largest and smallest along some axes, a warp or a block for each',

  match({ call: { op }, types, arrays, result }) {
    if (op.kind !== 'reduce') return 'takes reductions';
    const lines = linesOf(types, op.axes, leaving);
    if (typeof lines === 'string') return lines;
    if (result.type.layout.kind !== 'plain' || !lines.inOrder) return 'takes results in the order of what is read';
    const fold: Fold = op.fn === 'mean' ? 'sum' : op.fn;
    const { width, linesEach, threads, groups } = sharingOf(lines);
    const call = callOf({
      name: `reduce-${op.fn}-${width}`,
      template: 'reduce',
      view: {
        ...{ width, linesEach, start: starts[fold], fold: foldText(fold, 'own', 'other') },
        ...{ together: togetherName(fold, width), finish: op.fn === 'mean' ? 'found / (float)size' : 'found' },
      },
      needs: [together(fold, width)],
      parameters: [real('x', arrays.x), written('result', result.array), ...lineParameters(lines)],
      ...{ threads, groups },
    });
    return { calls: [call] };
  },
};
