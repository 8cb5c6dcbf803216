/**
 * Products of few panels are shared in cells: some neighbouring rows of one panel. The weights of these rows are packed in
 * parts of their own, which begin where the share of a thread does if all threads are to have as many weights. A panel that
 * two threads work on is laid out by each.
 */
import { groupsOf } from '../../src/formats/alike.ts';
import type { Argument, KernelSite, Routine, RoutineCall } from '../../src/plan/kernel.ts';
import type { Matrix } from '../../src/tensor/matrix.ts';
import { liveness } from '../../src/tensor/matrix.ts';
import type { Encoding, Shape } from '../../src/tensor/type.ts';
import { panelsOf, pictureOf } from '../../src/tensor/type.ts';
import type { Ending } from './ending.ts';
import { helper, lanes } from './panels.ts';
import { allPanels } from './ranges.ts';
import type { CpuRoutine } from './routine.ts';
import { call, identifierOf } from './routine.ts';
import { rowsFor, rowsNameFor } from './rows.ts';
import { panelShares, unevenness, wholePanel } from './shares.ts';
import { isMade } from './units.ts';

export interface RowParts {
  readonly routine: Routine;
  readonly parts: readonly RowPart[];
  /** Where parts begin in the work on a panel: see shares.ts. */
  readonly shares: readonly number[];
}

type RowPart = ReturnType<typeof rowsFor> & { readonly first: number; readonly rows: number };

/** Parts begin at multiples of so many rows, so that those which share columns stay together. */
const unitOf = ({ format, params }: Encoding): number => (format === 'vec' ? Math.max(8, Number(params.r)) : 8);

/** What a row takes beside its weights, in weights. */
const overhead = 4;

/** Panels that are not shared out evenly take so much longer at most. */
const unevenMost = 1.05;

interface Product {
  readonly matrix: Matrix;
  readonly encoding: Encoding;
  readonly activation: string;
  /** Of the result. */
  readonly to: Shape;
  /** Whether a last panel of few pixels takes as long as any other. */
  readonly wholePanels: boolean;
}

/** The pixels that shares are counted by. */
function weighed({ to, wholePanels }: Pick<Product, 'to' | 'wholePanels'>) {
  const { images, pixels } = pictureOf(to);
  return { images, pixels: wholePanels ? panelsOf(to, lanes) * lanes : pixels };
}

/** The parts of a product that is better shared by rows than by panels; undefined for others. */
export function rowPartsFor(
  site: KernelSite,
  product: Product,
  width: number,
  read?: ArrayLike<number>,
): RowParts | undefined {
  const { threads = 1 } = site;
  const { matrix, encoding, activation } = product;
  const { images, pixels } = weighed(product);
  if (threads === 1 || activation === 'prelu' || unevenness(images, pixels, threads) <= unevenMost) return undefined;
  const shares = panelShares(images, pixels, threads);
  if (shares.length === 2 || !stayTogether(matrix, encoding)) return undefined;
  const firsts = firstRows(matrix, encoding, shares);
  const name = rowsNameFor(matrix, encoding);
  const cut = firsts.slice(0, -1).map((first, i) => ({ first, of: rowsOf(matrix, first, firsts[i + 1] - first) }));
  if (cut.some(({ of }) => of.rows === 0 || rowsNameFor(of, encoding) !== name)) return undefined;
  const parts = cut.map(
    ({ first, of }): RowPart => ({ first, rows: of.rows, ...rowsFor(site, of, encoding, width, read) }),
  );
  return { routine: parts[0].routine, parts, shares };
}

/** Whether no rows that share columns are parted, nor what weights are made of. */
function stayTogether(matrix: Matrix, encoding: Encoding): boolean {
  const { format, params } = encoding;
  if (isMade(encoding, matrix)) return false;
  const size = Number(params.r);
  if (format !== 'vec' || matrix.rows % size !== 0) return true;
  const begins = (row: number): boolean => row % size === 0;
  return (
    begins(unitOf({ format, params })) &&
    groupsOf(matrix, size).every((row, at, all) => (begins(at) ? begins(row) : row === all[at - 1] + 1))
  );
}

/** Where each part begins, and where the last one ends. */
function firstRows(matrix: Matrix, encoding: Encoding, shares: readonly number[]): readonly number[] {
  const live = liveness(matrix);
  const unit = unitOf(encoding);
  const upTo = [0];
  for (let first = 0; first < matrix.rows; first += unit) {
    const end = Math.min(first + unit, matrix.rows);
    const entries = live.subarray(first * matrix.columns, end * matrix.columns);
    const weights = encoding.format === 'dense' ? entries.length : entries.reduce((sum, one) => sum + one, 0);
    upTo.push(upTo[upTo.length - 1] + weights + (end - first) * overhead);
  }
  const total = upTo[upTo.length - 1];
  return shares.map((share) => {
    const apart = upTo.map((sum) => Math.abs(sum - (total * share) / wholePanel));
    return Math.min(matrix.rows, unit * apart.indexOf(Math.min(...apart)));
  });
}

/** Some rows of a matrix, as one of their own. */
function rowsOf({ data, mask, ...matrix }: Matrix, first: number, rows: number): Matrix {
  const [begin, end] = [first * matrix.columns, (first + rows) * matrix.columns];
  return { ...matrix, rows, data: data.subarray(begin, end), ...(mask && { mask: mask.subarray(begin, end) }) };
}

/** The call of a convolution's routine that has its rows in parts. `members` are those of the struct of `whole`. */
export function callInParts(
  whole: CpuRoutine,
  stem: 'conv-1x1' | 'conv-taps',
  { routine: rows, parts, shares }: RowParts,
  { ending, ...product }: Pick<Product, 'to' | 'wholePanels'> & { readonly ending: Ending },
  members: Readonly<Record<string, Argument>>,
): RoutineCall {
  const name = `${stem}-parts${rows.name.replace('rows', '')}${ending.suffix}`;
  const finish = ending.finish('to', 'part->rows');
  const both = ending.finish('to + y_step', 'part->rows');
  const given: Readonly<Record<string, Argument>> = {
    ...Object.fromEntries(Object.entries(members).map(([member, argument]) => [`conv.${member}`, argument])),
    first_cell: 0,
    end_cell: parts.length * allPanels(product.to),
    ...Object.fromEntries(parts.flatMap((part, i) => partMembers(part, `parts[${i}]`))),
  };
  const routine: CpuRoutine = {
    name,
    template: `cpu/kernels/${stem}-parts.c.hbs`,
    view: {
      name: name.replaceAll('-', '_'),
      rows: identifierOf(rows),
      most: parts.length,
      finish: finish === '' ? '' : `\n        ${finish}`,
      finishBoth: finish === '' ? '' : `\n        if (both) ${both}`,
    },
    needs: [...whole.needs, structOf(whole, parts.length)],
    struct: `${whole.struct}_parts`,
    members: Object.keys(given).join(' '),
  };
  return { ...call(routine, given), cells: { ...weighed(product), shares } };
}

const partMembers = ({ stream, first, rows }: RowPart, at: string): readonly (readonly [string, Argument])[] => [
  ...Object.entries<Argument>(stream).map(([name, argument]) => [`${at}.stream.${name}`, argument] as const),
  [`${at}.first`, first],
  [`${at}.rows`, rows],
];

const structOf = ({ struct }: CpuRoutine, most: number): Routine => ({
  name: `${struct.replaceAll('_', '-')}-parts-struct`,
  template: 'cpu/kernels/conv-parts-struct.c.hbs',
  view: { struct, most },
  needs: [helper('part-struct', [helper('stream', [])])],
});
