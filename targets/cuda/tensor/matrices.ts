/** Products on tensor cores of two matrices that are computed. */
import type { RoutineCall } from '../../../src/plan/kernel.ts';
import type { Product, Side } from '../../gpu/products.ts';
import type { Device } from '../devices.ts';
import { h100 } from '../devices.ts';
import type { Parameter } from '../kernel.ts';
import { callOf, real, whole, result as written } from '../kernel.ts';
import type { Finish } from '../product.ts';
import { mostGroups } from '../product.ts';
import type { Element } from './elements.ts';

import { inWord } from './narrowing.ts';
import { loadMatrices, multiplyDense } from './product.ts';
import type { Lying } from './tile-copies.ts';
import { tileCopies } from './tile-copies.ts';

/** What a block and a warp compute. */
export interface MatrixTile {
  readonly rows: number;
  readonly columns: number;
  readonly rowsPerWarp: number;
  readonly columnsPerWarp: number;
}

/** The largest first. */
export const matrixTiles: readonly MatrixTile[] = [
  { rows: 128, columns: 128, rowsPerWarp: 64, columnsPerWarp: 32 },
  { rows: 64, columns: 64, rowsPerWarp: 32, columnsPerWarp: 32 },
  { rows: 32, columns: 32, rowsPerWarp: 16, columnsPerWarp: 16 },
];

const groupsOf = ({ rows, columns, outer, heads }: Product, tile: MatrixTile): readonly number[] => [
  Math.ceil(columns / tile.columns),
  Math.ceil(rows / tile.rows),
  outer * heads,
];

/** The largest of which there are blocks for a whole GPU, or else the smallest. */
export const tileFor = (product: Product, { processors }: Pick<Device, 'processors'> = h100): MatrixTile =>
  matrixTiles.find((tile) => groupsOf(product, tile).reduce((all, n) => all * n, 1) >= processors) ??
  matrixTiles[matrixTiles.length - 1];

/** A tile of one side: lines are rows of a and columns of b, and `step` is between those things that are not side by side. */
interface Brought {
  readonly lying: Lying;
  readonly step: number;
  /** Whether fours of neighbouring numbers are always aligned, and there or not. */
  readonly aligned: boolean;
}

const brought = ({ outer, head }: Side, line: number, term: number, lines: number, terms: number): Brought => {
  const [lying, step, together]: readonly [Lying, number, number] =
    term === 1 ? ['lines', line, terms] : ['turned', term, lines];
  return { lying, step, aligned: [outer, head, step, together].every((n) => n % 4 === 0) };
};

/** result = finish(a · b), or why it is not launched. A sum stays what it is unless something finishes it. */
export function tensorProductCall(
  p: Product,
  element: Element,
  finish?: Finish,
  tile: MatrixTile = tileFor(p),
): RoutineCall | string {
  const { rows, columns, depth, heads, outer } = p;
  const groups = groupsOf(p, tile);
  if (groups.slice(1).some((count) => count > mostGroups))
    return `takes no ${outer * heads} products of ${rows} by ${columns}`;
  const a = brought(p.a, p.a.down, p.a.across, rows, depth);
  const b = brought(p.b, p.b.across, p.b.down, columns, depth);
  const threads = 32 * (tile.rows / tile.rowsPerWarp) * (tile.columns / tile.columnsPerWarp);
  const words = ({ lying, aligned }: Brought): string => `${lying}${aligned ? '' : '-ragged'}`;
  return callOf({
    name: [
      ...['matrices', element.name, `${tile.rows}x${tile.columns}`, words(a), words(b)],
      ...(finish ? [finish.kind] : []),
    ].join('-'),
    template: 'tensor/matrices',
    view: {
      ...{ ...tile, type: element.name, inWord: inWord(element), finish: finish?.text ?? 'sum' },
      ...{ a: a.lying, aAligned: a.aligned, b: b.lying, bAligned: b.aligned },
    },
    needs: [
      ...[tileCopies(a.lying, element), tileCopies(b.lying, element)],
      ...[loadMatrices, multiplyDense(element), ...(finish?.needs ?? [])],
    ],
    parameters: [
      ...sideTold('a', p.a, a.step),
      ...sideTold('b', p.b, b.step),
      written('result', p.result.array),
      ...Object.entries({ to_outer: p.result.outer, to_head: p.result.head, to_down: p.result.down }).map(
        ([name, step]) => whole(name, step),
      ),
      ...Object.entries({ rows, columns, depth, heads }).map(([name, size]) => whole(name, size)),
      ...(finish?.parameters ?? []),
    ],
    ...{ groups, threads },
  });
}

const sideTold = (name: string, { array, outer, head }: Side, step: number): readonly Parameter[] => [
  real(name, array),
  ...Object.entries({ outer, head, step }).map(([of, size]) => whole(`${name}_${of}`, size)),
];
