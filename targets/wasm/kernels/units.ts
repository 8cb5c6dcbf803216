/**
 * Weights made of units of powers of two are stored as such, and made once, at load: unit-filter.wat.hbs says how they lie.
 * What runs is what runs for other weights.
 */
import { smartdeal } from '../../../src/formats/smartdeal.ts';
import type { Arr } from '../../../src/loop/loop.ts';
import type { Argument, KernelSite, Routine } from '../../../src/plan/kernel.ts';
import type { Piece } from '../../../src/plan/plan.ts';
import type { Matrix } from '../../../src/tensor/matrix.ts';
import type { Numbers } from '../../../src/tensor/numbers.ts';
import { bytesOf } from '../../../src/tensor/numbers.ts';
import { expandRows } from './expand-rows.ts';
import { headBytes } from './stored.ts';

const unitFilter: Routine = {
  name: 'unit-filter',
  template: 'wasm/kernels/unit-filter.wat.hbs',
  view: {},
  needs: [],
};

const expandFilters: Routine = {
  name: 'expand-filters',
  template: 'wasm/kernels/expand-filters.wat.hbs',
  view: {},
  needs: [unitFilter],
};

const expandUnits: Routine = {
  name: 'expand-units',
  template: 'wasm/kernels/expand-units.wat.hbs',
  view: {},
  needs: [unitFilter, expandRows],
};

/** The units of a matrix in one piece, or nothing where it is made of none. */
function unitBytes(matrix: Matrix): Uint8Array<ArrayBuffer> | undefined {
  const [params] = smartdeal.detect(matrix).fits;
  if (!params) return undefined;
  const { rows, codes, basis, step, tab } = smartdeal.pack(matrix, params).parts;
  const pieces: readonly Numbers[] = [tab, basis, step, rows, codes];
  const width = step instanceof Uint16Array ? 16 : Math.max(1, Math.ceil(Math.log2(tab.length)));
  const places = pieces.map((_, i) => 4 * words + pieces.slice(0, i).reduce((sum, p) => sum + p.byteLength, 0));
  const head = Int32Array.of(
    ...[matrix.columns, matrix.run, params.kernels, params.rows, params.units, params.group, width],
    ...[...places, Math.ceil((params.units * params.rows) / 8)],
  );
  // A place in tab is read as two bytes.
  return joined([bytesOf(head), ...pieces.map(bytesOf), new Uint8Array(1)]);
}

/** Words before the first piece. */
const words = 13;

function joined(pieces: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}

/** What is stored, and the call that makes an array of it. */
interface Units {
  readonly pieces: readonly Piece[];
  readonly scratch: number;
  readonly routine: Routine;
  /** Those after the places of what is read and written. */
  readonly args: readonly Argument[];
}

/** For a stream of rows, each for itself, that read one plane; undefined where weights are made of no units. */
export function storedUnits(
  matrix: Matrix,
  bias: Numbers,
  columns: number | Int32Array<ArrayBuffer>,
  most: number,
): Units | undefined {
  const units = unitBytes(matrix);
  if (!units) return undefined;
  const table = typeof columns === 'number' ? new Uint8Array() : bytesOf(columns);
  return {
    pieces: [{ kind: 'side', bytes: joined([table, bytesOf(Float32Array.from(bias)), units]) }],
    // The weights of a filter, and as expand_rows reads them: offsets, blocks of a bias and the weights, and a bit for each.
    scratch: 8 * matrix.columns + table.length + 2 * headBytes + 4 + Math.ceil(matrix.columns / 8) + 16,
    routine: expandUnits,
    args: [matrix.rows, matrix.columns, typeof columns === 'number' ? columns : 0, most],
  };
}

/** For all weights, row by row; undefined where they are made of no units. */
export function storedFilters(matrix: Matrix): Units | undefined {
  const bytes = unitBytes(matrix);
  return (
    bytes && {
      pieces: [{ kind: 'side', bytes }],
      scratch: 0,
      routine: expandFilters,
      args: [matrix.rows, matrix.columns],
    }
  );
}

/** The constant that is made of units. */
export function packUnits(site: Pick<KernelSite, 'pack'>, made: Numbers, { routine, args, ...stored }: Units): Arr {
  const constant = site.pack('rows', made, {
    ...stored,
    expand: (source, scratch) => ({
      routine,
      args: [source, ...(stored.scratch > 0 ? [scratch] : []), constant.array, ...args],
    }),
  });
  return constant.array;
}
