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

/** Attention as a product of queries and keys, a softmax along each line of these scores, and a product of the shares and the values. */
export interface AttentionProducts {
  readonly first: Product;
  readonly scores: Arr;
  readonly lines: Lines;
  readonly second: Product;
  /** What scores are multiplied by. */
  readonly scale: number;
  /** What is added to hide some: elements from one outer product, head, row and column to the next. */
  readonly mask: readonly number[] | undefined;
}

/** Bytes of scores, beyond which they are not held: loops compute one at a time. */
const mostScores = 2 ** 26;

export function attentionOf(site: KernelSite): AttentionProducts | string {
  const { call, types, arrays, result } = site;
  const { op } = call;
  if (op.kind !== 'attention') return 'takes attention';
  if ([...Object.values(types), result.type].some(({ layout }) => layout.kind !== 'plain'))
    return 'takes what is row-major';
  const { heads, scale } = op;
  const [n, t, c] = types.q.shape;
  const [, s, e] = types.v.shape;
  const [deep, wide] = [c / heads, e / heads];
  const count = n * heads * t * s;
  if (4 * count > mostScores) return `holds scores of ${mostScores} bytes, and these take ${4 * count}`;

  const scores = site.scratch('scores', 'f32', count);
  const operand = (name: 'q' | 'k' | 'v', outer: number, head: number, down: number, across: number): Side => ({
    ...{ array: arrays[name], operand: name, outer, head, down, across },
  });
  return {
    first: {
      a: operand('q', t * c, deep, c, 1),
      b: operand('k', s * c, deep, 1, c),
      result: { array: scores, outer: heads * t * s, head: t * s, down: s },
      ...{ rows: t, columns: s, depth: deep, outer: n, heads },
    },
    ...{ scores, scale, lines: { count: n * heads * t, size: s, step: 1, inOrder: true } },
    second: {
      a: { array: scores, outer: heads * t * s, head: t * s, down: s, across: 1 },
      b: operand('v', s * e, wide, e, 1),
      result: { array: result.array, outer: t * e, head: wide, down: e },
      ...{ rows: t, columns: wide, depth: s, outer: n, heads },
    },
    mask: types.mask && maskSteps(types.mask.shape),
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
