/**
 * Stored constants as memory holds them at first, and what makes constants of them. Pieces of a kind lie side by side over all
 * constants, numbers byte by byte, so that compressors find like beside like: what is in the high bytes is worth much to them,
 * and in the low ones nothing. The sign, which is as good as random, goes down among these.
 *
 *     constants, once they are expanded | outputs | arena
 *                        |-- pieces, kind by kind --|-- one stored form, whole --|-- scratch of who expands it --|
 *
 * Constants become what they are one after the other: pieces are put together behind them all, and expanded from there. So pieces
 * may lie where constants go whose own pieces were read before.
 */
import type { Arr } from '../../src/loop/loop.ts';
import { alignUp } from '../../src/plan/arena.ts';
import type { Routine, RoutineCall } from '../../src/plan/kernel.ts';
import type { Piece, PlanConstant, Stored } from '../../src/plan/plan.ts';
import { bytesWhole } from '../../src/plan/plan.ts';
import { bytesPer } from '../../src/tensor/type.ts';
import { leastApart, numbersPiece } from './kernels/stored.ts';
import type { Segment } from './memory.ts';

export interface StoredForms {
  readonly data: readonly Segment[];
  readonly expansions: readonly RoutineCall[];
  /** Where the last byte ends that is touched. */
  readonly reach: number;
}

/** What lies side by side, in the order of addresses: what is largest, and hardly compressed, comes first. */
const groups = [
  ...['singles.0', 'singles.1', 'singles.2', 'halves.0', 'codes'],
  ...['singles.3', 'halves.1', 'bits', 'side'],
] as const;
type Group = (typeof groups)[number];

/** Real numbers that are used as they are stored, enough of them to lie apart as well. */
export const liesApart = ({ data, stored }: PlanConstant): boolean =>
  !stored && data instanceof Float32Array && data.length >= leastApart;

/** Whether it is written where its stored form lies whole. */
const isWhole = ({ stored }: PlanConstant): boolean => !stored?.expand;

const piecesOf = ({ data, stored }: PlanConstant): readonly Piece[] =>
  stored?.pieces ?? (data instanceof Float32Array ? [numbersPiece(data)] : []);

/** `places` has that of each constant, rising in their order, and gets those of what is needed while they are made. */
export function storedForms(constants: readonly PlanConstant[], places: Map<Arr, number>, least: number): StoredForms {
  const made = constants.map((constant) => ({
    constant,
    pieces: piecesOf(constant).map(apart),
  }));
  if (made.length === 0) return { data: [], expansions: [], reach: 0 };

  const starts = groupStarts(made.flatMap(({ pieces }) => pieces.flat()));
  const total = alignUp(starts.end, 16);
  const base = alignUp(lowest(made, places, starts.of, least), 16);
  const place = (name: string, length: number, at: number): Arr => {
    const array: Arr = { name, dtype: 'u8', length };
    if (length > 0) places.set(array, at);
    return array;
  };
  place('all_stored', total, base);
  const last = constants[constants.length - 1].array;
  const whole = alignUp(Math.max(base + total, endOf(last, places)), 16);
  const largest = alignUp(
    constants.reduce((most, { stored }) => Math.max(most, stored?.expand ? sizeOf(stored) : 0), 0),
    16,
  );
  const scratchBytes = constants.reduce((most, { stored }) => Math.max(most, stored?.scratch ?? 0), 0);
  const scratch = place('scratch', scratchBytes, whole + largest);

  const bytes = new Uint8Array(total);
  const next = new Map(starts.of);
  const expansions: RoutineCall[] = [];
  for (const { constant, pieces } of made) {
    const { array, stored } = constant;
    let to = isWhole(constant) ? (places.get(array) ?? 0) : whole;
    for (const parts of pieces) {
      const from = parts.map(({ group, bytes: own }) => {
        const at = next.get(group) ?? 0;
        bytes.set(own, at);
        next.set(group, at + own.length);
        return base + at;
      });
      const { length } = parts[0].bytes;
      join(expansions, to, length, from);
      to += length * joined[parts.length].bytes;
    }
    if (stored?.expand) expansions.push(stored.expand(place(`${array.name}_stored`, sizeOf(stored), whole), scratch));
  }
  return { data: [{ offset: base, bytes }], expansions, reach: whole + largest + scratchBytes };
}

