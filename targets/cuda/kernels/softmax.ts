/** Softmax along an axis, a warp or a block for each line. */
import type { Arr } from '../../../src/loop/loop.ts';
import type { Kernel, RoutineCall } from '../../../src/plan/kernel.ts';
import { sameLayout } from '../../../src/tensor/type.ts';
import type { Lines } from '../../gpu/lines.ts';
import { linesOf } from '../../gpu/lines.ts';
import { callOf } from '../kernel.ts';
import { foldText, leaving, lineParameters, sharingOf, together, togetherName } from '../lines.ts';

/** The result may be what is read. */
export function softmaxCall(x: Arr, result: Arr, lines: Lines): RoutineCall {
  const { width, linesEach, threads, groups } = sharingOf(lines);
  return callOf({
    name: `softmax-${width}`,
    template: 'softmax',
    view: {
      ...{ width, linesEach, larger: foldText('max', 'own', 'other') },
      ...{ allLargest: togetherName('max', width), allSum: togetherName('sum', width) },
    },
    needs: [together('max', width), together('sum', width)],
    parameters: [
      // One may be the other.
      { declare: 'const float *x', argument: x },
      { declare: 'float *result', argument: result },
      ...lineParameters(lines),
    ],
    ...{ threads, groups },
  });
}

export const softmax: Kernel = {
  name: 'softmax',
  doc: 'softmax along an axis, a warp or a block for each line',

  match({ call: { op }, types, arrays, result }) {
    if (op.kind !== 'softmax') return 'takes softmax';
    const lines = linesOf(types, [op.axis], leaving);
    if (typeof lines === 'string') return lines;
    if (!sameLayout(types.x.layout, result.type.layout)) return 'takes results that lie as what is read';
    return { calls: [softmaxCall(arrays.x, result.array, lines)] };
  },
};
