/** The loop language: what is computed while loops are built, what they mean, and what is a bug in whoever wrote them. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Arr, BinaryOp, Expr, Stmt } from '../src/loop/loop.ts';
import {
  accumulate,
  add,
  assign,
  binary,
  both,
  cast,
  declare,
  div,
  f32,
  i32,
  less,
  load,
  local,
  loop,
  max,
  min,
  mod,
  mul,
  nest,
  select,
  store,
  sub,
  sum,
  typeOf,
  unary,
  when,
} from '../src/loop/loop.ts';
import { binaryMeaning } from '../src/loop/meaning.ts';
import { namer } from '../src/loop/names.ts';
import { run } from '../src/loop/run.ts';
import type { Numbers } from '../src/tensor/numbers.ts';
import { zeros } from '../src/tensor/numbers.ts';
import type { DType } from '../src/tensor/type.ts';

const seed = 31;
const array = (name: string, dtype: DType, length: number): Arr => ({ name, dtype, length });

/** What an expression computes, without anything folded that `hide` holds back from the builder. */
function compute(e: Expr, before: readonly Stmt[] = []): number {
  const out = array('out', typeOf(e), 1);
  const data = zeros(out.dtype, 1);
  run([...before, store(out, 0, e)], new Map([[out, data]]));
  return data[0];
}

/** The same number, of which the builder knows nothing. */
function hidden(type: 'f32' | 'i32', value: number): { readonly name: Expr; readonly before: Stmt } {
  const name = local('hidden', type);
  return { name, before: declare(name, type === 'f32' ? f32(value) : i32(value)) };
}

function apply(op: BinaryOp, type: 'f32' | 'i32', a: number, b: number): number {
  const [left, right] = [hidden(type, a), hidden(type, b)];
  return compute(binary(op, left.name, right.name), [left.before, right.before]);
}

describe('folding', () => {
  const x = local('x', 'i32');

  test.each<[string, Expr, Expr]>([
    ['2 + 3', add(2, 3), i32(5)],
    ['2 - 3', sub(2, 3), i32(-1)],
    ['-7 / 2 rounds down', div(-7, 2), i32(-4)],
    ['-7 % 2 is not negative', mod(-7, 2), i32(1)],
    ['min and max', min(max(3, 5), 4), i32(4)],
    ['sums wrap around', add(2147483647, 1), i32(-2147483648)],
    ['products wrap around', mul(65536, 65537), i32(65536)],
    ['0 + x', add(0, x), x],
    ['x + 0', add(x, 0), x],
    ['x - 0', sub(x, 0), x],
    ['0 * x', mul(0, x), i32(0)],
    ['1 * x', mul(1, x), x],
    ['x * 1', mul(x, 1), x],
    ['x / 1', div(x, 1), x],
    ['x % 1', mod(x, 1), i32(0)],
    ['sum of nothing', sum(), i32(0)],
    ['cast to what it is', cast('i32', x), x],
  ])('%s', (_name, got, want) => expect(got).toEqual(want));

  test('a float is never folded away: 0 · NaN is NaN, −0 + 0 is 0', () => {
    const y = local('y', 'f32');
    expect(mul(y, f32(0))).toEqual({ kind: 'binary', op: '*', left: y, right: f32(0) });
    expect(add(y, f32(0))).toEqual({ kind: 'binary', op: '+', left: y, right: f32(0) });
  });

  test('a division by 0 is left for whoever runs it', () => {
    expect(div(1, 0)).toEqual({ kind: 'binary', op: '/', left: i32(1), right: i32(0) });
  });

  test('folded and computed numbers are the same', () => {
    const whole = fc.oneof(fc.integer({ min: -9, max: 9 }), fc.integer());
    const ops = fc.constantFrom<BinaryOp>('+', '-', '*', '/', '%', 'min', 'max', '<', '<=', '==', '!=', '&', '|');
    fc.assert(
      fc.property(ops, whole, whole, (op, a, b) => {
        const divisor = op === '/' || op === '%' ? (b & 0x7fffffff) + 1 || 1 : b;
        if (divisor > 2147483647) return;
        expect(compute(binary(op, a, divisor))).toBe(apply(op, 'i32', a, divisor));
      }),
      { seed, numRuns: 2000 },
    );
  });

  test('a loop of one turn is its body', () => {
    expect(loop('i', 3, 4, (i) => [assign(x, i)])).toEqual([assign(x, 3)]);
  });
});

