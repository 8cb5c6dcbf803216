/** Sums, means, products, largest and smallest along some axes, a group for each. */
import type { Kernel } from '../../../src/plan/kernel.ts';
import { linesOf } from '../../gpu/lines.ts';
import { spread } from '../print-grid.ts';
import { declared } from './layer.ts';
import type { Fold } from './lines.ts';
import { foldText, starts, together, togetherName } from './lines.ts';

const names = ['x', 'result', 'lines', 'size', 'step'];

export const reduce: Kernel = {
  name: 'reduce',
  doc: 'sums, means, products, largest and smallest along some axes, a group for each',

  match({ call: { op }, types, arrays, result }) {
    if (op.kind !== 'reduce') return 'takes reductions';
    const lines = linesOf(types, op.axes);
    if (typeof lines === 'string') return lines;
    if (result.type.layout.kind !== 'plain' || !lines.inOrder) return 'takes results in the order of what is read';
    const fold: Fold = op.fn === 'mean' ? 'sum' : op.fn;
    const routine = {
      name: `reduce-${op.fn}`,
      template: 'webgpu/kernels/reduce.wgsl.hbs',
      view: {
        told: declared(names),
        start: starts[fold],
        fold: foldText(fold, 'own', 'other'),
        together: togetherName(fold),
        finish: op.fn === 'mean' ? 'whole / f32(size)' : 'whole',
      },
      needs: [together(fold)],
    };
    const args = [arrays.x, result.array, lines.count, lines.size, lines.step];
    return { calls: [{ routine, args, groups: spread(lines.count) }] };
  },
};
