/** Products of two matrices that are computed, in tiles. */
import type { Argument, KernelSite, Routine, RoutineCall } from '../../../src/plan/kernel.ts';
import type { Product, Side } from '../../gpu/products.ts';
import { declared } from './layer.ts';

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

/** Of an invocation: 4 by 4. */
const sums = [0, 1, 2, 3].flatMap((row) =>
  [0, 1, 2, 3].map((column) => ({ row, column, sum: `s${row}.${'xyzw'[column]}` })),
);

/** Along one dimension of a grid. */
const mostGroups = 65535;

/** Constants lie with the weights. */
export const bufferOf = ({ constant }: KernelSite, name: string | undefined): 'memory' | 'weights' =>
  name !== undefined && constant(name) ? 'weights' : 'memory';

/** result = finish(a · b), or why it is not dispatched. A sum stays what it is unless something finishes it. */
export function productCall(site: KernelSite, p: Product, finish?: Finish): RoutineCall | string {
  const { a, b, result, rows, columns, depth, outer, heads } = p;
  const groups = [Math.ceil(columns / tile), Math.ceil(rows / tile), outer * heads];
  if (groups.some((count) => count > mostGroups)) return `takes no ${outer * heads} products of ${rows} by ${columns}`;
  const side = ({ array, outer, head, down, across }: Side) => [array, outer, head, down, across];
  const args = [
    ...side(a),
    ...side(b),
    ...[result.array, result.outer, result.head, result.down, rows, columns, depth, heads],
    ...(finish?.args ?? []),
  ];
  const [aFrom, bFrom] = [bufferOf(site, a.operand), bufferOf(site, b.operand)];
  const routine: Routine = {
    name: `matmul${aFrom === 'weights' ? '-known' : ''}${bFrom === 'weights' ? '-by-known' : ''}${finish ? `-${finish.kind}` : ''}`,
    template: 'webgpu/kernels/matmul.wgsl.hbs',
    view: { told: declared([...names, ...(finish?.names ?? [])]), aFrom, bFrom, finish: finish?.text ?? 'sum', sums },
    needs: [],
  };
  return { routine, args, groups };
}
