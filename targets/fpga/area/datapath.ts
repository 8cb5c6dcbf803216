/** What a scheduled datapath takes: estimates, but for multipliers, which are counted. */
import type { Area, Ring, ScheduledPlan } from '../contract/engine.ts';
import type { Layer } from '../contract/layer.ts';
import type { Rom } from '../contract/rom.ts';
import { bitsFor } from '../contract/rom.ts';
import { blocks, deepest, distributed, logicTable } from './memory.ts';
import { muxLuts, rates } from './rates.ts';

/** What of a plan matters here. */
export interface Shape
  extends Pick<
    ScheduledPlan,
    | 'lanes'
    | 'banks'
    | 'clusters'
    | 'accumulators'
    | 'slots'
    | 'halves'
    | 'read'
    | 'offsets'
    | 'feedback'
    | 'values'
    | 'rowsPerLane'
  > {
  readonly ring: Pick<Ring, 'depth' | 'bits'>;
  readonly roms: readonly Table[];
}

export type Table = Pick<Rom, 'depth' | 'width' | 'storage'>;

export const noArea: Area = { dsp: 0, lut: 0, ff: 0, bram18: 0, uram: 0, lutram: 0 };

export const addAreas = (areas: readonly Area[]): Area =>
  areas.reduce(
    (a, b) => ({
      dsp: a.dsp + b.dsp,
      lut: a.lut + b.lut,
      ff: a.ff + b.ff,
      bram18: a.bram18 + b.bram18,
      uram: a.uram + b.uram,
      lutram: a.lutram + b.lutram,
    }),
    noArea,
  );

const times = (n: number, a: Area): Area => ({
  dsp: n * a.dsp,
  lut: n * a.lut,
  ff: n * a.ff,
  bram18: n * a.bram18,
  uram: n * a.uram,
  lutram: n * a.lutram,
});

const logic = (lut: number, ff = 0): Area => ({ ...noArea, lut: Math.round(lut), ff: Math.round(ff) });

/** A memory that is written at one place and read at `reads` others in the same cycle. */
export function memoryArea(depth: number, width: number, reads = 1): Area {
  if (depth > deepest) return { ...noArea, bram18: reads * blocks(depth, width) };
  const { lutram, lut } = distributed(depth, width);
  return { ...noArea, lut: reads * (lutram + lut), lutram: reads * lutram };
}

export const romArea = ({ depth, width, storage }: Table): Area =>
  ({
    distributed: () => logic(logicTable(depth, width)),
    block: () => ({ ...noArea, bram18: blocks(depth, width) }),
    ultra: () => ({ ...noArea, uram: Math.ceil(depth / 4096) * Math.ceil(width / 72) }),
    // A port, and a block that words wait in.
    external: () => ({ ...logic(300, 400), bram18: blocks(512, width) }),
  })[storage]();

export function areaOf(layer: Layer, plan: Shape): Area {
  return addAreas([
    times(plan.clusters, clusterArea(layer, plan)),
    drainArea(layer, plan),
    ...plan.roms.map(romArea),
    logic(
      rates.control.lut,
      rates.control.ff + plan.lanes * (plan.feedback === 'memory' ? rates.laneFf.memory : rates.laneFf.register),
    ),
  ]);
}

function clusterArea(layer: Layer, plan: Shape): Area {
  const { lanes, banks, ring, read, offsets, accumulators } = plan;
  const address = bitsFor(ring.depth);
  const sum = layer.accumulatorBits;
  const crossing = read === 'crossbar' ? lanes * ring.bits * muxLuts(banks) : 0;
  const adders = (offsets === 'shared' ? 1 : banks) * address * rates.adder;
  const nodes = accumulators < lanes ? (lanes - 1) * (ring.bits + layer.weightBits) : 0;
  const found = ring.depth > deepest ? 0 : banks * ring.bits;
  return addAreas([
    { ...noArea, dsp: plan.values === 'rebuilt' ? 0 : lanes },
    logic(crossing + adders + nodes * rates.adder, found + nodes + accumulators * sum),
    plan.values === 'rebuilt'
      ? logic(lanes * (ring.bits * layer.weightBits * rates.product + rates.rebuild.lut), lanes * rates.rebuild.ff)
      : noArea,
    times(banks, memoryArea(ring.depth, ring.bits)),
    times(accumulators, sumsArea(sum, plan)),
  ]);
}

/** The sums of an accumulator. Where compute and drain both read, each half is a memory, and what comes out of them is chosen. */
function sumsArea(bits: number, { slots, halves, feedback, rowsPerLane }: Shape): Area {
  const depth = rowsPerLane * 2 ** bitsFor(slots);
  if (feedback === 'register') return memoryArea(depth * halves, bits);
  if (halves === 1) return memoryArea(depth, bits, 2);
  return addAreas([times(2, memoryArea(depth, bits)), logic(2 * bits * rates.chosen)]);
}

/** What chooses a sum, adds bias and pieces, multiplies, shifts and bounds. */
export function drainArea(
  { accumulatorBits, sumBits, ending }: Layer,
  plan: Pick<Shape, 'accumulators' | 'clusters'>,
): Area {
  const choosing = accumulatorBits * muxLuts(plan.accumulators * plan.clusters);
  const adding = sumBits * rates.adder;
  if (!ending) return logic(choosing + adding, 2 * sumBits);
  const bits = Math.max(1, bitsFor(ending.multiplier.reduce((a, b) => Math.max(a, b), 0) + 1));
  const product = isShift(ending.multiplier) ? 0 : sumBits * bits * rates.product;
  const [least, most] = ending.shift.reduce(([a, b], shift) => [Math.min(a, shift), Math.max(b, shift)], [46, 1]);
  // Four shifts a look-up table, of the bits that the least of them leaves.
  const varying = (sumBits + bits + 1 - least) * Math.ceil(bitsFor(most - least + 1) / 2) * rates.shifter;
  return logic(choosing + adding + product + Math.max(0, varying) + 24, (product > 0 ? bits : 4) * sumBits + 78);
}

/** Whether all multipliers are the same power of two: then there is nothing to multiply. */
const isShift = (multiplier: Int32Array): boolean =>
  multiplier.every((m) => m === multiplier[0] && (m & (m - 1)) === 0);