const sizeOf = ({ pieces }: Stored): number => pieces.reduce((sum, piece) => sum + bytesWhole(piece), 0);

const endOf = (array: Arr, places: ReadonlyMap<Arr, number>): number =>
  (places.get(array) ?? 0) + array.length * bytesPer[array.dtype];

/** Bytes that go to one group. */
interface Part {
  readonly group: Group;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** A piece as its bytes, lowest first, each a part; or as it is. */
function apart({ kind, bytes }: Piece): readonly Part[] {
  const size = kind === 'halves' ? 2 : 4;
  const count = bytes.length / size;
  if (kind === 'side' || kind === 'bits' || kind === 'codes') return [{ group: kind, bytes }];
  if (count < leastApart) return [{ group: 'side', bytes }];
  const parts = Array.from({ length: size }, () => new Uint8Array(count));
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let i = 0; i < count; i++) {
    const bits = size === 2 ? view.getUint16(2 * i, true) : view.getUint32(4 * i, true);
    const turned = (bits << 1) | (bits >>> (8 * size - 1));
    for (let k = 0; k < size; k++) parts[k][i] = turned >>> (8 * k);
  }
  return parts.map((own, k) => ({ group: `${kind}.${k}` as Group, bytes: own }));
}

/** Offsets from the first byte of all. */
function groupStarts(parts: readonly Part[]): { readonly of: ReadonlyMap<Group, number>; readonly end: number } {
  const of = new Map<Group, number>();
  let end = 0;
  for (const group of groups) {
    of.set(group, end);
    for (const part of parts) if (part.group === group) end += part.bytes.length;
  }
  return { of, end };
}

interface Made {
  readonly constant: PlanConstant;
  readonly pieces: readonly (readonly Part[])[];
}

/** The lowest address of the first byte at which no constant is written over pieces that are still to be read. */
function lowest(
  made: readonly Made[],
  places: ReadonlyMap<Arr, number>,
  starts: ReadonlyMap<Group, number>,
  least: number,
): number {
  let base = least;
  const left = new Map<Group, number>();
  for (const { group } of made.flatMap(({ pieces }) => pieces.flat())) left.set(group, (left.get(group) ?? 0) + 1);
  const next = new Map(starts);
  for (const { constant, pieces } of made) {
    const end = endOf(constant.array, places);
    const hold = (): void => {
      for (const [group, at] of next) if ((left.get(group) ?? 0) > 0) base = Math.max(base, end - at);
    };
    // Those that are not expanded are written while their pieces are read.
    if (isWhole(constant)) hold();
    for (const { group, bytes } of pieces.flat()) {
      next.set(group, (next.get(group) ?? 0) + bytes.length);
      left.set(group, (left.get(group) ?? 0) - 1);
    }
    hold();
  }
  return base;
}

const routine = (name: string): Routine => ({
  name,
  template: `wasm/kernels/${name}.wat.hbs`,
  view: {},
  needs: [],
});

/** What puts a piece together that lies in so many parts, and the bytes that it makes of one of each. */
const joined: Readonly<Record<number, { readonly routine: Routine; readonly bytes: number }>> = {
  1: { routine: routine('copy-bytes'), bytes: 1 },
  2: { routine: routine('join-halves'), bytes: 4 },
  4: { routine: routine('join-singles'), bytes: 4 },
};

function join(calls: RoutineCall[], to: number, length: number, from: readonly number[]): void {
  if (length === 0) return;
  const last = calls.at(-1);
  const [lastTo, lastLength, lastFrom] = (last?.args ?? []) as readonly number[];
  // What is copied to behind what was copied from before is copied with it.
  const goesOn =
    last?.routine === joined[1].routine &&
    from.length === 1 &&
    to === lastTo + lastLength &&
    from[0] === lastFrom + lastLength;
  if (goesOn) calls.pop();
  const args = goesOn ? [lastTo, lastLength + length, lastFrom] : [to, length, ...from];
  calls.push({ routine: joined[from.length].routine, args });
}