describe('meaning', () => {
  test.each([
    [7, 2, 3, 1],
    [-7, 2, -4, 1],
    [-8, 2, -4, 0],
    [-1, 28, -1, 27],
    [2147483647, 2, 1073741823, 1],
  ])('%d by %d is %d and %d', (a, b, quotient, rest) => {
    expect(apply('/', 'i32', a, b)).toBe(quotient);
    expect(apply('%', 'i32', a, b)).toBe(rest);
  });

  test('/ and % on i32 belong together', () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 1 }), (a, b) => {
        const [quotient, rest] = [apply('/', 'i32', a, b), apply('%', 'i32', a, b)];
        expect(quotient * b + rest).toBe(a);
        expect(rest).toBeGreaterThanOrEqual(0);
        expect(rest).toBeLessThan(b);
      }),
      { seed },
    );
  });

  test.each([
    ['min', Number.NaN, 1, Number.NaN],
    ['min', 1, Number.NaN, 1],
    ['max', Number.NaN, 1, Number.NaN],
    ['max', 1, Number.NaN, 1],
    ['min', -0, 0, -0],
    ['min', 0, -0, 0],
    ['max', -0, 0, -0],
    ['max', 0, -0, 0],
    ['min', 2, 1, 1],
    ['max', 2, 1, 2],
  ] as const)('%s(%d, %d) is %d: the first, unless the second is better', (op, a, b, want) => {
    expect(apply(op, 'f32', a, b)).toBe(want);
  });

  test('f32 is rounded after every operation', () => {
    expect(apply('+', 'f32', 16777216, 1)).toBe(16777216);
    expect(apply('*', 'f32', 16777217, 3)).toBe(50331648);
    expect(apply('/', 'f32', 1, 3)).toBe(Math.fround(1 / 3));
  });

  test('shifts, bits and comparisons of integers', () => {
    expect(apply('<<', 'i32', 1, 31)).toBe(-2147483648);
    expect(apply('>>', 'i32', -1, 28)).toBe(15);
    expect(apply('&', 'i32', 12, 10)).toBe(8);
    expect(apply('|', 'i32', 12, 10)).toBe(14);
    expect(apply('<', 'f32', 1, 2)).toBe(1);
    expect(apply('==', 'f32', Number.NaN, Number.NaN)).toBe(0);
    expect(apply('!=', 'f32', Number.NaN, Number.NaN)).toBe(1);
    expect(compute(unary('popcount', -1))).toBe(32);
    expect(compute(unary('popcount', 0b1011))).toBe(3);
  });

  test('casts drop the fraction, and lose what f32 cannot hold', () => {
    expect(compute(cast('i32', f32(-1.75)))).toBe(-1);
    expect(compute(cast('f32', 16777217))).toBe(16777216);
  });

  test('halves are loaded as the numbers they are', () => {
    const [half, out] = [array('half', 'f16', 2), array('out', 'f16', 1)];
    const memory = new Map<Arr, Numbers>([
      [half, Uint16Array.of(0x3c00, 0x4000)],
      [out, new Uint16Array(1)],
    ]);
    run([store(out, 0, add(load(half, 0), load(half, 1)))], memory);
    expect(memory.get(out)).toEqual(Uint16Array.of(0x4200));
  });

  test('loops count up to their end, and not at all past it', () => {
    const out = array('out', 'i32', 1);
    const total = local('total', 'i32');
    const data = new Int32Array(1);
    run(
      [
        declare(total, 0),
        ...nest([3, 4], ([i, j]) => [when(less(i, j), [accumulate(total, mul(i, j))])]),
        ...loop('k', 5, 2, () => [assign(total, -1)]),
        store(out, 0, total),
      ],
      new Map([[out, data]]),
    );
    expect(data[0]).toBe(1 * 2 + 1 * 3 + 2 * 3);
  });

  test('the end of a loop is computed once, before it', () => {
    const [end, count] = [local('end', 'i32'), local('count', 'i32')];
    const body = [
      declare(end, 3),
      declare(count, 0),
      ...loop('i', 0, end, () => [accumulate(end, 1), accumulate(count, 1)]),
    ];
    expect(compute(count, body)).toBe(3);
  });
});

