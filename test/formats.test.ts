/** The laws in src/formats/format.ts, for every listed format. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Format } from '../src/formats/format.ts';
import { formatNamed, formats } from '../src/formats/index.ts';
import type { Arr, Expr } from '../src/loop/loop.ts';
import { add, assign, declare, local, loop, store } from '../src/loop/loop.ts';
import { run } from '../src/loop/run.ts';
import type { Matrix } from '../src/tensor/matrix.ts';
import { liveness, matrix, wordsOf } from '../src/tensor/matrix.ts';
import type { Numbers } from '../src/tensor/numbers.ts';
import { dtypeOf } from '../src/tensor/numbers.ts';
import type { Params } from '../src/tensor/type.ts';
import { countMasks, largestGroup } from './formats/counted.ts';
import { anyUnits, madeOfUnits } from './formats/units.ts';

const masked = (m: Matrix, mask: readonly number[]): Matrix => ({ ...m, mask: Uint8Array.from(mask) });

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

/** NaN with a payload, among the numbers that weights are likely to be. */
const weight = fc.oneof(
  { weight: 6, arbitrary: fc.constant(0) },
  { weight: 6, arbitrary: fc.float({ noNaN: true, noDefaultInfinity: true }) },
  { weight: 1, arbitrary: fc.constantFrom(-0, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY) },
);

/** Small matrices with runs, masked or not, of which whole blocks and groups may be pruned. */
const anyMatrix: fc.Arbitrary<Matrix> = fc
  .record({
    rows: fc.integer({ min: 1, max: 18 }),
    taps: fc.integer({ min: 1, max: 4 }),
    run: fc.integer({ min: 1, max: 20 }),
  })
  .chain(({ rows, taps, run: width }) => {
    const columns = taps * width;
    const count = rows * columns;
    return fc
      .record({
        data: fc.array(weight, { minLength: count, maxLength: count }),
        mask: fc.option(fc.uint8Array({ min: 0, max: 1, minLength: count, maxLength: count }), { nil: undefined }),
        high: fc.integer({ min: 1, max: 5 }),
        wide: fc.integer({ min: 1, max: 5 }),
        pruned: fc.array(fc.boolean(), { minLength: 1, maxLength: 12 }),
      })
      .map(({ data, mask, high, wide, pruned }): Matrix => {
        const kept = data.map((v, at) => {
          const [row, column] = [Math.floor(at / columns), at % columns];
          return pruned[(Math.floor(row / high) * 5 + Math.floor(column / wide)) % pruned.length] ? 0 : v;
        });
        const m = matrix(rows, columns, width, kept);
        return mask ? masked(m, Array.from(mask)) : m;
      });
  });

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

/** Where a law is broken, if it is. */
function broken(format: Format, params: Params, m: Matrix): string | undefined {
  const packed = format.pack(m, params);
  const bytes = Object.values(packed.parts).reduce((n, part) => n + part.byteLength, 0);
  const cost = format.cost(m, params);
  if (cost.bytes !== bytes) return `costs ${cost.bytes} bytes and takes ${bytes}`;
  const back = format.unpack(packed, params);
  if (back.rows !== m.rows || back.columns !== m.columns || back.run !== m.run) return 'unpacks to other sizes';
  const live = liveness(m);
  const [want, got] = [wordsOf(m.data), wordsOf(back.data)];
  const wrong = live.findIndex((kept, at) => (kept ? want[at] !== got[at] : back.data[at] !== 0));
  if (wrong >= 0) return `unpacks ${back.data[wrong]} for ${m.data[wrong]} at ${wrong}`;
  const visits = walkAll(format, params, m, packed.parts);
  const entries = visits.reduce((n, row) => n + row.length, 0);
  if (entries > cost.multiplies) return `multiplies ${entries} and prices ${cost.multiplies}`;
  return visits.map((row, r) => brokenWalk(m, live, row, r)).find((fault) => fault !== undefined);
}

function brokenWalk(m: Matrix, live: Uint8Array, visits: readonly Visited[], r: number): string | undefined {
  const at = (column: number): number => r * m.columns + column;
  const strayed = visits.find(({ column }) => !(column >= 0 && column < m.columns));
  if (strayed) return `visits column ${strayed.column} of row ${r}`;
  const changed = visits.find(
    ({ column, value }) => !(live[at(column)] ? Object.is(value, m.data[at(column)]) : value === 0),
  );
  if (changed) return `reads ${changed.value} at row ${r}, column ${changed.column}`;
  const seen = new Set(visits.map((v) => v.column));
  if (seen.size < visits.length) return `visits a column of row ${r} twice`;
  for (let column = 0; column < m.columns; column++)
    if (live[at(column)] && !seen.has(column)) return `misses row ${r}, column ${column}`;
  return undefined;
}

interface Visited {
  readonly column: number;
  readonly value: number;
}

/** What a walk of each row visits, found by running its loops. */
function walkAll(
  format: Format,
  params: Params,
  m: Matrix,
  data: Readonly<Record<string, Numbers>>,
): readonly (readonly Visited[])[] {
  const memory = new Map<Arr, Numbers>();
  const keep = (name: string, numbers: Numbers): Arr => {
    const array: Arr = { name, dtype: dtypeOf(numbers), length: numbers.length };
    memory.set(array, numbers);
    return array;
  };
  const parts = Object.fromEntries(Object.entries(data).map(([name, numbers]) => [name, keep(name, numbers)]));
  const room = m.rows * (m.columns + 1);
  const [columns, values, ends] = [new Int32Array(room), new Float32Array(room), new Int32Array(m.rows)];
  const [seenColumn, seenValue, seenEnd] = [keep('columns', columns), keep('values', values), keep('ends', ends)];
  const count = local('count', 'i32');
  const record = (column: Expr, value: Expr) => [
    store(seenColumn, count, column),
    store(seenValue, count, value),
    assign(count, add(count, 1)),
  ];
  const { rows, columns: width, run: together } = m;
  run(
    [
      declare(count, 0),
      ...loop('r', 0, rows, (r) => [
        ...format.walk({ rows, columns: width, run: together, parts }, params, r, record),
        store(seenEnd, r, count),
      ]),
    ],
    memory,
  );
  return Array.from(ends, (end, r) =>
    Array.from(columns.subarray(r === 0 ? 0 : ends[r - 1], end), (column, i) => ({
      column,
      value: values[(r === 0 ? 0 : ends[r - 1]) + i],
    })),
  );
}

const title = (params: Params): string =>
  Object.entries(params)
    .map(([k, v]) => `${k}=${v}`)
    .join(' ');

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
