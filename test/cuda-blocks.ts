/** Layers of weights of which whole tiles are left out, each in a cut of its own: sizes that fill nothing, rows of blocks that are empty, and full ones. */
import type { Graph } from '../src/graph/graph.ts';
import type { Kernel } from '../src/plan/kernel.ts';
import { tensorKernel } from '../targets/cuda/kernels/tensor.ts';
import { tensorWholeKernel } from '../targets/cuda/kernels/tensor-whole.ts';
import type { Choose } from '../targets/cuda/tensor/calls.ts';
import type { ElementName } from '../targets/cuda/tensor/elements.ts';
import { elements } from '../targets/cuda/tensor/elements.ts';
import type { Case } from './cpu-kernels/kit.ts';
import { graphOf } from './cpu-kernels/kit.ts';
import type { Live } from './cuda-tensor.ts';
import { conv, everything, layer, linear } from './cuda-tensor.ts';
import { random } from './cuda-weights.ts';

interface BlocksCase {
  /** Rows by pixels of a block of threads. */
  readonly cut: string;
  readonly splits: number;
  readonly element: ElementName;
  readonly case: Case;
}

/** A share of all blocks of so many rows and channels, anywhere. */
export const anywhere =
  (share: number, rows = 16, channels = rows): Live =>
  (row, tap, channel) =>
    random(Math.floor(row / rows) * 999 + Math.floor(channel / channels) * 31 + tap, 7) < 2 * share - 1;

const given = (cut: string, made: Case, more: { splits?: number; element?: ElementName } = {}): BlocksCase => ({
  ...{ cut, splits: more.splits ?? 1, element: more.element ?? 'f16', case: made },
});

const bordered = { pad: [1, 1, 1, 1] };

/** Each has a number of rows of its own, by which its kernel knows it. */
export const blocksCases = (): readonly BlocksCase[] => [
  given('64x32', layer('dense layer', { kind: 'linear', activation: 'relu' }, [45, 104], [70, 104], anywhere(0.3))),
  given(
    '384x128',
    layer(
      'rows without weights',
      linear,
      [20, 96],
      [400, 96],
      (row, tap, channel) => (row < 96 || row >= 260) && anywhere(0.25)(row, tap, channel),
    ),
  ),
  given(
    '64x64',
    layer(
      '3x3 with a residual',
      conv({ ...bordered, activation: 'relu' }),
      [2, 7, 9, 24],
      [48, 3, 3, 24],
      anywhere(0.3),
      { residual: true },
    ),
    { splits: 2 },
  ),
  given(
    '256x64',
    layer(
      '3x2 with strides and dilation',
      conv({ pad: [2, 0, 1, 3], stride: [2, 1], dilation: [2, 3] }),
      [2, 11, 9, 20],
      [130, 3, 2, 20],
      anywhere(0.3, 16),
    ),
  ),
  given(
    '128x64',
    layer('1x1 with strides in bf16', conv({ stride: [2, 2] }), [1, 9, 10, 64], [90, 1, 1, 64], anywhere(0.2, 32), {
      element: elements.bf16,
    }),
    { element: 'bf16' },
  ),
  given(
    '128x128',
    layer('3x3 in int8', conv(bordered), [1, 6, 7, 40], [33, 3, 3, 40], anywhere(0.3, 16, 32), {
      element: elements.s8,
    }),
    { element: 's8' },
  ),
  given('64x64', layer('tf32', linear, [17, 72], [34, 72], anywhere(0.3, 16, 8), { element: elements.tf32 }), {
    element: 'tf32',
    splits: 3,
  }),
  given(
    '512x64',
    layer('all weights, and none', linear, [9, 80], [200, 80], (row) => row < 128),
  ),
  given(
    '256x128',
    layer(
      'one block',
      conv({}),
      [1, 5, 6, 64],
      [65, 1, 1, 64],
      (row, _, channel) => row >> 4 === 3 && channel >> 4 === 2,
    ),
  ),
  given(
    '64x32',
    layer('no weights', conv({ activation: 'relu' }), [1, 5, 6, 64], [36, 1, 1, 64], () => false),
  ),
  given('256x64', layer('more steps than stages', linear, [33, 2048], [64, 2048], anywhere(0.15, 32)), { splits: 2 }),
];

const rowsOf = ({ case: { values } }: BlocksCase): number => values[1].type.shape[0];

/** One for each case. */
export const blocksKernels = (): readonly Kernel[] =>
  blocksCases().map((one): Kernel => {
    const choose: Choose = (offers) => {
      const offer = offers.find(({ way, tile }) => way === 'blocks' && `${tile.rows}x${tile.pixels}` === one.cut);
      return offer && { ...offer, estimate: { ...offer.estimate, splits: one.splits } };
    };
    const { element } = one;
    const kernel =
      element === 's8' ? tensorWholeKernel(everything, choose) : tensorKernel(elements[element], everything, choose);
    return {
      ...kernel,
      match: (site) => (site.weights?.matrix.rows === rowsOf(one) ? kernel.match(site) : 'takes others'),
    };
  });

export const blocksGraph = (): Graph => graphOf(blocksCases().map((one) => one.case));
