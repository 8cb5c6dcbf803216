/** Which way layers take on tensor cores, and what is said of it. Times are estimates, and tests hold their order alone. */
import { describe, expect, test } from 'vitest';
import type { Call } from '../src/graph/graph.ts';
import { nodesById } from '../src/graph/graph.ts';
import { parse } from '../src/graph/parse.ts';
import { typesOf } from '../src/plan/offers.ts';
import type { Prediction, Target, Work } from '../src/target.ts';
import { matrix } from '../src/tensor/matrix.ts';
import { h100 } from '../targets/cuda/devices.ts';
import { estimatedFor } from '../targets/cuda/rates/rates.ts';
import { cuda } from '../targets/cuda/target.ts';
import { elements } from '../targets/cuda/tensor/elements.ts';
import type { Way } from '../targets/cuda/tensor/tiles.ts';
import { ungrouped } from '../targets/cuda/tensor/ungrouped.ts';
import { offersFor } from '../targets/cuda/tensor/ways.ts';
import { maskOf, random } from './cuda-weights.ts';

type Live = (row: number, column: number) => boolean;

const two: Live = (row, column) => (row + column) % 4 < 2;
/** Four of eight, in an order that leaves two of four once columns change places, and as they fall. */
const four: Live = (row, column) => (row + column) % 8 < 4;
const anyFour: Live = (row, column) => {
  const eight = [...'01234567'].map((_, k) => random((row * 128 + (column >> 3)) * 8 + k, 3));
  return eight.filter((v) => v > eight[column % 8]).length < 4;
};
const few: Live = (row, column) => random(row * 1024 + column, 5) > 0.8;
const blocks: Live = (row, column) => random((row >> 4) * 64 + (column >> 4), 7) > 0.6;
const shared: Live = (row, column) => column % 16 < 4 && (row + column) % 2 === 0;

function bestFor(rows: number, columns: number, pixels: number, live: Live): Way {
  const weights = matrix(
    rows,
    columns,
    columns,
    maskOf(rows, columns, (r, c) => (live(r, c) ? 1 : 0)),
  );
  return offersFor({ ...asked(pixels), matrix: weights, sparse: true, room: 163 * 1024 })[0].way;
}

const before = { launches: 1, bytes: 0 };

const asked = (pixels: number) =>
  ({
    size: { pixels, along: 'rows', bytes: 0, before, gather: { pixels, bytes: 0, before } },
    ...{ element: elements.f16, setting: estimatedFor(h100) },
  }) as const;

describe('the best way', () => {
  test('of large layers is that of their weights', () => {
    expect(bestFor(1024, 1024, 8192, () => true)).toBe('dense');
    expect(bestFor(1024, 1024, 8192, two)).toBe('sparse');
    expect(bestFor(1024, 1024, 8192, anyFour)).toBe('extra');
    expect(bestFor(1024, 1024, 8192, four)).toBe('sparse');
    expect(bestFor(1024, 1024, 8192, few)).toBe('gathered');
    expect(bestFor(1024, 1024, 8192, (_, column) => column % 8 < 7)).toBe('dense');
    expect(bestFor(1024, 1024, 8192, blocks)).toBe('blocks');
    expect(bestFor(1024, 1024, 8192, shared)).toBe('gathered');
  });

  test('of groups leaves out what is of others', () => {
    const groups = matrix(512, 144, 16, new Float32Array(512 * 144).fill(1));
    const all = ungrouped(groups, 32);
    if (typeof all === 'string') throw new Error(all);
    const size = { pixels: 12544, along: 'pixels', bytes: 4e7, before } as const;
    expect(offersFor({ ...asked(0), size, matrix: all, sparse: true, room: 163 * 1024 })[0].way).toBe('blocks');
    expect(ungrouped(groups, 512)).toBe(
      'takes groups that have 16777216 places for weights where each row sees all channels, and these have 37748736',
    );
  });

  test('of small layers of 2:4 weights is dense', () => {
    expect(bestFor(64, 64, 196, two)).toBe('dense');
    expect(bestFor(64, 64, 196, four)).toBe('dense');
    expect(bestFor(32, 64, 64, two)).toBe('dense');
  });

  test('without sparse tensor cores is another', () => {
    const weights = matrix(
      256,
      512,
      512,
      maskOf(256, 512, (r, c) => (two(r, c) ? 1 : 0)),
    );
    expect(
      new Set(offersFor({ ...asked(4096), matrix: weights, sparse: false, room: 99 * 1024 }).map((o) => o.way)),
    ).toEqual(new Set(['dense']));
  });
});

function workOf(rows: number, columns: number, pixels: number, encoding: object): Work {
  const graph = parse(`graph one of "one.json"
  %x = input "x" : f32[${pixels}x${columns}]
  %w = input "w" : f32[${rows}x${columns}]
  %b = input "b" : f32[${rows}]
  %y = linear(%x, %w, %b) activation=none : f32[${pixels}x${rows}]
return "y"=%y
`);
  const byId = nodesById(graph);
  const call = byId.get('y') as Call;
  const all = rows * columns;
  const { format, params, share } = encoding as { format: string; params: Record<string, number>; share: number };
  const cost = { bytes: 4 * share * all, multiplies: share * all, lookups: 0, tests: 0 };
  return { call, types: typesOf(call, byId), encoding: { format, params }, cost, reuse: pixels };
}

