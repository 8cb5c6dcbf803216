/** Layers of weights in whole tiles that copies in bulk bring: each in a cut of its own, on a GPU of three multiprocessors. */
import { evaluate } from '../src/graph/evaluate.ts';
import type { Graph } from '../src/graph/graph.ts';
import type { Kernel } from '../src/plan/kernel.ts';
import { h100 } from '../targets/cuda/devices.ts';
import { warpgroupBlocksKernel } from '../targets/cuda/kernels/warpgroup-blocks.ts';
import { estimatedFor } from '../targets/cuda/rates/rates.ts';
import { elements } from '../targets/cuda/tensor/elements.ts';
import type { Case } from './cpu-kernels/kit.ts';
import { graphOf } from './cpu-kernels/kit.ts';
import { anywhere } from './cuda-blocks.ts';
import { programOf, runProgram } from './cuda-kit.ts';
import { conv, everything, layer, linear } from './cuda-tensor.ts';
import { distance } from './ops/law.ts';

interface WideCase {
  /** Rows by pixels of a block, by blocks of a cluster. */
  readonly cut: string;
  readonly splits: number;
  readonly element: 'f16' | 'bf16';
  readonly case: Case;
}

const given = (cut: string, made: Case, more: { splits?: number; element?: 'bf16' } = {}): WideCase => ({
  ...{ cut, splits: more.splits ?? 1, element: more.element ?? 'f16', case: made },
});

const { bf16 } = elements;

/** Each has a number of rows of its own, by which its kernel knows it. */
export const wideBlocksCases = (): readonly WideCase[] => [
  given(
    '384x128x2',
    layer('dense layer', { kind: 'linear', activation: 'relu' }, [140, 200], [400, 200], anywhere(0.3)),
  ),
  given('384x128x1', layer('more steps than stages', linear, [20, 700], [64, 700], anywhere(0.2)), { splits: 2 }),
  given(
    '256x128x1',
    layer('1x1 with a residual in bf16', conv({}), [1, 5, 7, 80], [130, 1, 1, 80], anywhere(0.3, 32), {
      element: bf16,
      residual: true,
    }),
    { element: 'bf16' },
  ),
  given(
    '256x64x2',
    layer(
      'rows without weights, and more blocks than multiprocessors',
      conv({}),
      [1, 9, 15, 96],
      [600, 1, 1, 96],
      (row, tap, channel) => (row < 96 || row >= 260) && anywhere(0.3)(row, tap, channel),
    ),
  ),
  given(
    '128x128x2',
    layer('more tiles than a step has room for', linear, [30, 150], [300, 150], (row) => row < 128),
  ),
  given(
    '256x64x1',
    layer('no weights', linear, [40, 100], [50, 100], () => false),
    { splits: 3 },
  ),
];

const rowsOf = ({ case: { values } }: WideCase): number => values[1].type.shape[0];

/** One for each case. */
export const wideBlocksKernels = (): readonly Kernel[] =>
  wideBlocksCases().map((one): Kernel => {
    const kernel = warpgroupBlocksKernel(
      elements[one.element],
      { ...everything, setting: estimatedFor({ ...h100, processors: 3 }) },
      (offers) => {
        const offer = offers.find(({ tile: t }) => `${t.rows}x${t.pixels}x${t.blocks}` === one.cut);
        return offer && { ...offer, estimate: { ...offer.estimate, splits: one.splits } };
      },
    );
    return {
      ...kernel,
      match: (site) => (site.weights?.matrix.rows === rowsOf(one) ? kernel.match(site) : 'takes others'),
    };
  });

export const wideBlocksGraph = (): Graph => graphOf(wideBlocksCases().map((one) => one.case));

const unused = { unused: new Float32Array(1) };

/** Which layers are too far from what they mean, for a program of these flags. */
export function wideBlocksFaults(flags: readonly string[]): readonly string[] {
  const graph = wideBlocksGraph();
  const want = evaluate(graph, unused);
  const got = runProgram(programOf(graph, wideBlocksKernels()), unused, flags);
  return wideBlocksCases().flatMap(({ case: { title } }, i) => {
    const apart = distance(got[`case_${i}`], want[`case_${i}`]);
    return apart <= 2e-6 ? [] : [`${title}: ${apart}`];
  });
}
