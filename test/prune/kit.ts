/** Weights to prune, and masks looked at unit by unit. */
import fc from 'fast-check';
import { expect } from 'vitest';
import { parsePattern } from '../../src/prune/index.ts';
import type { Mask, Pruner } from '../../src/prune/pruner.ts';
import type { Matrix } from '../../src/tensor/matrix.ts';
import { matrix } from '../../src/tensor/matrix.ts';
import { random } from '../models.ts';

export function prunerOf(text: string): Pruner {
  const said: string[] = [];
  const pruner = parsePattern(text, ({ message }) => void said.push(message));
  expect(said).toEqual([]);
  if (!pruner) throw new Error(`"${text}" is no pattern`);
  return pruner;
}

/** What a pattern keeps of one layer. */
export function maskFor(text: string, m: Matrix): Mask {
  const pruner = prunerOf(text);
  expect(pruner.refuse(m)).toBeUndefined();
  return pruner.kind === 'fixed' ? pruner.keep(m) : pruner.keep(m, (1 - pruner.ratio) * pruner.most(m));
}

/** Independent normal weights, the same for the same seed. */
export function gaussian(rows: number, taps: number, run: number, seed = 1): Matrix {
  const next = random(seed);
  const draw = (): number => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
  return matrix(rows, taps * run, run, Array.from({ length: rows * taps * run }, draw));
}

/** Sizes that most patterns do not divide, and weights of which many are equal, or zero. */
export const ragged = (taps: fc.Arbitrary<number> = fc.integer({ min: 1, max: 9 })): fc.Arbitrary<Matrix> =>
  fc
    .record({
      rows: fc.integer({ min: 1, max: 21 }),
      taps,
      run: fc.integer({ min: 1, max: 21 }),
      values: fc.array(
        fc.oneof(fc.integer({ min: -4, max: 4 }), fc.float({ noNaN: true, noDefaultInfinity: true, min: -9, max: 9 })),
        { minLength: 1, maxLength: 60 },
      ),
      stride: fc.integer({ min: 1, max: 59 }),
    })
    .map(({ rows, taps: t, run, values, stride }) =>
      matrix(
        rows,
        t * run,
        run,
        Array.from({ length: rows * t * run }, (_, at) => values[(at * stride + Math.floor(at / 13)) % values.length]),
      ),
    );

export const pruned = (m: Matrix, mask: Mask): Matrix => ({ ...m, data: m.data.map((w, at) => w * mask[at]) });

export const count = (mask: Mask): number => mask.reduce((sum, k) => sum + k, 0);

/** The kept share of the sum of what `of` makes of each weight. */
export function keptShare(m: Matrix, mask: Mask, of: (w: number) => number): number {
  let [some, all] = [0, 0];
  for (const [at, w] of m.data.entries()) {
    all += of(w);
    if (mask[at] === 1) some += of(w);
  }
  return some / all;
}

/** The flat positions of each tile of r rows and c channels at one tap, cut off at the edges. */
export function tilesOf({ rows, columns, run }: Matrix, r: number, c: number): readonly (readonly number[])[] {
  const tiles = new Map<string, number[]>();
  for (let at = 0; at < rows * columns; at++) {
    const [row, column] = [Math.floor(at / columns), at % columns];
    const [tap, channel] = [Math.floor(column / run), column % run];
    const key = [Math.floor(row / r), tap, Math.floor(channel / c)].join();
    tiles.set(key, [...(tiles.get(key) ?? []), at]);
  }
  return [...tiles.values()];
}
