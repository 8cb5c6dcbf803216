/** The laws in src/formats/format.ts, for every listed format. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatNamed, formats } from '../src/formats/index.ts';
import type { Matrix } from '../src/tensor/matrix.ts';
import { liveness, matrix, wordsOf } from '../src/tensor/matrix.ts';
import type { Params } from '../src/tensor/type.ts';
import { countMasks, largestGroup } from './formats/counted.ts';
import { anyMatrix, broken, masked, title } from './formats/laws.ts';
import { anyUnits, madeOfUnits } from './formats/units.ts';

/** One row of `columns` with weights at these. */
const spread = (at: readonly number[], columns: number): Matrix =>
  matrix(
    1,
    columns,
    columns,
    Array.from({ length: columns }, (_, c) => (at.includes(c) ? c + 1 : 0)),
  );

const samples: Readonly<Record<string, Matrix>> = {
  ...madeOfUnits,
  'all zero': matrix(2, 4, 4, [0, 0, 0, 0, 0, 0, 0, 0]),
  full: matrix(2, 2, 2, [1, 2, 3, 4]),
  'one weight': matrix(1, 1, 1, [5]),
  'empty rows': matrix(5, 4, 4, [0, 0, 0, 0, 0, 1, 0, 2, 0, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0]),
  '2 of 4': matrix(2, 8, 8, [0, 1, 2, 0, 0, 0, 3, 4, 5, 6, 0, 0, 0, 7, 0, 8]),
  'runs of 3': matrix(2, 9, 3, [1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 4, 0, 5, 0, 0, 0, 0, 0]),
  'ragged blocks': matrix(3, 5, 5, [1, 2, 0, 0, 5, 3, 4, 0, 0, 6, 0, 0, 0, 0, 7]),
  'NaN, −0, infinities': matrix(2, 4, 2, [
    Number.NaN,
    -0,
    Number.POSITIVE_INFINITY,
    0,
    0,
    Number.NEGATIVE_INFINITY,
    0,
    0,
  ]),
  'kept zeros': masked(matrix(2, 4, 4, [0, -0, 3, 0, 0, 0, 0, 0]), [1, 1, 0, 0, 0, 0, 0, 1]),
  'weights under a mask': masked(matrix(2, 3, 3, [1, 2, 3, 4, 5, 6]), [1, 0, 0, 0, 1, 0]),
  'gaps of 254 to 513': spread([0, 255, 511, 768, 1026, 1538, 2051], 2052),
  'a first gap of 256': spread([256, 2051], 2052),
};

/** Parameters that fit beyond those that detection proposes. */
const extra: Readonly<Record<string, (m: Matrix) => readonly Params[]>> = {
  csr: () => [{ index: 8 }, { index: 16 }, { index: 32 }],
  block: () => Array.from({ length: 256 }, (_, i) => ({ r: (i >> 4) + 1, c: (i & 15) + 1 })),
  vec: () => [1, 2, 3, 4, 7, 8, 16].map((r) => ({ r })),
  punched: () => [1, 3, 4, 8, 32].flatMap((f) => [1, 2, 3, 4, 64].map((c) => ({ f, c }))),
  pattern: (m) => (m.columns / m.run > 32 ? [] : [{ patterns: countMasks(m) }]),
  gs: (m) => [
    { b: 1, k: 1, scatter: 0 },
    { b: 1, k: 1, scatter: 1 },
    ...[2, 3, 4, 6].flatMap((b) =>
      Array.from({ length: b }, (_, i) => i + 1)
        .filter((k) => b % k === 0 && isBalanced(m, b, b / k))
        .map((k) => ({ b, k, scatter: 0 })),
    ),
  ],
  stretched: (m) =>
    [
      { across: m.columns / m.run, dy: 1, dx: 1, pitch: m.columns / m.run, plane: m.columns / m.run },
      { across: m.columns / m.run, dy: 3, dx: 2, pitch: 2 * (m.columns / m.run) + 3, plane: 100 },
      { across: 1, dy: 2, dx: 1, pitch: 7, plane: 14 * (m.columns / m.run) },
      { across: 1, dy: 1, dx: 1, pitch: 300, plane: 400 * (m.columns / m.run) },
    ].filter((params) => params.plane >= params.pitch),
  union: () => [1, 2, 4, 8, 16].flatMap((r) => [1, 2, 4, 8, 16].map((c) => ({ r, c }))),
  nm: (m) =>
    [2, 3, 4, 5, 6, 7, 8, 12, 16].flatMap((width) =>
      [1, 2, 3, 4]
        .filter((n) => n < width && (width <= 8 || n === 1) && largestGroup(m, width) <= n)
        .flatMap((n) => [
          { n, m: width, rank: 0 },
          { n, m: width, rank: 1 },
        ]),
    ),
};

