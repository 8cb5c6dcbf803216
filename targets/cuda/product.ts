/** Products of two matrices that are computed, in tiles of 64 by 64 of f32. */
import type { Routine, RoutineCall } from '../../src/plan/kernel.ts';
import type { Product, Side } from '../gpu/products.ts';
import type { Parameter } from './kernel.ts';
import { callOf, real, whole, result as written } from './kernel.ts';

/** What becomes of a sum. */
export interface Finish {
  /** What sets kernels apart. */
  readonly kind: string;
  readonly parameters: readonly Parameter[];
  /** C++ of the result, of `sum`, `outer`, `head`, `row` and `column`. */
  readonly text: string;
  readonly needs?: readonly Routine[];
}

const tile = 64;

/** Along the second and third dimension of a grid. */
export const mostGroups = 65535;

/** result = finish(a · b), or why it is not launched. A sum stays what it is unless something finishes it. */
export function productCall(p: Product, finish?: Finish): RoutineCall | string {
  const { a, b, result, rows, columns, depth, outer, heads } = p;
  const groups = [Math.ceil(columns / tile), Math.ceil(rows / tile), outer * heads];
  if (groups.slice(1).some((count) => count > mostGroups))
    return `takes no ${outer * heads} products of ${rows} by ${columns}`;
  // What lies side by side in memory is brought by neighbours.
  const [aside, bside] = [a.across === 1, b.down === 1];
  return callOf({
    name: [
      'matmul',
      ...(aside ? [] : ['turned']),
      ...(bside ? ['by-turned'] : []),
      ...(finish ? [finish.kind] : []),
    ].join('-'),
    template: 'matmul',
    view: {
      ...{ aRow: aside ? 'i / 16' : 'i % 64', aTerm: aside ? 'i % 16' : 'i / 64' },
      ...{ bColumn: bside ? 'i / 16' : 'i % 64', bTerm: bside ? 'i % 16' : 'i / 64' },
      finish: finish?.text ?? 'sum',
    },
    needs: finish?.needs ?? [],
    parameters: [
      ...sideParameters('a', a),
      ...sideParameters('b', b),
      written('result', result.array),
      ...Object.entries({ to_outer: result.outer, to_head: result.head, to_down: result.down }).map(([name, step]) =>
        whole(name, step),
      ),
      ...Object.entries({ rows, columns, depth, heads }).map(([name, size]) => whole(name, size)),
      ...(finish?.parameters ?? []),
    ],
    ...{ groups, threads: 256 },
  });
}

const sideParameters = (name: string, { array, outer, head, down, across }: Side): readonly Parameter[] => [
  real(name, array),
  ...Object.entries({ outer, head, down, across }).map(([step, size]) => whole(`${name}_${step}`, size)),
];
