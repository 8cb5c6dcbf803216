/**
 * Streams of rows: for each, the bytes of its records and its bias, and then records, an offset and a weight each.
 * Two rows or four may share their records, which then hold a weight for each. A long row comes in parts: bit 0 of the bytes
 * says that one came before, bit 1 that another follows.
 */
import { coderFor } from '../../../src/formats/coder.ts';
import type { Weights } from '../../../src/graph/weights.ts';
import type { Arr } from '../../../src/loop/loop.ts';
import type { KernelSite } from '../../../src/plan/kernel.ts';
import type { Piece } from '../../../src/plan/plan.ts';
import type { Matrix } from '../../../src/tensor/matrix.ts';
import { isLive } from '../../../src/tensor/matrix.ts';
import type { Numbers } from '../../../src/tensor/numbers.ts';
import { bytesOf } from '../../../src/tensor/numbers.ts';
import type { Encoding } from '../../../src/tensor/type.ts';
import { expandRows } from './expand-rows.ts';
import { storedCodes, storedNumbers } from './stored.ts';
import { packUnits, storedUnits } from './units.ts';

/** Where the entries of a row read, in bytes from the first pixel of its output. */
export interface Offsets {
  /** By column: so many bytes each, or those of a table. */
  readonly columns: number | Int32Array<ArrayBuffer>;
  /** Rows read another plane after every so many, round and round. */
  readonly rowsPerPlane: number;
  readonly planes: number;
  readonly plane: number;
  /** From this row on they go on with sums that are there; no row unless given. */
  readonly first?: number;
}

/** One plane for all rows. */
export const onePlane = { rowsPerPlane: 1, planes: 1, plane: 0 };

/** How many rows share their records. */
export type Width = 1 | 2 | 4;

/** More than one where the weights are stored without places, or in blocks of as many rows. */
export function widthFor(rows: number, { format, params }: Encoding): Width {
  const height = format === 'dense' ? rows : format === 'block' ? params.r : 1;
  return ([4, 2] as const).find((width) => height % width === 0 && rows % width === 0) ?? 1;
}

export const widthOf = ({ matrix, constant }: Weights): Width => widthFor(matrix.rows, constant.type.encoding);

/**
 * The weights that a kernel multiplies. Dense ones are all multiplied, zeros too: what a zero makes of infinity is then
 * the same with and without kernels.
 */
export function multiplied({ matrix, constant }: Weights): Matrix {
  if (constant.type.encoding.format !== 'dense') return matrix;
  const { units: _units, ...plain } = matrix;
  return { ...plain, mask: new Uint8Array(matrix.data.length).fill(1) };
}

/** Records whose products are summed one by one; longer rows come in parts, since short sums lose less to rounding. */
export const mostInOneSum = 64;

/**
 * The constant that holds the stream, stored as weights without offsets and a bit for each place of a record. A kernel may
 * have rows of the layer's weights several times over, all of them each time.
 */
export function packRows(
  site: Pick<KernelSite, 'pack' | 'weights'>,
  matrix: Matrix,
  width: Width,
  bias: Numbers,
  offsets: Offsets,
  most = mostInOneSum,
): Arr {
  const records = recordsOf(matrix, width);
  const { columns, rowsPerPlane, planes, plane, first = records.rows } = offsets;
  const units = width === 1 && planes === 1 ? storedUnits(matrix, bias, columns, most) : undefined;
  if (units) return packUnits(site, stream(records, bias, offsets, most), units);
  const stored = storedForm(records, bias, offsets, site.weights);
  const constant = site.pack('rows', stream(records, bias, offsets, most), {
    pieces: stored.pieces,
    expand: (source) => ({
      routine: expandRows,
      args: [
        ...[source, constant.array, records.rows, records.columns, width],
        typeof columns === 'number' ? columns : 0,
        ...[most, Number(stored.masked)],
        ...[rowsPerPlane, planes, plane, first],
      ],
    }),
  });
  return constant.array;
}

interface Records {
  /** Of records: each stands for `width` rows of weights. */
  readonly rows: number;
  readonly columns: number;
  readonly width: Width;
  /** 1 for each place that has a record, row by row. */
  readonly mask: Uint8Array<ArrayBuffer>;
  /** How many there are, and their weights, `width` each. */
  readonly live: number;
  readonly values: Float32Array<ArrayBuffer>;
}