/** Whether in each group of `height` rows all rows have as many entries, and all columns mod `banks`. */
function isBalanced(m: Matrix, banks: number, height: number): boolean {
  if (m.rows % height !== 0) return false;
  const live = liveness(m);
  for (let first = 0; first < m.rows; first += height) {
    const [rows, columns] = [new Int32Array(height), new Int32Array(banks)];
    for (let at = first * m.columns; at < (first + height) * m.columns; at++) {
      rows[Math.floor(at / m.columns) - first] += live[at];
      columns[(at % m.columns) % banks] += live[at];
    }
    if (new Set(rows).size > 1 || new Set(columns).size > 1) return false;
  }
  return true;
}

describe.each(formats.map((format) => ({ name: format.name, format })))('$name', ({ name, format }) => {
  const others = extra[name] ?? (() => []);

  test.each(Object.entries(samples))('%s', (_, m) => {
    const params = [...format.detect(m).fits, ...others(m)];
    if (name === 'smartdeal' || !m.units) expect(params.length > 0).toBe(name !== 'smartdeal' || m.units !== undefined);
    const faults = params.flatMap((p) => {
      const fault = broken(format, p, m);
      return fault ? [`${title(p)}: ${fault}`] : [];
    });
    expect(faults).toEqual([]);
  });

  test('any matrix', () => {
    fc.assert(
      fc.property(anyMatrix, fc.nat(), (m, pick) => {
        const { fits } = format.detect(m);
        for (const params of fits) expect(broken(format, params, m)).toBeUndefined();
        const more = others(m);
        if (more.length > 0) expect(broken(format, more[pick % more.length], m)).toBeUndefined();
      }),
      { numRuns: 150 },
    );
  });

  test('any weights made of units', () => {
    fc.assert(
      fc.property(anyUnits, (m) => {
        for (const params of format.detect(m).fits) expect(broken(format, params, m)).toBeUndefined();
      }),
      { numRuns: name === 'smartdeal' ? 120 : 3, seed: 5 },
    );
  });

  test('refuses with a reason, and never what it also accepts', () => {
    fc.assert(
      fc.property(anyMatrix, (m) => {
        const { fits, refused } = format.detect(m);
        const accepted = new Set(fits.map(title));
        for (const { params, reason } of refused) {
          expect(accepted).not.toContain(title(params));
          expect(reason).toMatch(/^[a-z].*\d.*[^.]$/);
        }
        expect(accepted.size).toBe(fits.length);
      }),
      { numRuns: 60 },
    );
  });
});

test('dense comes first, names are unique', () => {
  expect(formats[0].name).toBe('dense');
  expect(new Set(formats.map((f) => f.name)).size).toBe(formats.length);
  for (const format of formats) expect(formatNamed(format.name)).toBe(format);
  expect(formatNamed('toString')).toBeUndefined();
});

test('the payload of a NaN survives', () => {
  const m = matrix(1, 4, 4, [0, 1, 0, 0]);
  wordsOf(m.data)[1] = 0xffa12345;
  for (const format of formats)
    for (const params of format.detect(m).fits)
      expect(wordsOf(format.unpack(format.pack(m, params), params).data)[1].toString(16)).toBe('ffa12345');
});
