/** What a plan would come to, before anything is scheduled: what the choice of engines and lanes rests on. */
import { areaOf } from '../area/datapath.ts';
import type { Estimate, ScheduledPlan } from '../contract/engine.ts';
import type { Layer } from '../contract/layer.ts';
import type { Rom } from '../contract/rom.ts';
import { bitsFor } from '../contract/rom.ts';
import { depthsFor, reachOf } from './ring.ts';
import { storageFor } from './tables.ts';

/** What an engine chooses of the datapath, and how many words that takes. */
export type Choices = Pick<
  ScheduledPlan,
  'lanes' | 'accumulators' | 'clusters' | 'slots' | 'read' | 'offsets' | 'rows' | 'feedback' | 'values' | 'words'
>;

/** A datapath and how many words it will have. */
export interface Outline extends Choices, Pick<ScheduledPlan, 'banks' | 'rowsPerLane'> {
  /** Words of a bank for one pixel. */
  readonly perPixel: number;
  /** Drain entries of a pixel. */
  readonly entries: number;
}

export function estimate(layer: Layer, outline: Outline): Estimate {
  const group = outline.slots * outline.clusters;
  const [height, width] = layer.output;
  const depth = depthsFor(layer, outline.perPixel, group)[0];
  const halves = height * width > group ? 2 : 1;
  const ring = { depth, bits: layer.inputBits };
  const roms = tables(layer, outline);
  const area = areaOf(layer, { ...outline, halves, ring, roms });
  const table = { ...roms[0], perCycle: roms[0].width / outline.slots };
  return { cycles: cyclesAbout(layer, outline), words: outline.words, clusters: outline.clusters, area, table };
}

/** The longest of loading, computing and draining, with what comes before the first group and behind the last. */
export function cyclesAbout(layer: Layer, { slots, clusters, words, entries, perPixel }: Outline): number {
  const { input, output, pad, channels } = layer;
  const group = slots * clusters;
  const groups = output[0] * Math.ceil(output[1] / group);
  const padded = (input[0] + pad[0] + pad[2]) * (input[1] + pad[1] + pad[3]);
  const load = input[0] * input[1] * channels + (padded - input[0] * input[1]) * perPixel;
  const compute = groups * slots * words;
  const drain = output[0] * output[1] * entries;
  const first = Math.min(load, ((reachOf(layer) + group * layer.stride[1]) / padded) * load);
  const last = Math.min(group, output[1]) * entries;
  return Math.round(Math.max(load + slots * words + last, first + compute + last, first + slots * words + drain));
}

/** Depth and width of the tables that the plan will have. */
function tables(layer: Layer, o: Outline): readonly Pick<Rom, 'depth' | 'width' | 'storage'>[] {
  const offset = bitsFor((reachOf(layer) + 1) * o.perPixel);
  const sums = o.rows === 'shared' ? 1 : o.accumulators;
  const select = o.read === 'crossbar' ? bitsFor(o.banks) : 0;
  const schedule =
    o.lanes * (layer.weightBits + select) +
    sums * (1 + bitsFor(o.rowsPerLane)) +
    (o.offsets === 'shared' ? 1 : o.banks) * offset;
  const ending = layer.ending ? 15 + 6 : 0;
  const drain = bitsFor(o.accumulators) + bitsFor(o.rowsPerLane) + 1 + layer.sumBits - 2 + ending;
  const table = (depth: number, width: number) => ({ depth, width, storage: storageFor(depth, width) });
  return [
    table(o.words, schedule),
    table(o.entries, drain),
    table(layer.channels, bitsFor(o.banks) + bitsFor(o.perPixel)),
  ];
}
