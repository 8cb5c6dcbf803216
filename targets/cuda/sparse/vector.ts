/**
 * Weights for a single vector, which are read once and are what such layers wait for. Either places of 16 bits, four side by side, and their
 * values; or a bit for every column, and the values of those that are set: that takes less where many are.
 */
import { liveBits, popcount } from '../../../src/formats/livebits.ts';
import type { KernelSite } from '../../../src/plan/kernel.ts';
import type { Matrix } from '../../../src/tensor/matrix.ts';
import { elements } from '../../../src/tensor/type.ts';
import type { Bands } from '../../gpu/bands.ts';
import type { Height } from '../../gpu/storage.ts';
import type { Device } from '../devices.ts';
import type { Values } from './values.ts';
import { writeNumbers } from './values.ts';

/** With more, weights are worth a place in shared memory. */
export const fewVectors = 8;

/** Numbers of a vector: what Turing has of shared memory, less what a block has beside it. */
export const mostNumbers = 15 * 1024;

/** How many vectors a layer reads, all of them whole, or why its kernels do not take it. */
export function vectorsOf({ types: { x, weights }, result }: KernelSite): number | string {
  const size = x.shape[x.shape.length - 1];
  const vectors = elements(x.shape) / size;
  const isVectors =
    elements(weights.shape) === size * weights.shape[0] && result.array.length === vectors * weights.shape[0];
  if (!isVectors || (x.shape.length === 4 && elements(x.shape.slice(1, 3)) > 1)) return 'takes vectors';
  return vectors > fewVectors ? `takes up to ${fewVectors} vectors and is given ${vectors}` : vectors;
}

/** Warps of a block. */
export const warpsOf = 8;

/** Blocks that a multiprocessor runs at once: each has the vector to itself, and then takes rows until there are none. */
const blocksEach = 4;

/** Places that a warp adds up at least, so that it has something to do between its beginning and its end. */
const leastPlaces = 256;

/** Warps that keep a multiprocessor busy. */
const manyWarps = 31;

/** How many warps share a row or band, of `places` on average. */
export function piecesOf(bands: number, places: number, { processors }: Device): number {
  let pieces = 1;
  while (pieces < warpsOf && bands * pieces < manyWarps * processors && places / pieces >= 2 * leastPlaces) pieces *= 2;
  return pieces;
}

export const blocksOf = (bands: number, pieces: number, { processors }: Device): number =>
  Math.min(blocksEach * processors, Math.ceil((bands * pieces) / warpsOf));

export interface Places {
  readonly places: Uint16Array<ArrayBuffer>;
  readonly values: Uint32Array<ArrayBuffer>;
  /** Where bands begin, in fours; and the end. */
  readonly begins: Int32Array<ArrayBuffer>;
  /** Rows of each band; those that there are not are past the last. */
  readonly order: Int32Array<ArrayBuffer>;
}

export function placesIn(bands: Bands, height: Height, values: Values): Places {
  const { first, order, count } = bands;
  const all = order.columns.length / height;
  const ends = Int32Array.from({ length: count + 1 }, (_, band) => (band < count ? first[band] : all));
  const begins = new Int32Array(count + 1);
  for (let band = 0; band < count; band++)
    begins[band + 1] = begins[band] + Math.ceil((ends[band + 1] - ends[band]) / 4);
  const fours = Math.max(1, begins[count]);
  const places = new Uint16Array(4 * fours);
  const packed = new Uint32Array(Math.ceil((fours * height * 4 * values.bits) / 32));
  for (let band = 0; band < count; band++)
    for (let i = 0; i < 4 * (begins[band + 1] - begins[band]); i++) {
      const from = ends[band] + i;
      const isKept = from < ends[band + 1];
      if (isKept) places[4 * begins[band] + i] = order.columns[from * height];
      for (let h = 0; h < height; h++) {
        const row = isKept ? order.rows[from * height + h] : -1;
        const number = row < 0 ? values.pad : values.numberOf(row, order.columns[from * height]);
        writeNumbers(packed, values.bits, ((begins[band] + (i >> 2)) * height + h) * 4 + (i & 3), number);
      }
    }
  const rows = Int32Array.from({ length: count * height }, (_, i) => {
    const [band, h] = [Math.floor(i / height), i % height];
    return bands.rows[band * bands.rowStep + (h % bands.rowStep)] + Math.floor(h / bands.rowStep);
  });
  return { places, values: packed, begins, order: rows };
}

export interface Bits {
  readonly bits: Uint32Array<ArrayBuffer>;
  readonly values: Uint32Array<ArrayBuffer>;
  /** Where the values of every piece of a row begin. */
  readonly begins: Int32Array<ArrayBuffer>;
  readonly order: Int32Array<ArrayBuffer>;
  /** Of a row. */
  readonly words: number;
}

/** Of rows by themselves, each a run. */
export function bitsIn(matrix: Matrix, { rows, bits, first, order }: Bands, pieces: number, values: Values): Bits {
  const words = liveBits(matrix).wordsPerRow;
  const begins = new Int32Array(rows.length * pieces);
  rows.forEach((_, band) => {
    let next = first[band];
    for (let piece = 0; piece < pieces; piece++) {
      begins[band * pieces + piece] = next;
      const [from, to] = [Math.floor((words * piece) / pieces), Math.floor((words * (piece + 1)) / pieces)];
      for (let word = from; word < to; word++) next += popcount(bits[band * words + word]);
    }
  });
  const packed = new Uint32Array(Math.max(1, Math.ceil((order.columns.length * values.bits) / 32)));
  for (let i = 0; i < order.columns.length; i++)
    writeNumbers(packed, values.bits, i, values.numberOf(order.rows[i], order.columns[i]));
  return { bits: Uint32Array.from(bits), values: packed, begins, order: rows, words };
}

/** Whether a bit for each column takes less than places of so many columns, of which so many are kept, and is as fast. */
export const isWorthBits = (columns: number, places: number): boolean => 4 * places >= columns;
