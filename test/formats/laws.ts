/** The laws in src/formats/format.ts, and matrices to try them with. */
import fc from 'fast-check';
import type { Format } from '../../src/formats/format.ts';
import type { Arr, Expr } from '../../src/loop/loop.ts';
import { add, assign, declare, local, loop, store } from '../../src/loop/loop.ts';
import { run } from '../../src/loop/run.ts';
import type { Matrix } from '../../src/tensor/matrix.ts';
import { liveness, matrix, wordsOf } from '../../src/tensor/matrix.ts';
import type { Numbers } from '../../src/tensor/numbers.ts';
import { dtypeOf } from '../../src/tensor/numbers.ts';
import type { Params } from '../../src/tensor/type.ts';

export const masked = (m: Matrix, mask: readonly number[]): Matrix => ({ ...m, mask: Uint8Array.from(mask) });

/** NaN with a payload, among the numbers that weights are likely to be. */
const weight = fc.oneof(
  { weight: 6, arbitrary: fc.constant(0) },
  { weight: 6, arbitrary: fc.float({ noNaN: true, noDefaultInfinity: true }) },
  { weight: 1, arbitrary: fc.constantFrom(-0, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY) },
);

/** Small matrices with runs, masked or not, of which whole blocks and groups may be pruned. */
export const anyMatrix: fc.Arbitrary<Matrix> = fc
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

/** Where a law is broken, if it is. */
export function broken(format: Format, params: Params, m: Matrix): string | undefined {
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
  const stored = (format.values ?? []).reduce((n, part) => n + packed.parts[part].length, 0);
  if (format.values && !inCodes(params) && stored !== cost.multiplies)
    return `stores ${stored} weights and prices ${cost.multiplies}`;
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
  const [columns, values, ends] = [
    new Int32Array(room),
    m.whole ? new Int32Array(room) : new Float32Array(room),
    new Int32Array(m.rows),
  ];
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

const inCodes = ({ linear, codebook }: Params): boolean => linear !== undefined || codebook !== undefined;

export const title = (params: Params): string =>
  Object.entries(params)
    .map(([k, v]) => `${k}=${v}`)
    .join(' ');
