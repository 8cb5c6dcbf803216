/**
 * Weights in the order in which blocks of threads read them. A block has some bands of rows, a record for each chunk of planes:
 *
 *     begins    one word a band, and one more: its first four places
 *     all       one word: how many fours of places there are, a multiple of four
 *     places    16 bits each: in the windows of the chunk's planes
 *     values    four of a row, then four of the next row of the band
 *
 * Bands are in order of how many places they have, so that those of a block have about as many, and go to warps to and fro (Sputnik,
 * arXiv:2006.10901). Places that fill up a four read what is there and weigh 0.
 */
import { alignUp } from '../../../src/plan/arena.ts';
import type { Bands } from '../../gpu/bands.ts';
import type { Height } from '../../gpu/storage.ts';
import type { Shape } from './shape.ts';
import { slotsOf } from './shape.ts';
import type { Values } from './values.ts';
import { writeNumbers } from './values.ts';

export interface Records {
  readonly words: Uint32Array<ArrayBuffer>;
  /** Where records begin, in 16 bytes; and the end. */
  readonly begins: Uint32Array<ArrayBuffer>;
  /** The longest, in 16 bytes. */
  readonly room: number;
  /** The rows of each band of each block, those of a warp side by side; those that there are not are past the last. */
  readonly order: Int32Array<ArrayBuffer>;
}

interface Placed {
  readonly plane: number;
  readonly shift: number;
}

/** What records are made of. */
export interface Recorded {
  /** Of each group of channels, its own rows. */
  readonly groups: readonly Bands[];
  readonly height: Height;
  /** Of a group. */
  readonly rows: number;
  readonly planes: number;
  /** Where a column of a group's rows is read. */
  readonly locate: (column: number) => Placed;
  readonly values: Values;
}

/** Blocks of a group, of which none has rows of another. */
export const blocksOf = ({ groups: [{ count }] }: Pick<Recorded, 'groups'>, shape: Shape): number =>
  Math.ceil(count / slotsOf(shape));

export function recordsOf(recorded: Recorded, shape: Shape): Records {
  const { groups, height, rows, planes, values } = recorded;
  const slots = slotsOf(shape);
  const chunks = Math.ceil(planes / shape.depth);
  const blocks = blocksOf(recorded, shape);
  const order = new Int32Array(groups.length * blocks * slots * height).fill(groups.length * rows);
  const begins = new Uint32Array(groups.length * blocks * chunks + 1);
  const parts: Uint32Array<ArrayBuffer>[] = [];
  let [end, room] = [0, 0];
  for (let block = 0; block < groups.length * blocks; block++) {
    const group = Math.floor(block / blocks);
    const bands = groups[group];
    const own = Array.from({ length: slots }, (_, slot) => (block % blocks) * slots + dealt(slot, shape));
    const entries = own.map((band) =>
      band < bands.count ? entriesOf(recorded, bands, band, shape.depth, chunks) : [],
    );
    own.forEach((band, slot) => {
      for (let h = 0; h < height && band < bands.count; h++) {
        const row = rowOf(bands, band, h);
        if (row < rows) order[(block * slots + slot) * height + h] = group * rows + row;
      }
    });
    const numberOf = (row: number, column: number): number => values.numberOf(group * rows + row, column);
    for (let chunk = 0; chunk < chunks; chunk++) {
      const placed = entries.map((all) => all[chunk] ?? []);
      const record = recordOf(placed, shape, height, bands, { ...values, numberOf });
      begins[block * chunks + chunk] = end;
      parts.push(record);
      end += record.length / 4;
      room = Math.max(room, record.length / 4);
    }
  }
  begins[begins.length - 1] = end;
  const words = new Uint32Array(end * 4);
  let at = 0;
  for (const part of parts) {
    words.set(part, at);
    at += part.length;
  }
  return { words, begins, room, order };
}

/** To and fro over the warps: which of a block's bands, by length, stands at a slot. */
function dealt(slot: number, { warps, bands }: Shape): number {
  const warp = Math.floor(slot / bands);
  const turn = slot % bands;
  return turn * warps + (turn % 2 === 0 ? warp : warps - 1 - warp);
}

const rowOf = ({ rows, rowStep }: Bands, band: number, h: number): number =>
  rows[band * rowStep + (h % rowStep)] + Math.floor(h / rowStep);

interface Entry {
  /** Its place in the windows of a chunk: the plane there, and the shift. */
  readonly plane: number;
  readonly shift: number;
  /** The number of its weights in `bands.order`, by heights. */
  readonly at: number;
}

/** The places of a band, chunk by chunk. */
function entriesOf(
  { height, locate }: Recorded,
  { first, order }: Bands,
  band: number,
  depth: number,
  chunks: number,
): readonly (readonly Entry[])[] {
  const all: Entry[][] = Array.from({ length: chunks }, () => []);
  for (let at = first[band]; at < first[band + 1]; at++) {
    const { plane, shift } = locate(order.columns[at * height]);
    all[Math.floor(plane / depth)].push({ plane: plane % depth, shift, at });
  }
  return all;
}

/** Words before the places, a multiple of four. */
export const headerWords = (shape: Shape): number => alignUp(slotsOf(shape) + 2, 4);

function recordOf(
  entries: readonly (readonly Entry[])[],
  shape: Shape,
  height: Height,
  { order }: Bands,
  values: Values,
): Uint32Array<ArrayBuffer> {
  const header = headerWords(shape);
  const fours = entries.map((own) => Math.ceil(own.length / 4));
  const count = alignUp(
    fours.reduce((sum, n) => sum + n, 0),
    4,
  );
  const words = new Uint32Array(header + 2 * count + (count * height * 4 * values.bits) / 32);
  const weights = words.subarray(header + 2 * count);
  const span = 4 * shape.span;
  let next = 0;
  entries.forEach((own, slot) => {
    words[slot] = next;
    for (let i = 0; i < 4 * fours[slot]; i++) {
      const entry: Entry | undefined = own[i];
      const at = 4 * next + i;
      if (entry) words[header + (at >> 1)] |= (entry.plane * span + entry.shift) << ((at & 1) * 16);
      for (let h = 0; h < height; h++) {
        const from = entry ? entry.at * height + h : -1;
        const row = from < 0 ? -1 : order.rows[from];
        const number = row < 0 ? values.pad : values.numberOf(row, order.columns[from]);
        writeNumbers(weights, values.bits, ((next + (i >> 2)) * height + h) * 4 + (i & 3), number);
      }
    }
    next += fours[slot];
  });
  words[entries.length] = next;
  words[entries.length + 1] = count;
  return words;
}
