/** Softmax along an axis, a warp or a block for each line; of few that are very long, several blocks, twice. */
import type { Arr } from '../../../src/loop/loop.ts';
import type { Kernel, KernelSite, RoutineCall } from '../../../src/plan/kernel.ts';
import { sameLayout } from '../../../src/tensor/type.ts';
import type { Lines } from '../../gpu/lines.ts';
import { linesOf } from '../../gpu/lines.ts';
import { callOf, real, whole, result as written } from '../kernel.ts';
import type { Shares } from '../lines.ts';
import { foldText, leaving, lineParameters, sharesOf, sharingOf, together, togetherName } from '../lines.ts';

/** The result may be what is read. */
export function softmaxCalls(site: KernelSite, x: Arr, result: Arr, lines: Lines): readonly RoutineCall[] {
  const shares = sharesOf(lines);
  return shares ? inParts(site, x, result, lines, shares) : [inBlocks(x, result, lines)];
}

function inBlocks(x: Arr, result: Arr, lines: Lines): RoutineCall {
  const { width, linesEach, threads, groups } = sharingOf(lines);
  return callOf({
    name: `softmax-${width}`,
    template: 'softmax',
    view: { width, linesEach, ...folding(width) },
    needs: [together('max', width), together('sum', width)],
    parameters: [...both(x, result), ...lineParameters(lines)],
    ...{ threads, groups },
  });
}

function inParts(site: KernelSite, x: Arr, result: Arr, lines: Lines, shares: Shares): readonly RoutineCall[] {
  const { parts, share, threads, groups } = shares;
  const found = site.scratch('parts', 'f32', 2 * lines.count * parts);
  const common = {
    view: folding(threads),
    needs: [together('max', threads), together('sum', threads)],
    ...{ threads, groups },
  };
  const told = [whole('size', lines.size), whole('step', lines.step), whole('share', share)];
  return [
    callOf({
      ...{ name: 'softmax-parts', template: 'softmax-parts', ...common },
      parameters: [real('x', x), written('parts', found), ...told],
    }),
    callOf({
      ...{ name: 'softmax-shares', template: 'softmax-shares', ...common },
      parameters: [real('parts', found), ...both(x, result), ...told],
    }),
  ];
}

const folding = (threads: number) => ({
  ...{ larger: foldText('max', 'own', 'other') },
  ...{ allLargest: togetherName('max', threads), allSum: togetherName('sum', threads) },
});

/** One may be the other. */
const both = (x: Arr, result: Arr) => [
  { declare: 'const float *x', argument: x },
  { declare: 'float *result', argument: result },
];

export const softmax: Kernel = {
  name: 'softmax',
  doc: 'softmax along an axis, a warp or blocks for each line',

  match(site) {
    const { call, types, arrays, result } = site;
    if (call.op.kind !== 'softmax') return 'takes softmax';
    const lines = linesOf(types, [call.op.axis], leaving);
    if (typeof lines === 'string') return lines;
    if (!sameLayout(types.x.layout, result.type.layout)) return 'takes results that lie as what is read';
    return { calls: softmaxCalls(site, arrays.x, result.array, lines) };
  },
};
