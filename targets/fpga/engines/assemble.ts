/** What all schedules have in common, once the words are known: tables, ring, drain, cycles, area. */
import { bug } from '../../../src/diagnostic.ts';
import { areaOf } from '../area/datapath.ts';
import type { Drain, Rebuilt, Ring, Schedule, ScheduledPlan } from '../contract/engine.ts';
import type { Layer } from '../contract/layer.ts';
import { columnsOf } from '../contract/layer.ts';
import type { Banks } from '../schedule/banks.ts';
import type { Piece } from '../schedule/lanes.ts';
import type { Choices } from './outline.ts';
import { depthsFor, offsetsOf, ringOf } from './ring.ts';
import { scheduledRoms } from './tables.ts';
import type { Pace } from './timing.ts';
import { cyclesOf } from './timing.ts';

/** Words as an engine found them, word-major. */
export interface Found extends Choices, Pick<ScheduledPlan, 'engine'> {
  readonly banks: Banks;
  /** words × lanes: −1 rests. */
  readonly entry: Int32Array<ArrayBuffer>;
  /** words × lanes, for the crossbar. */
  readonly bank?: Uint8Array<ArrayBuffer>;
  /** words × accumulators, or words where rows are shared. */
  readonly place: Uint16Array<ArrayBuffer>;
  readonly first: Uint8Array<ArrayBuffer>;
  /** What each accumulator holds, by place. */
  readonly held: readonly (readonly Piece[])[];
  readonly rebuilt?: Rebuilt;
}

/** Cycles from reading a word to its sum being stored: table, bank, crossbar, multiply, add, store. */
const latency = 6;

/** Pieces of a drain must be small enough for their fields, and rings for their offsets. */
export const most = 2 ** 16;

export function assemble(layer: Layer, found: Found): ScheduledPlan {
  const { banks, held, words, slots, clusters, lanes } = found;
  const halves = layer.output[0] * layer.output[1] > slots * clusters ? 2 : 1;
  const drain = drainOf(held);
  const group = slots * clusters;
  const { ring, cycles } = fastest(layer, banks, {
    group,
    busy: slots * words,
    entries: drain.row.length,
    halves,
    latency,
  });
  const schedule = scheduleOf(layer, found, ring);
  const shape = {
    ...found,
    kind: 'scheduled' as const,
    banks: banks.kinds * banks.copies,
    halves: halves as 1 | 2,
    rowsPerLane: Math.max(1, ...held.map((pieces) => pieces.length)),
    schedule,
    ring,
    drain,
    latency,
    outBits: outBitsOf(layer),
    beat: { in: 1, out: 1 },
    cyclesPerImage: cycles,
  };
  const { entry: _e, bank: _b, place: _p, first: _f, held: _h, ...plan } = shape;
  const roms = scheduledRoms(layer, plan);
  if (schedule.entry.length !== words * lanes) bug('a schedule of another size');
  return { ...plan, roms, area: areaOf(layer, { ...plan, roms }) };
}

export const outBitsOf = ({ ending }: Layer): number => (ending ? bitsBetween(ending.low, ending.high) : 32);

const bitsBetween = (low: number, high: number): number => 1 + Math.ceil(Math.log2(Math.max(high + 1, -low, 1)));

/** The ring that takes least: a deeper one only where it saves more than a few cycles in a hundred. */
function fastest(
  layer: Layer,
  banks: Banks,
  pace: Omit<Pace, 'ring'>,
): { readonly ring: Ring; readonly cycles: number } {
  const rings = depthsFor(layer, banks.slots, pace.group).map((depth) => ringOf(layer, banks, depth));
  const tried = rings.map((ring) => ({ ring, cycles: cyclesOf(layer, { ...pace, ring }) }));
  return tried.reduce((a, b) => (b.cycles < 0.97 * a.cycles ? b : a));
}

/** Pieces row by row, lanes in order. */
function drainOf(held: readonly (readonly Piece[])[]): Drain {
  const all = held.flatMap((pieces, lane) => pieces.map(({ row, from }, place) => ({ row, from, lane, place })));
  all.sort((a, b) => a.row - b.row || a.from - b.from || a.lane - b.lane);
  return {
    lane: Uint8Array.from(all, (p) => p.lane),
    place: Uint16Array.from(all, (p) => p.place),
    row: Int32Array.from(all, (p) => p.row),
    last: Uint8Array.from(all, (p, i) => (all[i + 1]?.row === p.row ? 0 : 1)),
  };
}

function scheduleOf(layer: Layer, found: Found, ring: Ring): Schedule {
  const { lanes, words, entry, bank, offsets, banks, read } = found;
  const all = banks.kinds * banks.copies;
  const wide = offsets === 'shared' ? 1 : all;
  const offset = new Uint16Array(words * wide);
  const filled = new Uint8Array(words * wide);
  const value = new Int16Array(words * lanes);
  const select = new Uint8Array(words * lanes);
  const at = offsetsOf(layer, banks);
  if (ring.depth > most) bug(`a ring of ${ring.depth} words`);
  for (let w = 0, i = 0; w < words; w++) {
    for (let lane = 0; lane < lanes; lane++, i++) {
      const e = entry[i];
      if (e < 0) continue;
      const from = bank ? bank[i] : Math.floor((lane * all) / lanes);
      if (read === 'crossbar') select[i] = from;
      value[i] = layer.weights.value[e];
      const o = w * wide + (offsets === 'shared' ? 0 : from);
      if (filled[o] === 1 && offset[o] !== at[e]) bug(`bank ${from} is read twice in word ${w}`);
      filled[o] = 1;
      offset[o] = at[e];
    }
  }
  return { value, select, row: found.place, first: found.first, offset, entry };
}

/** Whether the layer can be held in the fields that plans have. */
export function sizeFault(layer: Layer): string | undefined {
  if (layer.rows >= most) return `takes fewer than ${most} output channels and is given ${layer.rows}`;
  if (layer.channels >= most) return `takes fewer than ${most} input channels and is given ${layer.channels}`;
  return columnsOf(layer) < 2 ** 31 ? undefined : `takes fewer than 2^31 weights a row`;
}
