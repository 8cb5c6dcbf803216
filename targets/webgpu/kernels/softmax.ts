/** Softmax along an axis, a group for each line. */
import type { Arr } from '../../../src/loop/loop.ts';
import type { Kernel, RoutineCall } from '../../../src/plan/kernel.ts';
import { sameLayout } from '../../../src/tensor/type.ts';
import type { Lines } from '../../gpu/lines.ts';
import { linesOf } from '../../gpu/lines.ts';
import { spread } from '../print-grid.ts';
import { declared } from './layer.ts';
import { foldText, together, togetherName } from './lines.ts';

const names = ['x', 'result', 'lines', 'size', 'step'];

const routine = {
  name: 'softmax',
  template: 'webgpu/kernels/softmax.wgsl.hbs',
  view: {
    told: declared(names),
    larger: foldText('max', 'own', 'other'),
    allLargest: togetherName('max'),
    allSum: togetherName('sum'),
  },
  needs: [together('max'), together('sum')],
};

/** The result may be what is read. */
export const softmaxCall = (x: Arr, result: Arr, { count, size, step }: Lines): RoutineCall => ({
  routine,
  args: [x, result, count, size, step],
  groups: spread(count),
});

export const softmax: Kernel = {
  name: 'softmax',
  doc: 'softmax along an axis, a group for each line',

  match({ call: { op }, types, arrays, result }) {
    if (op.kind !== 'softmax') return 'takes softmax';
    const lines = linesOf(types, [op.axis]);
    if (typeof lines === 'string') return lines;
    if (!sameLayout(types.x.layout, result.type.layout)) return 'takes results that lie as what is read';
    return { calls: [softmaxCall(arrays.x, result.array, lines)] };
  },
};