const predicted = (target: Target, rows: number, columns: number, pixels: number, encoding: object): Prediction =>
  target.predict(workOf(rows, columns, pixels, encoding));

const priced = (target: Target, encoding: object): number => target.price(workOf(4096, 4096, 4096, encoding));

const dense = { format: 'dense', params: {}, share: 1 };
const half = { format: 'nm', params: { n: 2, m: 4 }, share: 0.5 };
const tiles = { format: 'block', params: { r: 16, c: 16 }, share: 0.2 };

describe('what is predicted', () => {
  const f16 = cuda.target({ arithmetic: 'f16' });

  test('says what computes it, how full the GPU is, what moves, and what is padded', () => {
    const { family, use, bound } = predicted(f16, 4096, 4096, 8192, half);
    expect(family).toBe('sparse tensor cores in f16');
    expect(use).toMatchObject({
      tile: '256x128',
      resident: 1,
      occupancy: 0.125,
      registers: expect.any(Number),
      padding: 0,
    });
    expect(use?.bytes).toBeGreaterThan(4 * 8192 * (4096 + 4096));
    expect(['cache', 'tensor cores']).toContain(bound);
    const few = predicted(f16, 4096, 4096, 9, dense).use;
    expect(few?.splits).toBeGreaterThan(1);
    expect(few?.padding).toBeGreaterThan(1);
    expect(predicted(f16, 4096, 4096, 9, dense).bound).toBe('memory');
  });

  test('gives large layers to fewer weights, and small ones to all', () => {
    const ns = (size: number, pixels: number, encoding: object) => predicted(f16, size, size, pixels, encoding).ns;
    expect(ns(4096, 8192, half)).toBeLessThan(ns(4096, 8192, dense));
    expect(ns(4096, 8192, tiles)).toBeLessThan(ns(4096, 8192, dense));
    expect(ns(64, 64, half)).toBeGreaterThan(ns(64, 64, dense));
  });

  test('knows which groups sparse tensor cores take', () => {
    const of = (target: Target, n: number, m: number) =>
      predicted(target, 4096, 4096, 8192, { format: 'nm', params: { n, m }, share: n / m }).family;
    const tf32 = cuda.target({ arithmetic: 'tf32' });
    const [once, twice] = ['sparse tensor cores', 'sparse tensor cores, half of the columns twice'];
    expect([of(f16, 1, 4), of(f16, 2, 8), of(f16, 1, 16), of(f16, 1, 2)]).toEqual(Array(4).fill(`${once} in f16`));
    expect([of(f16, 4, 8), of(f16, 3, 4), of(f16, 6, 8), of(f16, 4, 16)]).toEqual(Array(4).fill(`${twice} in f16`));
    expect([of(tf32, 1, 2), of(tf32, 1, 8)]).toEqual(Array(2).fill(`${once} in tf32`));
    expect([of(tf32, 2, 4), of(tf32, 3, 8)]).toEqual(Array(2).fill(`${twice} in tf32`));
    expect([of(f16, 7, 8), of(f16, 3, 5), of(tf32, 4, 8)].map((family) => family.split(' in ')[0])).toEqual(
      Array(3).fill('tensor cores'),
    );
  });

  test('adds up the phases of transposed convolutions', () => {
    const graph = parse(`graph one of "one.json"
  %x = input "x" : f32[1x32x32x256]
  %w = input "w" : f32[128x3x3x256]
  %b = input "b" : f32[128]
  %y = conv-transpose2d(%x, %w, %b) stride=[2 2] dilation=[1 1] pad=[1 1 0 0] size=[64 64] activation=none : f32[1x64x64x128]
return "y"=%y
`);
    const byId = nodesById(graph);
    const call = byId.get('y') as Call;
    const cost = { bytes: 4 * 294912, multiplies: 294912, lookups: 0, tests: 0 };
    const work = { call, types: typesOf(call, byId), encoding: { format: 'dense', params: {} }, cost, reuse: 1024 };
    const { family, use } = f16.predict(work);
    expect(family).toBe('tensor cores in f16');
    expect(use?.products).toBe(4);
  });

  test('is of f32 where nothing else is asked for, or the layer is small', () => {
    expect(predicted(cuda.target({}), 512, 512, 512, half).family).not.toContain('tensor');
    expect(predicted(f16, 512, 512, 4, half).family).not.toContain('tensor');
    expect(predicted(f16, 512, 512, 512, half).family).toContain('tensor');
  });
});

test('what would be stored with its zeros is not stored sparse', () => {
  const f16 = cuda.target({ arithmetic: 'f16' });
  expect(priced(f16, { format: 'csr', params: { index: 16 }, share: 0.1 })).toBe(Number.POSITIVE_INFINITY);
  expect(priced(f16, half)).toBeLessThan(priced(f16, dense));
  expect(priced(cuda.target({}), { format: 'csr', params: { index: 16 }, share: 0.1 })).toBeLessThan(1e9);
});
