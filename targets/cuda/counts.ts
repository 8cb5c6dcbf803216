/** What the kernels of a layer do, counted: by shapes and by what the format of the weights costs, packing nothing. */
import type { Counted, Use } from '../../src/plan/rates.ts';
import type { Work } from '../../src/target.ts';
import { elements } from '../../src/tensor/type.ts';
import type { Device } from './devices.ts';
import type { OffFamily, OffThing } from './sparse/counts.ts';
import { offCounts } from './sparse/counts.ts';
import type { TensorFamily, TensorThing } from './tensor/estimate.ts';
import type { wideBlocksFamily } from './warpgroup/blocks-estimate.ts';
import type { wideFamilies } from './warpgroup/estimate.ts';

/**
 * Things that are counted, of all threads together unless it says otherwise.
 *
 *     call      launches
 *     multiply  multiply-adds, those whose results nobody keeps among them
 *     serial    turns of the innermost loop that one thread makes, one after the other
 *     weights   bytes of weights
 *     memory    bytes of pictures that are read and written, each once
 *
 * and what binds kernels: see `sparse/counts.ts` and `tensor/estimate.ts`.
 */
export type Thing = 'call' | 'multiply' | 'serial' | 'weights' | 'memory' | OffThing | TensorThing;

export type GpuCounts = Readonly<Partial<Record<Thing, number>>>;

/** A way to compute layers. A kernel is priced by one row of `ways`. */
interface Way {
  readonly family: string;
  readonly takes: (layer: Layer) => boolean;
  readonly counts: (layer: Layer) => GpuCounts;
}

/** What ways count from. */
interface Layer extends Work {
  readonly rows: number;
  readonly moved: Required<Pick<GpuCounts, 'call' | 'memory'>>;
}

/** The first that takes a layer counts it. A table of rates has all of them. */
const ways = [
  {
    family: 'loops',
    takes: () => true,
    counts({ cost, encoding, reuse, rows, moved }) {
      // Of weights with places each thread finds every place anew.
      const found = encoding.format === 'dense' ? 0 : cost.multiplies;
      const turns = cost.multiplies + found;
      return { ...moved, multiply: turns * reuse, serial: turns / rows, weights: cost.bytes };
    },
  },
] as const satisfies readonly Way[];

type WideFamily = (typeof wideFamilies)[keyof typeof wideFamilies];

export type Family = (typeof ways)[number]['family'] | OffFamily | TensorFamily | WideFamily | typeof wideBlocksFamily;

export interface GpuCounted extends Counted {
  readonly family: Family;
  readonly counts: GpuCounts;
  readonly use?: Use;
}

/** Off the tensor cores. */
export function countsOf(work: Work, device: Device): GpuCounted {
  const off = offCounts(work, device);
  if (off) return off;
  const layer = layerOf(work);
  const way = ways.find(({ takes }: Way) => takes(layer)) ?? ways[ways.length - 1];
  return { family: way.family, counts: way.counts(layer) };
}

function layerOf(work: Work): Layer {
  const { call, types } = work;
  const { x, weights } = types;
  return {
    ...work,
    rows: weights.shape[0],
    moved: { call: 1, memory: 4 * (elements(x.shape) + elements(call.type.shape)) },
  };
}
