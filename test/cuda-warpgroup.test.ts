/** Products by warpgroups: how weights lie, what is chosen, and layers against their meaning on this machine's processor. */
import { describe, expect, test } from 'vitest';
import { lower } from '../src/plan/lower.ts';
import { matrix } from '../src/tensor/matrix.ts';
import { elements } from '../targets/cuda/tensor/elements.ts';
import { keepHalf } from '../targets/cuda/tensor/sparse.ts';
import { packWide, placeOfGroup, wordOfPiece } from '../targets/cuda/warpgroup/packing.ts';
import type { WideTile } from '../targets/cuda/warpgroup/tiles.ts';
import { behindOf, wideStages, wideTiles, wideWeightBytes } from '../targets/cuda/warpgroup/tiles.ts';
import { installed } from './cpu-build.ts';
import { recipe } from './cuda-recipe.ts';
import { wideFaults, wideGraph, wideKernels, wideLayers } from './cuda-warpgroup-layers.ts';
import { maskOf, random, stored } from './cuda-weights.ts';

describe('weights', () => {
  const tile: WideTile = { rows: 128, pixels: 64, blocks: 2 };
  const [rows, columns] = [200, 300];
  const pairs = [3, 5, 6, 9, 10, 12];
  const pairOf = (row: number, column: number): number =>
    pairs[Math.floor(3 * (random(row * 64 + (column >> 2), 9) + 1)) % 6];
  const data = stored(
    maskOf(rows, columns, (row, column) =>
      (pairOf(row, column) >> (column % 4)) & 1 ? random(row * columns + column, 4) || 1 : 0,
    ),
    elements.f16,
  );
  const m = matrix(rows, columns, columns, data);
  const packed = (way: 'dense' | 'sparse') => {
    const packing = packWide(m, way, tile, 256, elements.f16);
    if (typeof packing === 'string') throw new Error(packing);
    return packing;
  };
  const halfOf = (value: number): number => new Uint16Array(elements.f16.store(Float32Array.of(value)).buffer)[0];

  test('all come back from where swizzling puts them', () => {
    const { weights, steps, blocks } = packed('dense');
    expect([steps, blocks, weights.length]).toEqual([5, 2, 2 * 5 * 128 * 32]);
    const halves = new Uint16Array(weights.buffer);
    for (const row of [0, 1, 7, 8, 127, 128, 199, 255])
      for (let column = 0; column < 5 * 64; column++) {
        const [block, step, inStep] = [row >> 7, column >> 6, column & 63];
        const word = (block * steps + step) * 128 * 32 + wordOfPiece(row & 127, inStep >> 3);
        const value = row < rows && column < columns ? data[row * columns + column] : 0;
        expect(halves[2 * word + (inStep & 7)]).toBe(halfOf(value));
      }
  });

  test('half of them come back, by their places', () => {
    const { weights, steps } = packed('sparse');
    const size = wideWeightBytes('sparse', tile) / 4;
    expect([steps, weights.length]).toEqual([3, 2 * 3 * size]);
    const halves = new Uint16Array(weights.buffer);
    for (const row of [0, 5, 8, 63, 64, 127, 128, 199, 250])
      for (let column = 0; column < 3 * 128; column += 4) {
        const [block, step, group] = [row >> 7, column >> 7, (column & 127) >> 2];
        const begin = (block * steps + step) * size;
        const [word, shift] = placeOfGroup(row & 127, group);
        const nibble = (weights[begin + 128 * 32 + word] >>> shift) & 15;
        const got = [0, 0, 0, 0];
        for (let k = 0; k < 2; k++) {
          const kept = 2 * group + k;
          got[(nibble >> (2 * k)) & 3] = halves[2 * (begin + wordOfPiece(row & 127, kept >> 3)) + (kept & 7)];
        }
        const want = [0, 1, 2, 3].map((k) =>
          halfOf(row < rows && column + k < columns ? data[row * columns + column + k] : 0),
        );
        expect(got).toEqual(want);
      }
  });

  test('have their places as the published recipe has them, of rows that stand for columns', () => {
    const { weights, steps } = packed('sparse');
    const size = wideWeightBytes('sparse', tile) / 4;
    const kept = keepHalf(m.data, rows, columns, elements.f16);
    if ('row' in kept) throw new Error('too many');
    // 16 rows and 64 columns are to one word of each lane what 32 rows and 32 columns are in the recipe.
    for (const first of [0, 16, 48, 112, 176])
      for (const from of [0, 64, 128, 192]) {
        const nibbles = Uint8Array.from({ length: 32 * 8 }, (_, i) => {
          const [row, group] = [i >> 3, i & 7];
          return kept.nibbles[(first + (row & 15)) * (columns / 4) + from / 4 + 8 * (row >> 4) + group];
        });
        const begin = ((first >> 7) * steps + (from >> 7)) * size + 128 * 32;
        const ours = Array.from({ length: 32 }, (_, lane) => {
          const warp = (first & 127) >> 4;
          return weights[begin + (warp * 32 + lane) * 2 + ((from >> 6) & 1)];
        });
        const words = ours.flatMap((word) => Array.from({ length: 8 }, (_, k) => (word >>> (4 * k)) & 15));
        expect(words).toEqual(recipe(nibbles, 32, 8, elements.f16));
      }
  });

  test('of which too many are kept are told of', () => {
    const n = matrix(2, 8, 8, [1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 1, 1]);
    expect(packWide(n, 'sparse', tile, 128, elements.f16)).toBe(
      'takes weights of which at most 2 are kept in every 4 columns, and row 1 has more in columns 4..7',
    );
  });
});

test('steps of every tile fit shared memory', () => {
  for (const way of ['dense', 'sparse'] as const)
    for (const tile of wideTiles('tiles')) expect(wideStages(way, tile)).toBeGreaterThanOrEqual(2);
  for (const way of ['dense', 'sparse'] as const)
    for (const tile of wideTiles('pieces')) expect(behindOf(way, tile)).toBeGreaterThanOrEqual(1);
});

describe('layers', () => {
  test('are those of their kernels', () => {
    const plan = lower(wideGraph(), wideKernels);
    const names = plan.steps.flatMap(({ work }) =>
      work.kind === 'routines'
        ? work.calls.map((c) => c.routine.name).filter((name) => name.startsWith('product'))
        : [],
    );
    const expected = wideLayers.map(
      ({ way, tile: { rows, pixels, blocks }, feed = 'tiles', bf16 }) =>
        `product-wide-${way}-${bf16 ? 'bf16' : 'f16'}-${rows}x${pixels}x${blocks}-${feed}`,
    );
    expect(names.map((name) => name.split('-').slice(0, 6).join('-'))).toEqual(expected);
  });

  test.skipIf(!installed('g++'))('compute what they mean', () => expect(wideFaults(['-O0'])).toEqual([]));
});
