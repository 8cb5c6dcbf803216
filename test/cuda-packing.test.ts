/** Weights for tensor cores: packed and unpacked again, and places as the published recipe has them. */
import { describe, expect, test } from 'vitest';
import { matrix } from '../src/tensor/matrix.ts';
import { depthOf, spread } from '../targets/cuda/tensor/depth.ts';
import type { Element } from '../targets/cuda/tensor/elements.ts';
import { elements, perStep } from '../targets/cuda/tensor/elements.ts';
import { fitsExtra } from '../targets/cuda/tensor/extra.ts';
import { rowOf, stepBytes } from '../targets/cuda/tensor/fragments.ts';
import { foursOf } from '../targets/cuda/tensor/gathered.ts';
import type { Packing } from '../targets/cuda/tensor/packing.ts';
import { packDense, packExtra, packSparse } from '../targets/cuda/tensor/packing.ts';
import { channelOrder } from '../targets/cuda/tensor/permuted.ts';
import { keepHalf, nibbleAt, sparseOrder } from '../targets/cuda/tensor/sparse.ts';
import { recipe } from './cuda-recipe.ts';
import { maskOf, random, stored } from './cuda-weights.ts';

const taps = { across: 3, dilation: [1, 1], width: 10 };

const halfLive = (element: Element) => (row: number, column: number) =>
  element.group === 2 ? (row + column) % 2 === 0 : (row * 3 + column + (column >> 2)) % 4 < 2;

const weightsOf = (rows: number, perTap: number, element: Element, live: (row: number, column: number) => boolean) =>
  matrix(
    rows,
    9 * perTap,
    perTap,
    stored(
      maskOf(rows, 9 * perTap, (row, column) => (live(row, column % perTap) ? random(row * 1000 + column, 2) || 1 : 0)),
      element,
    ),
  );

/** Words of a row as numbers. */
function numbersOf(words: Uint32Array<ArrayBuffer>, { name }: Element): readonly number[] {
  const { buffer } = Uint32Array.from(words);
  if (name === 's8' || name === 'u8') return [...new Int8Array(buffer)];
  return name === 'tf32' ? [...new Float32Array(buffer)] : [...new Uint16Array(buffer)];
}

const blockOf = (p: Packing, block: number): Uint32Array<ArrayBuffer> =>
  p.weights.subarray((p.begins[block] * p.stepBytes) / 4, (p.begins[block + 1] * p.stepBytes) / 4);

describe.each(Object.values(elements))('weights of $name', (element) => {
  const rows = 64;

  test('all of them come back', () => {
    const m = weightsOf(70, 20, element, () => true);
    const packed = packDense(m, rows, element, taps);
    const depth = depthOf(m, element);
    const all = spread(m, depth, rows);
    expect(packed.stepBytes).toBe(stepBytes({ rows, segments: 4, extra: 0 }));
    const expected = numbersOf(new Uint32Array(element.store(all.values).buffer), element);
    const order = { rows, segments: 4, extra: 0 };
    for (const row of [0, 1, 7, 8, 15, 16, 63, 64, 69, 127])
      for (let step = 0; step < depth.columns / perStep(element); step++) {
        const got = numbersOf(rowOf(blockOf(packed, row >> 6), order, row & 63, step), element);
        const at = row * depth.columns + step * perStep(element);
        expect(got).toEqual(expected.slice(at, at + perStep(element)));
      }
  });

  test('half of them come back, by their places', () => {
    const m = weightsOf(70, 20, element, halfLive(element));
    const packed = packSparse(m, rows, element, taps);
    if (typeof packed === 'string') throw new Error(packed);
    const depth = depthOf(m, element);
    const all = spread(m, depth, rows);
    const order = sparseOrder(rows, element);
    const [inStep, size] = [perStep(element), packed.stepBytes / 4];
    for (const row of [0, 5, 8, 13, 16, 31, 32, 63, 64, 69, 127])
      for (let step = 0; step < depth.columns / inStep; step++) {
        const block = blockOf(packed, row >> 6);
        const kept = numbersOf(rowOf(block, order, row & 63, step), element);
        const values = new Array<number>(inStep).fill(0);
        for (let group = 0; group < inStep / element.group; group++) {
          const [word, shift] = nibbleAt(rows, row & 63, group, element);
          const nibble = (block[step * size + 16 * rows + word] >>> shift) & 15;
          const places = element.group === 2 ? [{ 4: 0, 14: 1 }[nibble] ?? NaN] : [nibble & 3, nibble >> 2];
          expect(places).toEqual([...new Set(places)].sort());
          places.forEach((place, k) => {
            values[group * element.group + place] = kept[(group * element.group) / 2 + k];
          });
        }
        const at = row * depth.columns + step * inStep;
        const words = new Uint32Array(element.store(all.values.slice(at, at + inStep)).buffer);
        expect(values).toEqual(numbersOf(words, element));
      }
  });
});