function recordsOf(matrix: Matrix, width: Width): Records {
  const { columns, data } = matrix;
  const rows = matrix.rows / width;
  const mask = new Uint8Array(rows * columns);
  const values = new Float32Array(data.length);
  let live = 0;
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) {
      const at = row * width * columns + column;
      let any = false;
      for (let i = 0; i < width && !any; i++) any = isLive(matrix, at + i * columns);
      if (!any) continue;
      mask[row * columns + column] = 1;
      for (let i = 0; i < width; i++) {
        values[live * width + i] = isLive(matrix, at + i * columns) ? data[at + i * columns] : 0;
      }
      live++;
    }
  return { rows, columns, width, mask, live, values: values.slice(0, live * width) };
}

/** What the expansion makes, word by word. */
function stream({ rows, columns, width, mask, live, values }: Records, bias: Numbers, offsets: Offsets, most: number) {
  const parts = partsOf(rows, columns, mask, most);
  const words = new Int32Array((1 + width) * (parts + live));
  const numbers = new Float32Array(words.buffer);
  let [at, next] = [0, 0];
  for (let row = 0; row < rows; row++) {
    const shift = offsets.plane * (Math.floor(row / offsets.rowsPerPlane) % offsets.planes);
    let [head, count] = [at, 0];
    const begin = (came: 0 | 1): void => {
      [head, count] = [at, 0];
      words[at++] = came;
      for (let i = 0; i < width; i++) numbers[at++] = bias[row * width + i];
    };
    const end = (follows: 0 | 2): void => {
      words[head] |= follows | (4 * (at - head - 1 - width));
    };
    begin(row < (offsets.first ?? rows) ? 0 : 1);
    for (let column = 0; column < columns; column++) {
      if (mask[row * columns + column] === 0) continue;
      if (count === most) {
        end(2);
        begin(1);
      }
      count++;
      words[at++] = shift + offsetOf(offsets, column);
      for (let i = 0; i < width; i++) numbers[at++] = values[next++];
    }
    end(0);
  }
  return words;
}

/** How many parts all rows come in: one at least for each. */
function partsOf(rows: number, columns: number, mask: Uint8Array<ArrayBuffer>, most: number): number {
  let parts = 0;
  for (let row = 0; row < rows; row++) {
    let count = 0;
    for (let column = 0; column < columns; column++) count += mask[row * columns + column];
    parts += Math.max(1, Math.ceil(count / most));
  }
  return parts;
}

const offsetOf = ({ columns }: Offsets, column: number): number =>
  typeof columns === 'number' ? column * columns : columns[column];

interface StoredForm {
  readonly pieces: readonly Piece[];
  readonly masked: boolean;
}

function storedForm(records: Records, bias: Numbers, { columns }: Offsets, weights: Weights | undefined): StoredForm {
  const masked = records.live < records.mask.length;
  const pieces: readonly Piece[] = [
    ...(typeof columns === 'number' ? [] : [{ kind: 'side', bytes: bytesOf(columns) } as const]),
    ...storedNumbers(Float32Array.from(bias)),
    ...storedValues(records, weights),
    ...(masked ? [{ kind: 'bits', bytes: bitsOf(records.mask) } as const] : []),
  ];
  return { pieces, masked };
}

/** In the code that the encoding says, or as they are. */
function storedValues({ rows, columns, width, mask, values }: Records, weights: Weights | undefined) {
  const coder = weights && coderFor(weights.matrix, weights.constant.type.encoding);
  if (!coder) return storedNumbers(values);
  const rowOf = new Int32Array(values.length);
  let end = 0;
  for (let row = 0; row < rows; row++)
    for (let at = row * columns; at < (row + 1) * columns; at++)
      if (mask[at] === 1) for (let i = 0; i < width; i++) rowOf[end++] = (row * width + i) % weights.matrix.rows;
  return storedCodes(values, coder, (i) => rowOf[i]);
}

/** A bit for each place, and room to read eight bytes from any of them. */
function bitsOf(mask: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const bits = new Uint8Array(Math.ceil(mask.length / 8) + 8);
  for (let at = 0; at < mask.length; at++) bits[at >> 3] |= mask[at] << (at & 7);
  return bits;
}