describe('a bug in whoever wrote the loops', () => {
  const out = array('out', 'i32', 2);
  const runs = (body: readonly Stmt[]) => () => run(body, new Map([[out, new Int32Array(2)]]));
  const v = local('v', 'i32');

  test.each<[string, readonly Stmt[]]>([
    ['store to out[2] is out of bounds (2)', [store(out, 2, 0)]],
    ['store to out[-1] is out of bounds (2)', [store(out, -1, 0)]],
    ['load of out[2] is out of bounds (2)', [store(out, 0, load(out, 2))]],
    // Both sides of a select are computed.
    ['load of out[9] is out of bounds (2)', [store(out, 0, select(less(load(out, 0), 1), 1, load(out, 9)))]],
    ['"v" is used where it is not declared', [store(out, 0, v)]],
    ['"v" is used where it is not declared', [assign(v, 0)]],
    ['"v" is used where it is not declared', [...loop('i', 0, 2, () => [declare(v, 1)]), store(out, 0, v)]],
    ['"v" is used where it is not declared', [declare(v, add(v, 1))]],
    ['"v" is declared twice', [declare(v, 0), declare(v, 1)]],
    ['"v" is declared twice', [declare(v, 0), ...loop('i', 0, 2, () => [declare(v, 1)])]],
    ['"v" is i32 and is given f32', [declare(v, f32(1))]],
    ['"/" takes divisors above zero and is given 0', [store(out, 0, div(load(out, 0), load(out, 1)))]],
    ['"%" takes divisors above zero and is given -3', [store(out, 0, mod(load(out, 0), i32(-3)))]],
    ['3000000000 is cast to i32', [store(out, 0, cast('i32', f32(3e9)))]],
    ['NaN is cast to i32', [store(out, 0, cast('i32', f32(Number.NaN)))]],
    ['no memory for "lost"', [store(array('lost', 'f32', 1), 0, f32(0))]],
  ])('%s', (message, body) => expect(runs(body)).toThrow(message));

  test('numbers that are no i32, and mixed types', () => {
    expect(() => i32(0.5)).toThrow('0.5 is no i32');
    expect(() => i32(2 ** 32)).toThrow('4294967296 is no i32');
    expect(i32(0xffffffff)).toEqual(i32(-1));
    expect(() => add(v, f32(1))).toThrow('"+" of i32 and f32');
    expect(() => both(local('y', 'f32'), v)).toThrow('"&" of f32 and i32');
    expect(() => binaryMeaning.f32['&'](1, 1)).toThrow('"&" takes integers');
    expect(() => binaryMeaning.f32.quotient(1, 1)).toThrow('"quotient" takes integers');
  });
});

test('names are readable, unlike each other, and not reserved', () => {
  const [a, b, c] = [local('i', 'i32'), local('i', 'i32'), local('for', 'i32')];
  const name = namer(['for', 'i1']);
  expect([name(a), name(b), name(c), name(a)]).toEqual(['i', 'i2', 'for1', 'i']);
});
