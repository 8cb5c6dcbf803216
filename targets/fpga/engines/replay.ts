/**
 * What a schedule computes, walked word by word against a layer's input: the oracle of all schedules. And whether it
 * does what the mask says, which every build asks.
 */
import type { EnginePlan, ScheduledPlan } from '../contract/engine.ts';
import type { Layer } from '../contract/layer.ts';
import { replayAdders } from './replay-adders.ts';
import { baseOf, pitchOf } from './ring.ts';

/** The sums without bias, [height, width, rows], wrapping in 32 bits. `x` is [height, width, channels]. */
export function replaySchedule(plan: ScheduledPlan, layer: Layer, x: Int32Array): Int32Array<ArrayBuffer> {
  const { clusters, slots, drain } = plan;
  const memory = paddedMemory(plan, layer, x);
  const [height, width] = layer.output;
  const out = new Int32Array(height * width * layer.rows);
  for (let y = 0; y < height; y++) {
    for (let x0 = 0; x0 < width; x0 += clusters * slots) {
      for (let i = 0; i < clusters * slots && x0 + i < width; i++) {
        const sums = pixelSums(plan, memory, baseOf(layer, y, x0 + i) * plan.ring.slots);
        const to = (y * width + x0 + i) * layer.rows;
        for (let k = 0; k < drain.row.length; k++)
          out[to + drain.row[k]] += sums[drain.lane[k] * plan.rowsPerLane + drain.place[k]];
      }
    }
  }
  return out;
}

/** Banks of the whole padded image, never wrapping: what the ring would hold if it had no end. */
function paddedMemory({ banks, ring }: ScheduledPlan, layer: Layer, x: Int32Array): readonly Int32Array[] {
  const kinds = banks / ring.copies;
  const { input, pad, channels } = layer;
  const pixels = (pad[0] + input[0] + pad[2]) * pitchOf(layer);
  const memory = Array.from({ length: kinds }, () => new Int32Array(pixels * ring.slots));
  for (let p = 0; p < input[0] * input[1]; p++) {
    const pixel = (Math.floor(p / input[1]) + pad[0]) * ring.pitch + (p % input[1]) + pad[1];
    for (let c = 0; c < channels; c++) memory[ring.bank[c]][pixel * ring.slots + ring.slot[c]] = x[p * channels + c];
  }
  return Array.from({ length: banks }, (_, b) => memory[b % kinds]);
}

/**
 * What stands in the accumulators after all words, for one pixel. A place that was not begun has what is told apart:
 * NaN as 0x7fffffff.
 */
function pixelSums(plan: ScheduledPlan, memory: readonly Int32Array[], base: number): Int32Array<ArrayBuffer> {
  const { lanes, banks, accumulators, rowsPerLane, schedule, words, read, offsets, rows } = plan;
  const { value, select, row, first, offset } = schedule;
  const sums = new Int32Array(accumulators * rowsPerLane).fill(0x7fffffff);
  const share = lanes / accumulators;
  for (let w = 0; w < words; w++) {
    for (let a = 0; a < accumulators; a++) {
      let sum = 0;
      for (let p = a * share; p < (a + 1) * share; p++) {
        const at = w * lanes + p;
        if (value[at] === 0) continue;
        const bank = read === 'crossbar' ? select[at] : Math.floor((p * banks) / lanes);
        const from = offsets === 'shared' ? offset[w] : offset[w * banks + bank];
        sum += value[at] * memory[bank][base + from];
      }
      const f = rows === 'shared' ? w : w * accumulators + a;
      const place = a * rowsPerLane + row[f];
      sums[place] = ((first[f] === 1 ? 0 : sums[place]) + sum) | 0;
    }
  }
  return sums;
}

/**
 * What is wrong with a schedule, if anything: an entry missed, or there twice, a value that is another, a sum that is
 * not begun.
 */
export function scheduleFault(plan: ScheduledPlan, layer: Layer): string | undefined {
  const { lanes, accumulators, rowsPerLane, schedule, words, drain, rows } = plan;
  const { value, entry, row, first } = schedule;
  const owner = new Int32Array(accumulators * rowsPerLane).fill(-1);
  for (let k = 0; k < drain.row.length; k++) owner[drain.lane[k] * rowsPerLane + drain.place[k]] = drain.row[k];
  const rowOf = rowsOfEntries(layer);
  const seen = new Uint8Array(rowOf.length);
  const begun = new Uint8Array(owner.length);
  const share = lanes / accumulators;
  let done = 0;
  for (let w = 0; w < words; w++) {
    for (let a = 0; a < accumulators; a++) {
      const f = rows === 'shared' ? w : w * accumulators + a;
      const place = a * rowsPerLane + row[f];
      if (first[f] === 1 && begun[place] === 1) return `row ${owner[place]} begins twice`;
      if (first[f] === 1) begun[place] = 1;
      for (let at = w * lanes + a * share; at < w * lanes + (a + 1) * share; at++) {
        const e = entry[at];
        if (e < 0 && value[at] !== 0) return `word ${w} multiplies by ${value[at]}, which is no weight`;
        if (e < 0) continue;
        if (seen[e] === 1) return `entry ${e} is multiplied twice`;
        if (begun[place] === 0) return `row ${rowOf[e]} adds before it begins`;
        if (rowOf[e] !== owner[place] || value[at] !== layer.weights.value[e]) return `entry ${e} goes elsewhere`;
        seen[e] = 1;
        done++;
      }
    }
  }
  const idle = owner.findIndex((r, place) => r >= 0 && begun[place] === 0);
  if (idle >= 0) return `row ${owner[idle]} is never begun`;
  return done === rowOf.length ? undefined : `${rowOf.length - done} entries are left out`;
}

function rowsOfEntries({ weights: { pos, column } }: Layer): Int32Array<ArrayBuffer> {
  const rows = new Int32Array(column.length);
  for (let r = 0; r + 1 < pos.length; r++) rows.fill(r, pos[r], pos[r + 1]);
  return rows;
}

/** The sums without bias of any plan, [height, width, rows], wrapping in 32 bits. */
export const replay = (plan: EnginePlan, layer: Layer, x: Int32Array): Int32Array<ArrayBuffer> =>
  plan.kind === 'scheduled' ? replaySchedule(plan, layer, x) : replayAdders(plan, layer, x);
