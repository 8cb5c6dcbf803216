/** Layers for warpgroups: numbers that 16 bits hold, of sizes that fill no tile, and what multiplies each. */
import { evaluate } from '../src/graph/evaluate.ts';
import type { Graph } from '../src/graph/graph.ts';
import type { Op } from '../src/ops/index.ts';
import type { Activation } from '../src/ops/scalar.ts';
import type { Kernel } from '../src/plan/kernel.ts';
import { h100 } from '../targets/cuda/devices.ts';
import { warpgroupKernel } from '../targets/cuda/kernels/warpgroup.ts';
import { estimatedFor } from '../targets/cuda/rates/rates.ts';
import { elements } from '../targets/cuda/tensor/elements.ts';
import type { Feed, WideTile, WideWay } from '../targets/cuda/warpgroup/tiles.ts';
import type { Case } from './cpu-kernels/kit.ts';
import { graphOf } from './cpu-kernels/kit.ts';
import { programOf, runProgram } from './cuda-kit.ts';
import type { Live } from './cuda-tensor.ts';
import { conv, layer } from './cuda-tensor.ts';
import { distance } from './ops/law.ts';

const two: Live = (row, _, channel) => (row + channel + (channel >> 2)) % 4 < 2;
const few: Live = (row, _, channel) => (row * 7 + channel) % 5 === 0;
const all: Live = () => true;
const none: Live = () => false;

const linear = (activation: Activation): Op => ({ kind: 'linear', activation });

const strided = conv({ pad: [2, 0, 1, 3], stride: [2, 1], dilation: [2, 3] });

interface Wide {
  readonly layer: Case;
  readonly way: WideWay;
  readonly tile: WideTile;
  readonly feed?: Feed;
  readonly splits?: number;
  readonly bf16?: true;
}

const tile = (rows: 128 | 256, pixels: 64 | 128 | 256, blocks: 1 | 2): WideTile => ({ rows, pixels, blocks });

/** Each has rows of its own number, by which kernels know them. The GPU has three multiprocessors. */
export const wideLayers: readonly Wide[] = [
  {
    layer: layer('2:4', linear('relu'), [45, 200], [70, 200], two),
    ...{ way: 'sparse', tile: tile(128, 64, 1) },
  },
  {
    layer: layer('2:4 in many steps, two tiles a warpgroup', linear('none'), [130, 600], [300, 600], two),
    ...{ way: 'sparse', tile: tile(256, 128, 2) },
  },
  {
    layer: layer('2:4 of groups with one or none', linear('tanh'), [257, 130], [129, 130], few),
    ...{ way: 'sparse', tile: tile(128, 256, 1) },
  },
  {
    layer: layer('2:4 by two', linear('none'), [9, 1030], [140, 1030], two),
    ...{ way: 'sparse', tile: tile(128, 64, 1), splits: 2 },
  },
  {
    layer: layer('dense', linear('relu6'), [3, 90, 130], [130, 130], all),
    ...{ way: 'dense', tile: tile(128, 256, 1) },
  },
  {
    layer: layer('dense, more blocks than multiprocessors', linear('none'), [200, 70], [400, 70], all),
    ...{ way: 'dense', tile: tile(128, 64, 2) },
  },
  {
    layer: layer('dense by three', linear('none'), [20, 700], [260, 700], all),
    ...{ way: 'dense', tile: tile(256, 64, 1), splits: 3 },
  },
  {
    layer: layer('no weights', linear('none'), [40, 100], [50, 100], none),
    ...{ way: 'sparse', tile: tile(128, 64, 2) },
  },
  {
    layer: layer('2:4 in bf16', linear('none'), [33, 160], [51, 160], two, { element: elements.bf16 }),
    ...{ way: 'sparse', tile: tile(128, 128, 1), bf16: true },
  },
  {
    layer: layer('bf16', linear('none'), [33, 160], [52, 160], all, { element: elements.bf16 }),
    ...{ way: 'dense', tile: tile(128, 128, 1), bf16: true },
  },
  {
    layer: layer('2:4 1x1 with a residual', conv({ activation: 'relu' }), [2, 7, 9, 40], [37, 1, 1, 40], two, {
      residual: true,
    }),
    ...{ way: 'sparse', tile: tile(128, 64, 1) },
  },
  {
    layer: layer('1x1', conv({ activation: 'sigmoid' }), [3, 11, 5, 72], [38, 1, 1, 72], all),
    ...{ way: 'dense', tile: tile(128, 128, 2) },
  },
  {
    layer: layer('1x1 of one pixel a picture', conv({}), [12, 1, 1, 40], [20, 1, 1, 40], two),
    ...{ way: 'sparse', tile: tile(128, 64, 1) },
  },
  {
    layer: layer('2:4 3x3', conv({ pad: [1, 1, 1, 1], activation: 'relu' }), [2, 7, 9, 24], [39, 3, 3, 24], two),
    ...{ way: 'sparse', tile: tile(128, 64, 1), feed: 'pieces' },
  },
  {
    layer: layer('3x2 with strides and dilation', strided, [2, 11, 9, 6], [41, 3, 2, 6], all),
    ...{ way: 'dense', tile: tile(128, 128, 2), feed: 'pieces' },
  },
  {
    layer: layer(
      '3x3 by two, more blocks than multiprocessors',
      conv({ pad: [1, 0, 1, 2] }),
      [3, 13, 14, 20],
      [150, 3, 3, 20],
      all,
    ),
    ...{ way: 'dense', tile: tile(128, 64, 1), feed: 'pieces', splits: 2 },
  },
  {
    layer: layer('2:4 of pieces, two tiles a warpgroup', linear('none'), [300, 420], [310, 420], two),
    ...{ way: 'sparse', tile: tile(256, 128, 2), feed: 'pieces' },
  },
  {
    layer: layer('2:4 3x3 in bf16', conv({ pad: [1, 1, 1, 1] }), [1, 9, 9, 16], [42, 3, 3, 16], two, {
      element: elements.bf16,
    }),
    ...{ way: 'sparse', tile: tile(256, 64, 2), feed: 'pieces', bf16: true },
  },
];

/** Each takes its layer. */
export const wideKernels: readonly Kernel[] = wideLayers.map(
  ({ layer: { values }, way, tile: own, feed = 'tiles', splits = 1, bf16 }) => {
    const kernel = warpgroupKernel(
      bf16 ? elements.bf16 : elements.f16,
      { sparse: true, room: 227 * 1024, setting: estimatedFor({ ...h100, processors: 3 }) },
      (offers) => {
        const offer = offers.find(
          (o) => o.way === way && o.feed === feed && JSON.stringify(o.tile) === JSON.stringify(own),
        );
        return offer && { ...offer, estimate: { ...offer.estimate, splits } };
      },
    );
    const [, { type }] = values;
    return {
      ...kernel,
      match: (site) => (site.weights?.matrix.rows === type.shape[0] ? kernel.match(site) : 'takes another'),
    };
  },
);

export const wideGraph = (): Graph => graphOf(wideLayers.map((w) => w.layer));

const unused = { unused: new Float32Array(1) };

/** Which layers are too far from what they mean, for a program of these flags. */
export function wideFaults(flags: readonly string[]): readonly string[] {
  const graph = wideGraph();
  const want = evaluate(graph, unused);
  const got = runProgram(programOf(graph, wideKernels, { arch: 'sm_90a', arithmetic: 'f16' }), unused, flags);
  return wideLayers.flatMap(({ layer: { title } }, i) => {
    const apart = distance(got[`case_${i}`], want[`case_${i}`]);
    return apart <= 2e-6 ? [] : [`${title}: ${apart}`];
  });
}
