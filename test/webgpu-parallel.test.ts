/** Which loops become invocations: those that are proved to touch nothing that another one writes, and no others. */
import { describe, expect, test } from 'vitest';
import type { Arr, Expr, Stmt, Var } from '../src/loop/loop.ts';
import { add, assign, declare, div, f32, load, local, loop, mod, mul, nest, store, sub } from '../src/loop/loop.ts';
import { gridsOf } from '../targets/gpu/parallel.ts';

const array = (name: string): Arr => ({ name, dtype: 'f32', length: 1000 });
const [x, y] = [array('x'), array('y')];

/** How many invocations each grid has, the axis that changes fastest first. */
const counts = (body: readonly Stmt[]): readonly (readonly number[])[] =>
  gridsOf(body).map(({ axes }) => axes.map((axis) => axis.count));

const copyTo = (place: (indices: readonly Expr[]) => Expr, sizes: readonly number[]): readonly Stmt[] =>
  nest(sizes, (indices) => [store(y, place(indices), load(x, indices[0]))]);

describe('loops become invocations', () => {
  test('where each has a place of its own, neighbours in memory side by side', () => {
    expect(counts(copyTo(([i, j]) => add(mul(i, 5), j), [3, 5]))).toEqual([[5, 3]]);
    expect(counts(copyTo(([i, j]) => add(mul(j, 3), i), [3, 5]))).toEqual([[3, 5]]);
  });

  test('where a quotient and a rest are those of one counter', () => {
    const tiles = copyTo(
      ([i, j]) => {
        const flat = add(mul(i, 4), j);
        return add(mul(div(flat, 8), 8), mod(flat, 8));
      },
      [2, 4],
    );
    expect(counts(tiles)).toEqual([[4, 2]]);
  });

  test('where an invocation reads again what it alone has written', () => {
    const body = loop('i', 0, 6, (i) => [
      ...loop('k', 0, 4, (k) => [store(y, add(mul(i, 4), k), f32(1))]),
      ...loop('k', 0, 4, (k) => [store(y, add(mul(i, 4), k), load(y, add(mul(i, 4), k)))]),
    ]);
    expect(counts(body)).toEqual([[6]]);
  });

  test('where outer loops declare what stays the same in the inner ones', () => {
    const turns = (inner: (total: Var) => readonly Stmt[]) =>
      loop('i', 0, 6, (i) => {
        const total = local('total', 'f32');
        return [
          declare(total, load(x, i)),
          ...loop('j', 0, 4, (j) => [store(y, add(mul(i, 4), j), total), ...inner(total)]),
        ];
      });
    expect(counts(turns(() => []))).toEqual([[4, 6]]);
    expect(counts(turns((total) => [assign(total, f32(2))]))).toEqual([[6]]);
  });

  test('where a statement before them declares what they use, and they do not change it', () => {
    const total = local('total', 'f32');
    expect(counts([declare(total, f32(1)), ...loop('i', 0, 6, (i) => [store(y, i, total)])])).toEqual([[6]]);
    const changed = loop('i', 0, 6, (i) => [assign(total, f32(2)), store(y, i, total)]);
    expect(counts([declare(total, f32(1)), ...changed])).toEqual([[]]);
  });

  test('one grid after the other where loops follow each other', () => {
    expect(counts([...copyTo(([i]) => i, [7]), ...copyTo(([i]) => i, [9])])).toEqual([[7], [9]]);
    const ones = [store(y, 7, f32(1)), store(y, 8, f32(1))];
    expect(counts([...copyTo(([i]) => i, [7]), ...ones, ...copyTo(([i]) => i, [9])])).toEqual([[7], [], [9]]);
  });
});

describe('loops stay loops', () => {
  test('where places meet', () => {
    expect(counts(copyTo(([i, j]) => add(i, j), [3, 5]))).toEqual([[]]);
    expect(counts(copyTo(([i, j]) => add(mul(i, 4), j), [3, 5]))).toEqual([[]]);
    expect(counts(copyTo(([i]) => div(i, 2), [6]))).toEqual([[]]);
    expect(counts(loop('i', 0, 6, () => [store(y, 0, f32(1))]))).toEqual([[]]);
  });

  test('where one turn reads what another has written', () => {
    expect(counts(loop('i', 1, 6, (i) => [store(y, i, load(y, sub(i, 1)))]))).toEqual([[]]);
    const shifted = loop('i', 0, 6, (i) => [
      store(y, i, f32(0)),
      ...loop('k', 0, 2, (k) => [store(y, add(i, k), f32(1))]),
    ]);
    expect(counts(shifted)).toEqual([[]]);
  });

  test('where nobody knows the place', () => {
    const index: Arr = { name: 'index', dtype: 'i32', length: 9 };
    expect(counts(loop('i', 0, 9, (i) => [store(y, load(index, i), f32(1))]))).toEqual([[]]);
  });

  test('the inner ones, where only the outer are apart', () => {
    const rows = loop('i', 0, 6, (i) =>
      loop('k', 1, 4, (k) => [store(y, add(mul(i, 4), k), load(y, add(mul(i, 4), sub(k, 1))))]),
    );
    expect(counts(rows)).toEqual([[]]);
  });

  test('where several share what a statement before them declares', () => {
    const total = local('total', 'f32');
    const one = () => loop('i', 0, 6, (i) => [store(y, i, total)]);
    expect(counts([declare(total, f32(1)), ...one(), ...one()])).toEqual([[]]);
  });
});
