/** Products of two matrices that are computed, in tiles, many at once: what they read and write is told by how far apart things lie. */
import type { Arr } from '../../../src/loop/loop.ts';
import type { Argument, Routine, RoutineCall } from '../../../src/plan/kernel.ts';
import { declared } from './layer.ts';

export interface Side {
  readonly array: Arr;
  /** Where it lies: constants are with the weights. */
  readonly buffer: 'memory' | 'weights';
  /** Elements from one product to the next, in each of two axes of products. */
  readonly outer: number;
  readonly head: number;
  /** Elements from one row to the next, and from one column. */
  readonly down: number;
  readonly across: number;
}

/** result = finish(a · b). */
export interface Product {
  readonly a: Side;
  readonly b: Side;
  /** Columns of the result lie side by side. */
  readonly result: Omit<Side, 'buffer' | 'across'>;
  readonly rows: number;
  readonly columns: number;
  readonly depth: number;
  readonly outer: number;
  readonly heads: number;
  /** What becomes of a sum; it stays unless given. */
  readonly finish?: Finish;
}

export interface Finish {
  /** What sets shaders apart. */
  readonly kind: string;
  readonly names: readonly string[];
  readonly args: readonly Argument[];
  /** WGSL of the result, of `sum`, `outer`, `head`, `row` and `column`. */
  readonly text: string;
}

const names = [
  ...['a', 'a_outer', 'a_head', 'a_down', 'a_across', 'b', 'b_outer', 'b_head', 'b_down', 'b_across'],
  ...['result', 'to_outer', 'to_head', 'to_down', 'rows', 'columns', 'depth', 'heads'],
];

const tile = 32;

/** Along one dimension of a grid. */
const mostGroups = 65535;

/** Or why it is not dispatched. */
export function productCall(p: Product): RoutineCall | string {
  const { a, b, result, rows, columns, depth, outer, heads, finish } = p;
  const groups = [Math.ceil(columns / tile), Math.ceil(rows / tile), outer * heads];
  if (groups.some((count) => count > mostGroups)) return `takes no ${outer * heads} products of ${rows} by ${columns}`;
  const side = ({ array, outer, head, down, across }: Side) => [array, outer, head, down, across];
  const args = [
    ...side(a),
    ...side(b),
    ...[result.array, result.outer, result.head, result.down, rows, columns, depth, heads],
    ...(finish?.args ?? []),
  ];
  const routine: Routine = {
    name: `matmul${a.buffer === 'weights' ? '-known' : ''}${b.buffer === 'weights' ? '-by-known' : ''}${finish ? `-${finish.kind}` : ''}`,
    template: 'webgpu/kernels/matmul.wgsl.hbs',
    view: {
      told: declared([...names, ...(finish?.names ?? [])]),
      aFrom: a.buffer,
      bFrom: b.buffer,
      finish: finish?.text ?? 'sum',
    },
    needs: [],
  };
  return { routine, args, groups };
}
