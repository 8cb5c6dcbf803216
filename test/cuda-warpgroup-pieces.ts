/** Networks whose layers are all computed by warpgroups, with values in pieces between them: what reads pieces, and whatever writes them. */
import { evaluate } from '../src/graph/evaluate.ts';
import type { Graph, Id } from '../src/graph/graph.ts';
import { randomInputs } from '../src/graph/samples.ts';
import type { Op } from '../src/ops/index.ts';
import type { Kernel } from '../src/plan/kernel.ts';
import { h100 } from '../targets/cuda/devices.ts';
import { relayout } from '../targets/cuda/kernels/relayout.ts';
import { warpgroupKernel } from '../targets/cuda/kernels/warpgroup.ts';
import { warpgroupBlocksKernel } from '../targets/cuda/kernels/warpgroup-blocks.ts';
import { estimatedFor } from '../targets/cuda/rates/rates.ts';
import { elements } from '../targets/cuda/tensor/elements.ts';
import type { WideBlocksTile } from '../targets/cuda/warpgroup/blocks-tiles.ts';
import type { Feed, WideWay } from '../targets/cuda/warpgroup/tiles.ts';
import { anywhere } from './cuda-blocks.ts';
import { programOf, runProgram } from './cuda-kit.ts';
import type { Live } from './cuda-pieces.ts';
import { all, arranged, Builder, twoOfFour } from './cuda-pieces.ts';
import { distance } from './ops/law.ts';

export type Narrow = 'f16' | 'bf16';

interface Chosen {
  readonly way: WideWay | 'blocks';
  /** Rows by pixels of a block, by blocks of a cluster. */
  readonly cut: string;
  readonly feed: Feed;
  readonly splits: number;
}

const by = (way: Chosen['way'], cut: string, more: Partial<Chosen> = {}): Chosen => ({
  ...{ way, cut, feed: 'pieces', splits: 1 },
  ...more,
});

/** What computes each layer, in the order in which they come. */
export const chosen: Readonly<Record<Id, Chosen>> = {
  stem: by('dense', '128x64x1'),
  half: by('sparse', '128x64x2'),
  sum: by('dense', '128x128x1', { splits: 2 }),
  sloped: by('sparse', '256x128x2'),
  down: by('dense', '128x64x2'),
  last: by('dense', '256x64x1'),
  huge: by('dense', '128x64x1', { splits: 2 }),
  less: by('dense', '128x64x1'),
  first: by('sparse', '128x64x1', { feed: 'tiles' }),
  second: by('sparse', '256x64x2', { splits: 3 }),
  third: by('dense', '128x64x2'),
  picked: by('blocks', '256x64x2', { feed: 'tiles' }),
  added: by('blocks', '128x128x1', { feed: 'tiles', splits: 2 }),
  heads: by('dense', '128x64x2'),
  thin: by('dense', '128x256x2', { feed: 'tiles' }),
  ends: by('sparse', '128x128x1'),
};

/** Of five channels of a tap. */
const twoOfEach: Live = (_, column) => column % 5 < 2 || column % 5 === 4;

const tileBlocks: Live = (row, column) => anywhere(0.3)(row, 0, column);

