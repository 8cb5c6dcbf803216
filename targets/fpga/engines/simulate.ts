/**
 * A schedule stepped cycle by cycle: loader, compute and drain with the ring as it is, full and wrapping, and sums
 * that are stored late. It counts cycles and the banks' reads, and a sum that is read too soon or a pixel that is
 * overwritten comes out wrong.
 */
import type { ScheduledPlan } from '../contract/engine.ts';
import { hazard } from '../contract/engine.ts';
import type { Layer } from '../contract/layer.ts';
import { baseOf, pitchOf, reachOf } from './ring.ts';

export interface Simulated {
  /** Sums without bias, [height, width, rows]. */
  readonly sums: Int32Array<ArrayBuffer>;
  readonly cycles: number;
  /** Cycles in which some bank was asked for two places. */
  readonly conflicts: number;
}

export function simulate(plan: ScheduledPlan, layer: Layer, x: Int32Array): Simulated {
  const { ring, banks, drain, latency, halves } = plan;
  const [height, width] = layer.output;
  const group = plan.slots * plan.clusters;
  const across = Math.ceil(width / group);
  const groups = height * across;
  const base = (j: number): number => baseOf(layer, Math.floor(j / across), (j % across) * group);
  const given = (j: number): number => Math.min(group, width - (j % across) * group);
  const memory = Array.from({ length: banks }, () => new Int32Array(ring.depth));
  const load = loading(plan, layer, x, memory);
  const lanes = computing(plan, layer, memory);
  const out = new Int32Array(height * width * layer.rows);
  const ends: number[] = [];
  let [computed, step, drained, given1, entry] = [0, 0, 0, 0, 0];
  let busy = false;
  let cycle = 0;
  for (; drained < groups || !load.done(); cycle++) {
    const limit = computed < groups ? base(computed) + ring.pixels : Infinity;
    const last = base(computed) + reachOf(layer) + (given(computed) - 1) * layer.stride[1];
    if (!busy && computed < groups && load.complete() > last && computed - drained < halves) busy = true;
    // The drain looks at what earlier cycles have stored, compute at what they have loaded.
    const draining = drained < ends.length && cycle >= ends[drained] + latency;
    load.step(limit);
    if (busy) {
      lanes.step(base(computed), Math.floor(step / plan.slots), step % plan.slots, computed % halves);
      if (++step === plan.words * plan.slots) {
        [busy, step] = [false, 0];
        ends.push(cycle + 1);
        computed++;
      }
    } else lanes.idle();
    if (!draining) continue;
    const pixel = Math.floor(drained / across) * width + (drained % across) * group + given1;
    out[pixel * layer.rows + drain.row[entry]] += lanes.sum(
      drained % halves,
      given1,
      drain.lane[entry],
      drain.place[entry],
    );
    if (++entry < drain.row.length) continue;
    entry = 0;
    if (++given1 < given(drained)) continue;
    given1 = 0;
    drained++;
  }
  return { sums: out, cycles: cycle, conflicts: lanes.conflicts() };
}

function loading({ ring, banks }: ScheduledPlan, layer: Layer, x: Int32Array, memory: readonly Int32Array[]) {
  const { input, pad, channels } = layer;
  const pitch = pitchOf(layer);
  const end = (pad[0] + input[0] - 1) * pitch + pad[1] + input[1];
  const all = (pad[0] + input[0] + pad[2]) * pitch;
  const kinds = banks / ring.copies;
  let [pixel, part, started] = [0, 0, false];
  const write = (bank: number, slot: number, value: number): void => {
    for (let i = bank; i < banks; i += kinds) memory[i][(pixel * ring.slots + slot) % ring.depth] = value;
  };
  return {
    complete: () => pixel,
    done: () => pixel >= end,
    step(limit: number): void {
      if (pixel >= all || (!started && pixel >= limit)) return;
      started = true;
      const [r, c] = [Math.floor(pixel / pitch) - pad[0], (pixel % pitch) - pad[1]];
      const inside = r >= 0 && r < input[0] && c >= 0 && c < input[1];
      if (inside) write(ring.bank[part], ring.slot[part], x[(r * input[1] + c) * channels + part]);
      else for (let b = 0; b < kinds; b++) write(b, part, 0);
      if (++part < (inside ? channels : ring.slots)) return;
      [part, started] = [0, false];
      pixel++;
    },
  };
}

/** Lanes with sums that are stored `hazard` cycles after they were read. */
function computing(plan: ScheduledPlan, layer: Layer, memory: readonly Int32Array[]) {
  const { lanes, banks, accumulators, clusters, slots, rowsPerLane, schedule, ring, halves, feedback } = plan;
  const { value, select, row, first, offset } = schedule;
  const share = lanes / accumulators;
  const sums = new Int32Array(halves * clusters * accumulators * rowsPerLane * slots);
  const at = (half: number, g: number, a: number, place: number, q: number): number =>
    (((half * clusters + g) * accumulators + a) * rowsPerLane + place) * slots + q;
  const register = new Int32Array(clusters * accumulators);
  const late: (readonly (readonly [number, number])[])[] = [];
  const asked = new Int32Array(banks);
  let conflicts = 0;
  const settle = (writes: readonly (readonly [number, number])[]): void => {
    late.push(writes);
    if (late.length >= hazard) for (const [to, sum] of late.shift() ?? []) sums[to] = sum;
  };
  return {
    conflicts: () => conflicts,
    idle: () => settle([]),
    sum: (half: number, i: number, a: number, place: number): number =>
      sums[at(half, Math.floor(i / slots), a, place, i % slots)],
    step(base: number, w: number, q: number, half: number): void {
      const writes: (readonly [number, number])[] = [];
      for (let g = 0; g < clusters; g++) {
        const from = (base + (g * slots + q) * layer.stride[1]) * ring.slots;
        asked.fill(-1);
        for (let a = 0; a < accumulators; a++) {
          let sum = 0;
          for (let p = a * share; p < (a + 1) * share; p++) {
            const i = w * lanes + p;
            const bank = plan.read === 'crossbar' ? select[i] : Math.floor((p * banks) / lanes);
            const place = (from + (plan.offsets === 'shared' ? offset[w] : offset[w * banks + bank])) % ring.depth;
            if (value[i] !== 0 && asked[bank] >= 0 && asked[bank] !== place) conflicts++;
            if (value[i] !== 0) asked[bank] = place;
            sum += memory[bank][place] * value[i];
          }
          const f = plan.rows === 'shared' ? w : w * accumulators + a;
          const to = at(half, g, a, row[f], q);
          const before = feedback === 'register' ? register[g * accumulators + a] : sums[to];
          const after = ((first[f] === 1 ? 0 : before) + sum) | 0;
          register[g * accumulators + a] = after;
          writes.push([to, after]);
        }
      }
      settle(writes);
    },
  };
}
