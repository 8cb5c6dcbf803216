/** Products of two matrices that are computed, many at once: what they read and write is told by how far apart things lie. */
import type { Arr } from '../../src/loop/loop.ts';
import type { KernelSite } from '../../src/plan/kernel.ts';
import type { Shape } from '../../src/tensor/type.ts';
import { elements } from '../../src/tensor/type.ts';
import type { Lines } from './lines.ts';

export interface Side {
  readonly array: Arr;
  /** Its name, where it is an operand of the call. */
  readonly operand?: string;
  /** Elements from one product to the next, in each of two axes of products. */
  readonly outer: number;
  readonly head: number;
  /** Elements from one row to the next, and from one column. */
  readonly down: number;
  readonly across: number;
}

/** result = a · b. */
export interface Product {
  readonly a: Side;
  readonly b: Side;
  /** Columns of the result lie side by side. */
  readonly result: Omit<Side, 'operand' | 'across'>;
  readonly rows: number;
  readonly columns: number;
  readonly depth: number;
  readonly outer: number;
  readonly heads: number;
}

/** Of less, most of a tile would be idle. */
const least = 8;

/** What a `matmul` is, or why it is none that tiles compute. */
export function matmulOf({ call: { op }, types, arrays, result }: KernelSite): Product | string {
  if (op.kind !== 'matmul') return 'takes products of matrices';
  const all = [types.a, types.b, result.type];
  if (all.some(({ layout }) => layout.kind !== 'plain')) return 'takes what is row-major';
  const [rows, columns] = result.type.shape.slice(-2);
  const [p, q] = types.a.shape.slice(-2);
  const depth = op.transposeA ? p : q;
  if (Math.min(rows, columns, depth) < least)
    return `takes ${least} rows, columns and terms, and is given ${rows}, ${columns} and ${depth}`;

  const outer = result.type.shape.slice(0, -2);
  const side = (name: 'a' | 'b', down: number, across: number): Side | string => {
    const { shape } = types[name];
    const apart = apartIn(shape.slice(0, -2), outer, elements(shape.slice(-2)));
    if (apart === undefined) return `takes operands for each product or for all, and "${name}" is for some`;
    return { array: arrays[name], operand: name, outer: apart, head: 0, down, across };
  };
  const a = op.transposeA ? side('a', 1, rows) : side('a', depth, 1);
  const b = op.transposeB ? side('b', 1, depth) : side('b', columns, 1);
  if (typeof a === 'string') return a;
  if (typeof b === 'string') return b;
  const to = { array: result.array, outer: rows * columns, head: 0, down: columns };
  return { a, b, result: to, rows, columns, depth, outer: elements(outer), heads: 1 };
}

/** Elements from one product to the next: so many where an operand has one matrix for each, and 0 where it has one for all. */
function apartIn(own: Shape, outer: Shape, size: number): number | undefined {
  if (elements(own) === 1) return 0;
  return elements(own) === elements(outer) ? size : undefined;
}

/** Attention: where queries, keys and values lie, down from one to the next, and what becomes of a score. */
export interface AttentionSides {
  readonly q: Side;
  readonly k: Side;
  readonly v: Side;
  readonly result: Product['result'];
  readonly queries: number;
  readonly keys: number;
  /** Numbers of a query and a key, and of a value, in each head. */
  readonly deep: number;
  readonly wide: number;
  readonly outer: number;
  readonly heads: number;
  /** What scores are multiplied by. */
  readonly scale: number;
  /** What is added to hide some: elements from one outer product, head, row and column to the next. */
  readonly mask: readonly number[] | undefined;
}

export function attentionOf({ call: { op }, types, arrays, result }: KernelSite): AttentionSides | string {
  if (op.kind !== 'attention') return 'takes attention';
  if ([...Object.values(types), result.type].some(({ layout }) => layout.kind !== 'plain'))
    return 'takes what is row-major';
  const { heads, scale } = op;
  const [n, t, c] = types.q.shape;
  const [, s, e] = types.v.shape;
  const [deep, wide] = [c / heads, e / heads];
  const side = (name: 'q' | 'k' | 'v', count: number, all: number): Side => ({
    ...{ array: arrays[name], operand: name, outer: count * all, head: all / heads, down: all, across: 1 },
  });
  return {
    ...{ q: side('q', t, c), k: side('k', s, c), v: side('v', s, e) },
    result: { array: result.array, outer: t * e, head: wide, down: e },
    ...{ queries: t, keys: s, deep, wide, outer: n, heads, scale, mask: types.mask && maskSteps(types.mask.shape) },
  };
}

/** The same as a product of queries and keys, a softmax along each line of these scores, and a product of the shares and the values. */
export interface AttentionProducts {
  readonly first: Product;
  readonly scores: Arr;
  readonly lines: Lines;
  readonly second: Product;
}

/** Bytes of scores, beyond which they are not held: loops compute one at a time. */
const mostScores = 2 ** 26;

export function productsOf(site: KernelSite, sides: AttentionSides): AttentionProducts | string {
  const { q, k, v, result, queries, keys, deep, wide, outer, heads } = sides;
  const count = outer * heads * queries * keys;
  if (4 * count > mostScores) return `holds scores of ${mostScores} bytes, and these take ${4 * count}`;
  const array = site.scratch('scores', 'f32', count);
  const scores = { array, outer: heads * queries * keys, head: queries * keys, down: keys };
  const turned: Side = { ...k, down: 1, across: k.down };
  return {
    first: { a: q, b: turned, result: scores, rows: queries, columns: keys, depth: deep, outer, heads },
    ...{ scores: array, lines: { count: outer * heads * queries, size: keys, step: 1, inOrder: true } },
    second: { a: { ...scores, across: 1 }, b: v, result, rows: queries, columns: wide, depth: keys, outer, heads },
  };
}

/** Of four axes. A size of 1 repeats. */
function maskSteps(shape: Shape): readonly number[] {
  const missing = 4 - shape.length;
  return [0, 1, 2, 3].map((axis) => {
    const own = axis - missing;
    if (own < 0 || shape[own] === 1) return 0;
    return elements(shape.slice(own + 1));
  });
}