/** Channels fill no pieces, pixels and rows no tiles; outputs are wide, and some are read on in pieces. */
export function widePiecesGraph(): Graph {
  const b = new Builder();
  const linear = (id: Id, x: Id, rows: number, live: Live, activation: 'none' | 'relu' = 'none'): Id => {
    const shape = b.shape(x);
    return b.call(id, { kind: 'linear', activation }, x, ...b.weights(id, [rows, shape[shape.length - 1]], live));
  };
  const stem = b.conv('stem', b.input('pictures', [3, 13, 9, 20]), 36, 3, { stride: [2, 1], activation: 'relu' });
  const half = b.conv('half', stem, 45, 3, { activation: 'tanh' }, twoOfFour);
  const sum = b.conv('sum', half, 45, 3, { activation: 'relu' }, all, half);
  const slopes = b.constant('slopes', [130], (i) => (i % 7) / 7);
  const prelu: Op = {
    ...{ kind: 'conv2d', stride: [1, 1], dilation: [1, 1], pad: [0, 0, 0, 0], groups: 1, activation: 'prelu' },
  };
  const sloped = b.call('sloped', prelu, sum, ...b.weights('sloped', [130, 1, 1, 45], twoOfFour), slopes);
  const down = b.conv('down', sloped, 21, 1, { stride: [2, 2], activation: 'relu6' });
  b.conv('last', down, 19, 1);
  // More than an f16 holds.
  const huge = b.conv('huge', sum, 17, 1, {}, all, undefined, 1e5);
  b.conv('less', huge, 16, 1, {}, all, undefined, 1e-5);
  const first = linear('first', b.input('words', [2, 33, 50]), 70, twoOfFour, 'relu');
  const second = linear('second', first, 300, twoOfFour);
  linear('third', second, 52, all);
  const picked = b.conv('picked', b.input('grid', [2, 7, 9, 80]), 130, 1, { activation: 'relu' }, tileBlocks);
  const added = b.conv('added', b.input('others', [2, 7, 9, 84]), 130, 1, {}, tileBlocks, picked);
  b.conv('heads', added, 11, 1);
  const thin = b.conv('thin', b.input('thick', [2, 11, 13, 30]), 5, 1, { activation: 'sigmoid' });
  b.conv('ends', thin, 9, 2, {}, twoOfEach);
  const outputs = ['half', 'sum', 'last', 'huge', 'less', 'first', 'third', 'added', 'heads', 'ends'];
  return { name: 'pieces', file: 'pieces', nodes: b.nodes, outputs: outputs.map((id) => ({ name: id, id })) };
}

/** As a build for Hopper lays it out. */
export const wideArranged = (narrow: Narrow): Graph => arranged(widePiecesGraph(), narrow, 'sm_90a');

/** Those that layers are to be computed by, on a GPU of three multiprocessors, and what makes values to pieces. */
export function widePiecesKernels(narrow: Narrow): readonly Kernel[] {
  const element = elements[narrow];
  const common = { sparse: true, room: 227 * 1024, setting: estimatedFor({ ...h100, processors: 3 }) };
  const cutOf = ({ rows, pixels, blocks }: Pick<WideBlocksTile, 'rows' | 'pixels' | 'blocks'>): string =>
    `${rows}x${pixels}x${blocks}`;
  const layers = Object.entries(chosen).map(([id, { way, cut, feed, splits }]): Kernel => {
    const kernel =
      way === 'blocks'
        ? warpgroupBlocksKernel(element, common, (offers) => {
            const offer = offers.find(({ tile }) => cutOf(tile) === cut);
            return offer && { ...offer, estimate: { ...offer.estimate, splits } };
          })
        : warpgroupKernel(element, common, (offers) => {
            const offer = offers.find((o) => o.way === way && o.feed === feed && cutOf(o.tile) === cut);
            return offer && { ...offer, estimate: { ...offer.estimate, splits } };
          });
    return { ...kernel, match: (site) => (site.call.id === id ? kernel.match(site) : 'takes another') };
  });
  return [...layers, relayout];
}

/** By the names of outputs, how far each is from its meaning, and its largest number. */
export function runWidePieces(
  narrow: Narrow,
  flags: readonly string[],
): Readonly<Record<string, { readonly apart: number; readonly largest: number }>> {
  const graph = widePiecesGraph();
  const inputs = randomInputs(graph, 1);
  const want = evaluate(graph, inputs);
  const options = { arch: 'sm_90a', arithmetic: narrow };
  const got = runProgram(programOf(wideArranged(narrow), widePiecesKernels(narrow), options), inputs, flags);
  return Object.fromEntries(
    graph.outputs.map(({ name }) => {
      const largest = Array.from(got[name]).reduce((most, x) => Math.max(most, Math.abs(x)), 0);
      return [name, { apart: distance(got[name], want[name]), largest }];
    }),
  );
}
