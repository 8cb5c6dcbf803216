/** The tables of a plan, in fields as narrow as their values. */
import type { Rebuilt, ScheduledPlan } from '../contract/engine.ts';
import type { Layer } from '../contract/layer.ts';
import type { Field, Rom } from '../contract/rom.ts';
import { bitsFor, widthOf } from '../contract/rom.ts';

/** Words and bits that are not worth a block of memory. */
const [shallow, few] = [64, 1024];

const largest = (values: ArrayLike<number>): number => {
  let most = 0;
  for (let i = 0; i < values.length; i++) if (values[i] > most) most = values[i];
  return most;
};

const unsigned = (name: string, values: ArrayLike<number>, each: number): Field => ({
  name,
  bits: bitsFor(largest(values) + 1),
  signed: false,
  each,
  values,
});

const bitsOfSigned = (values: ArrayLike<number>): number => {
  let [low, high] = [0, 0];
  for (let i = 0; i < values.length; i++) {
    low = Math.min(low, values[i]);
    high = Math.max(high, values[i]);
  }
  return 1 + bitsFor(Math.max(high + 1, -low));
};

export function rom(name: string, depth: number, fields: readonly Field[]): Rom {
  const width = widthOf(fields);
  return { name, depth, width, storage: storageFor(depth, width), fields };
}

export const storageFor = (depth: number, width: number): Rom['storage'] =>
  depth <= shallow || depth * width <= few ? 'distributed' : 'block';

/** `bias`, `multiplier` and `shift` of rows in this order. */
export function endingFields({ bias, ending }: Layer, rows: ArrayLike<number>): readonly Field[] {
  const pick = (all: Int32Array): Int32Array => Int32Array.from({ length: rows.length }, (_, i) => all[rows[i]]);
  const biases = pick(bias);
  const fields: Field[] = [{ name: 'bias', bits: bitsOfSigned(biases), signed: true, each: 1, values: biases }];
  if (!ending) return fields;
  return [...fields, unsigned('multiplier', pick(ending.multiplier), 1), unsigned('shift', pick(ending.shift), 1)];
}

type Unfinished = Omit<ScheduledPlan, 'roms' | 'area'>;

/**
 * Offsets are stored as they are added. Stored as a tap and a slot they take 2 or 3 bits fewer for each bank of a layer of
 * 3x3, and 7 look-up tables a bank that make places of taps. Both made by hand and synthesised with yosys: 16 x 16 x 9 of 4
 * lanes, 28 wide: 8 bits a word fewer, no block of 7, 27 look-up tables more (1033); 32 x 32 x 9 of 8 lanes, 56 wide: 24 bits
 * fewer, one block of 14, 58 more (1701). It pays where it frees a block, in deep schedules of wide pictures alone.
 */
export function scheduledRoms(layer: Layer, plan: Unfinished): readonly Rom[] {
  const { schedule, lanes, banks, accumulators, offsets, rows, drain, ring } = plan;
  const sums = rows === 'shared' ? 1 : accumulators;
  const places: Field[] = [
    unsigned('row', schedule.row, sums),
    { name: 'first', bits: 1, signed: false, each: sums, values: schedule.first },
    unsigned('offset', schedule.offset, offsets === 'shared' ? 1 : banks),
  ];
  const values: Field[] = [
    { name: 'value', bits: layer.weightBits, signed: true, each: lanes, values: schedule.value },
    unsigned('select', schedule.select, lanes),
  ];
  const { rebuilt } = plan;
  return [
    ...(rebuilt ? rebuiltRoms(rebuilt, places, plan) : [rom('schedule', plan.words, [...values, ...places])]),
    rom('drain', drain.row.length, [
      unsigned('lane', drain.lane, 1),
      unsigned('place', drain.place, 1),
      { name: 'last', bits: 1, signed: false, each: 1, values: drain.last },
      ...endingFields(layer, drain.row),
    ]),
    rom('write', layer.channels, [unsigned('bank', ring.bank, 1), unsigned('slot', ring.slot, 1)]),
  ];
}

/** A word for each weight, codes for every three of them, and bases. */
function rebuiltRoms(rebuilt: Rebuilt, places: readonly Field[], { lanes, words }: Unfinished): readonly Rom[] {
  const { basis, live, codes, bases, shifts } = rebuilt;
  return [
    rom('schedule', words, [
      ...places,
      unsigned('basis', basis, 1),
      { name: 'live', bits: 1, signed: false, each: 1, values: live },
    ]),
    rom('codes', words / 3, [{ name: 'code', bits: 4, signed: false, each: 3 * lanes, values: codes }]),
    rom('bases', shifts.length / lanes, [
      { name: 'basis', bits: 8, signed: true, each: 9 * lanes, values: bases },
      unsigned('shift', shifts, lanes),
    ]),
  ];
}
