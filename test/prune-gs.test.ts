/** GS masks: what a pack must be, in every group, and how much they keep; against the greedy of the paper written plainly. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Matrix } from '../src/tensor/matrix.ts';
import { matrix } from '../src/tensor/matrix.ts';
import { count, gaussian, keptShare, maskFor, prunerOf, ragged } from './prune/kit.ts';

interface Gs {
  readonly b: number;
  readonly k: number;
  readonly scatter: boolean;
}

const all: readonly Gs[] = [
  [8, 8],
  [8, 1],
  [8, 2],
  [16, 1],
].flatMap(([b, k]) => [false, true].map((scatter) => ({ b, k, scatter })));

const textOf = ({ b, k, scatter }: Gs, ratio: number): string => `gs:${b},${k}:${ratio}${scatter ? ':scatter' : ''}`;

/** The columns that each row keeps. */
const columnsOf = (m: Matrix, mask: Uint8Array): readonly (readonly number[])[] =>
  Array.from({ length: m.rows }, (_, row) =>
    Array.from({ length: m.columns }, (__, c) => c).filter((c) => mask[row * m.columns + c] === 1),
  );

/** The groups as whoever reads the mask finds them: rows as they stand, or sorted by how many weights they keep. */
function groupsOf(kept: readonly (readonly number[])[], { b, k, scatter }: Gs): readonly (readonly number[])[] {
  const rows = [...kept.keys()];
  if (scatter) rows.sort((x, y) => kept[x].length - kept[y].length || x - y);
  const size = b / k;
  return Array.from({ length: Math.ceil(rows.length / size) }, (_, i) => rows.slice(i * size, (i + 1) * size));
}

/**
 * The law: every row of a group keeps k weights for each pack, and no bank more than one, so that the packs can be made
 * (König); where no row is missing every bank has exactly one.
 */
function expectPacks(m: Matrix, mask: Uint8Array, gs: Gs): void {
  const kept = columnsOf(m, mask);
  for (const group of groupsOf(kept, gs)) {
    const packs = kept[group[0]].length / gs.k;
    expect(Number.isInteger(packs)).toBe(true);
    expect(group.map((row) => kept[row].length)).toEqual(group.map(() => packs * gs.k));
    const banks = new Array<number>(gs.b).fill(0);
    for (const row of group) for (const column of kept[row]) banks[column % gs.b]++;
    if (group.length === gs.b / gs.k) expect(banks).toEqual(banks.map(() => packs));
    else expect(Math.max(...banks)).toBeLessThanOrEqual(packs);
  }
}

describe.each(all)('GS($b,$k), scatter $scatter', (gs) => {
  test('packs hold in every group, the last one too', () => {
    fc.assert(
      fc.property(
        ragged().filter(({ columns }) => columns >= gs.b),
        fc.integer({ min: 5, max: 95 }),
        (m, percent) => expectPacks(m, maskFor(textOf(gs, percent / 100), m), gs),
      ),
    );
  });

  test('of columns that divide, nothing is out of reach: half, a tenth and nearly all can be kept', () => {
    const m = gaussian(32, 3, 16);
    // All large weights of a row in one bank: whoever only takes the largest gets stuck.
    const skewed = {
      ...m,
      data: m.data.map((w, at) => ((at % 48) % gs.b === Math.floor(at / 48) % gs.b ? 1e3 * w : w)),
    };
    for (const ratio of [0.02, 0.5, 0.9]) {
      const mask = maskFor(textOf(gs, ratio), skewed);
      expectPacks(skewed, mask, gs);
      expect(count(mask) / mask.length).toBeGreaterThanOrEqual(1 - ratio - 0.1);
    }
  });

  test('of 64x256 normal weights at 80 % nearly as much is kept as without a pattern', () => {
    const m = gaussian(64, 1, 256);
    const mask = maskFor(textOf(gs, 0.8), m);
    const free = maskFor(`unstructured:${1 - count(mask) / mask.length}`, m);
    expect(count(mask)).toBe(count(free));
    expect(keptShare(m, mask, Math.abs) / keptShare(m, free, Math.abs)).toBeGreaterThanOrEqual(gs.k <= 2 ? 0.97 : 0.95);
    expect(count(mask) / mask.length).toBeGreaterThan(0.19);
    expect(count(mask) / mask.length).toBeLessThan(0.23);
  });
});

/** The greedy of the paper, as it is told, for rows that stand as they are: every pack looks at every weight. */
function plainly(m: Matrix, b: number, k: number, density: number): Uint8Array {
  const mask = new Uint8Array(m.data.length);
  const sizes = m.data.map(Math.abs);
  const threshold = [...sizes].sort((x, y) => y - x)[Math.round(density * sizes.length) - 1];
  for (let first = 0; first < m.rows; first += b / k) {
    const rows = Array.from({ length: b / k }, (_, i) => first + i);
    const places = rows.flatMap((row) => Array.from({ length: m.columns }, (_, c) => row * m.columns + c));
    const above = places.filter((at) => sizes[at] >= threshold).length;
    const total = above > 8 * b ? Math.round(above / b) * b : Math.ceil(above / b) * b;
    const order = [...places].sort((x, y) => sizes[y] - sizes[x]);
    for (let pack = 0; pack < total / b; pack++) {
      const [room, banks] = [new Map(rows.map((row) => [row, k])), new Set<number>()];
      for (const at of order) {
        const [row, bank] = [Math.floor(at / m.columns), (at % m.columns) % b];
        const left = room.get(row) ?? 0;
        if (mask[at] === 1 || left === 0 || banks.has(bank)) continue;
        mask[at] = 1;
        room.set(row, left - 1);
        banks.add(bank);
      }
      if (banks.size < b) throw new Error('the greedy is stuck');
    }
  }
  return mask;
}

test.each([
  [8, 8],
  [8, 1],
  [8, 2],
  [16, 1],
  [16, 16],
])('GS(%i,%i) is what the greedy gives', (b, k) => {
  for (const seed of [1, 2, 3]) {
    const m = gaussian(32, 1, 128, seed);
    expect(maskFor(`gs:${b},${k}:0.8`, m)).toEqual(plainly(m, b, k, 0.2));
  }
});

test('rows that keep much and rows that keep little are not in one group with scatter', () => {
  const m = gaussian(32, 1, 128);
  const loud = { ...m, data: m.data.map((w, at) => (Math.floor(at / 128) % 2 === 0 ? 3 * w : w)) };
  const share = (text: string): number => keptShare(loud, maskFor(text, loud), Math.abs);
  expect(share('gs:16,1:0.8:scatter')).toBeGreaterThan(1.1 * share('gs:16,1:0.8'));
});

test('says what it is not for', () => {
  expect(prunerOf('gs:16,1:0.8').refuse(matrix(1, 9, 1, new Array<number>(9).fill(1)))).toBe(
    'has 9 weights an output, and a gather takes 16 banks',
  );
});