test.each([elements.f16, elements.bf16, elements.s8])('places of $name lie as the recipe says', (element) => {
  const [rows, perTap] = [128, 256];
  const pairs = [3, 5, 6, 9, 10, 12];
  const data = stored(
    maskOf(rows, perTap, (row, column) => {
      const pair = pairs[Math.floor(3 * (random(row * 64 + (column >> 2), 9) + 1)) % 6];
      return (pair >> (column % 4)) & 1;
    }),
    element,
  );
  const m = matrix(rows, perTap, perTap, data);
  const packed = packSparse(m, rows, element, { ...taps, across: 1 });
  if (typeof packed === 'string') throw new Error(packed);
  const kept = keepHalf(m.data, rows, perTap, element);
  if ('row' in kept) throw new Error('too many');
  const [steps, size] = [perTap / perStep(element), packed.stepBytes / 4];
  const ours = Array.from({ length: steps }, (_, step) => [
    ...packed.weights.subarray(step * size + 16 * rows, (step + 1) * size),
  ]).flat();
  const words = ours.flatMap((word) => Array.from({ length: 8 }, (_, k) => (word >>> (4 * k)) & 15));
  expect(words).toEqual(recipe(kept.nibbles, rows, perTap / 4, element));
  expect(new Set(words).size).toBe(6);
});

test('a nibble is the lower place and the higher one', () => {
  const nibbles = (values: readonly number[]): string => {
    const kept = keepHalf(Float32Array.from(values), 1, values.length, elements.f16);
    if ('row' in kept) throw new Error('too many');
    return [...kept.nibbles].map((n) => n.toString(2).padStart(4, '0')).join(' ');
  };
  expect(nibbles([1, 1, 0, 0, 1, 0, 1, 0, 0, 1, 1, 0, 1, 0, 0, 1, 0, 1, 0, 1, 0, 0, 1, 1])).toBe(
    '0100 1000 1001 1100 1101 1110',
  );
});

test('what does not fit is told of', () => {
  const m = matrix(2, 8, 8, [1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 1, 1]);
  expect(packSparse(m, 32, elements.f16, { ...taps, across: 1 })).toBe(
    'takes weights of which at most 2 are kept in every 4 columns, and row 1 has more in columns 4..7',
  );
});

test('columns change places until no row has more than two of four', () => {
  const lists = (rows: readonly string[]) => {
    const all = matrix(
      rows.length,
      rows[0].length,
      rows[0].length,
      [...rows.join('')].map((c) => (c === '.' ? 0 : 1)),
    );
    return foursOf(all, 32).map((list) => [...list]);
  };
  expect(lists(['111...', '...111'])).toEqual([[0, 1, 3, 4, 2, 5, -1, -1]]);
  expect(lists(['.1..1.11', '....1.1.', '........'])).toEqual([[1, 4, -1, -1, 6, 7, -1, -1]]);
  expect(lists(['......', '......'])).toEqual([[]]);
  // Those of V:N:M weights stay as they are, and what blocks of rows have differs.
  const shared = matrix(
    70,
    64,
    64,
    maskOf(70, 64, (row, column) => ([3, 5, 8, 9].indexOf((column - (row >> 5)) % 16) % 2 === row % 2 ? 1 : 0)),
  );
  const own = foursOf(shared, 32);
  expect(own.map((list) => [...list.subarray(0, 5)])).toEqual([
    [3, 5, 8, 9, 19],
    [4, 6, 9, 10, 20],
    [5, 7, 10, 11, 21],
  ]);
  for (const list of own) expect(list.length).toBe(16);
});

/** All weights of a row, one by one in bits, where they are at most six of eight and no seven. */
test.each([elements.f16, elements.tf32, elements.s8])('every three quarters of $name find a place', (element) => {
  const eight = 2 * element.group;
  const rows = 2 ** eight;
  const weights = matrix(
    rows,
    eight,
    eight,
    maskOf(rows, eight, (row, column) => (row >> column) & 1),
  );
  const fitting = Array.from({ length: rows }, (_, row) => {
    const one = matrix(1, eight, eight, weights.data.subarray(row * eight, (row + 1) * eight));
    expect(typeof packExtra(one, 32, element, { ...taps, across: 1 }) !== 'string').toBe(fitsExtra(one, element));
    return fitsExtra(one, element);
  });
  const counts = Array.from({ length: rows }, (_, row) => [...weights.data.subarray(row * eight, (row + 1) * eight)]);
  const ones = counts.map((bits) => bits.reduce((sum, bit) => sum + bit, 0));
  expect(fitting.every((fits, row) => fits === ones[row] <= 1.5 * element.group)).toBe(true);
});

test('channels are put in an order in which weights are 2:4, where there is one', () => {
  const apart = (row: number, channel: number, of: number): number => {
    const own = [0, 1, 2, 3].map((k) => random((row * of + (channel % of)) * 4 + k, 17));
    return own.filter((v) => v > own[Math.floor(channel / of)]).length < 2 ? 1 : 0;
  };
  const m = matrix(
    90,
    3 * 64,
    64,
    maskOf(90, 192, (row, column) => apart(3 * row + (column >> 6), column % 64, 16)),
  );
  const order = channelOrder(m, elements.f16) ?? expect.unreachable();
  expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: 64 }, (_, i) => i));
  for (let four = 0; four < 16; four++)
    expect(new Set([...order.subarray(4 * four, 4 * four + 4)].map((c) => c % 16)).size).toBe(1);
  expect(typeof packSparse(m, 32, elements.f16, taps, order)).not.toBe('string');
  expect(typeof packSparse(m, 32, elements.f16, taps)).toBe('string');
  const any = matrix(
    90,
    64,
    64,
    maskOf(90, 64, (row, column) => (random(row * 64 + column, 5) > 0 ? 1 : 0)),
  );
  expect(channelOrder(any, elements.f16)).toBeUndefined();
});
