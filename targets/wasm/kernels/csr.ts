/** Streams of sparse rows: for each, the bytes of its records and its bias, and then an offset and a weight for each. */

import type { Weights } from '../../../src/graph/weights.ts';
import type { Arr } from '../../../src/loop/loop.ts';
import type { KernelSite, Routine } from '../../../src/plan/kernel.ts';
import { isF16, toF16 } from '../../../src/tensor/f16.ts';
import type { Matrix } from '../../../src/tensor/matrix.ts';
import { isLive } from '../../../src/tensor/matrix.ts';
import type { Numbers } from '../../../src/tensor/numbers.ts';
import { bytesOf } from '../../../src/tensor/numbers.ts';
import { math } from '../math.ts';

/** Where the entries of a row read, in bytes from the first pixel of its output. */
export interface Offsets {
  /** By column: so many bytes each, or those of a table. */
  readonly columns: number | Int32Array<ArrayBuffer>;
  /** Rows read another plane after every so many, round and round. */
  readonly rowsPerPlane: number;
  readonly planes: number;
  readonly plane: number;
}

/** One plane for all rows. */
export const onePlane = { rowsPerPlane: 1, planes: 1, plane: 0 };

/** The constant that holds the stream, stored as live weights and a bit for each weight. */
export function packCsr(site: KernelSite, weights: Weights, bias: Numbers, offsets: Offsets): Arr {
  const { columns, rowsPerPlane, planes, plane } = offsets;
  const matrix = storedMatrix(weights);
  const live = liveValues(matrix);
  const stored = storedForm(matrix, live, bias, offsets);
  const constant = site.pack('rows', stream(matrix, live.length, bias, offsets), {
    data: stored.bytes,
    expand: (source) => ({
      routine: expandCsr,
      args: [
        source,
        constant.array,
        matrix.rows,
        matrix.columns,
        typeof columns === 'number' ? columns : 0,
        Number(stored.masked),
        Number(stored.halfBias),
        Number(stored.half),
        live.length,
        rowsPerPlane,
        planes,
        plane,
      ],
    }),
  });
  return constant.array;
}

/** Dense weights are all multiplied, zeros too: what a zero makes of infinity is the same with and without kernels. */
function storedMatrix({ matrix, constant }: Weights): Matrix {
  if (constant.type.encoding.format !== 'dense') return matrix;
  return { ...matrix, mask: new Uint8Array(matrix.data.length).fill(1) };
}

const storedValue: Routine = {
  name: 'stored-value',
  template: 'wasm/kernels/stored-value.wat.hbs',
  view: {},
  needs: [math.f16],
};

const expandCsr: Routine = {
  name: 'expand-csr',
  template: 'wasm/kernels/expand-csr.wat.hbs',
  view: {},
  needs: [storedValue],
};

function liveValues(m: Matrix): Float32Array<ArrayBuffer> {
  const values = new Float32Array(m.data.length);
  let count = 0;
  for (let at = 0; at < m.data.length; at++) if (isLive(m, at)) values[count++] = m.data[at];
  return values.slice(0, count);
}

/** What the expansion makes, word by word. */
function stream(m: Matrix, live: number, bias: Numbers, offsets: Offsets): Int32Array<ArrayBuffer> {
  const words = new Int32Array(2 * (m.rows + live));
  const numbers = new Float32Array(words.buffer);
  let at = 0;
  for (let row = 0; row < m.rows; row++) {
    const head = at;
    const shift = offsets.plane * (Math.floor(row / offsets.rowsPerPlane) % offsets.planes);
    at += 2;
    for (let column = 0; column < m.columns; column++) {
      if (!isLive(m, row * m.columns + column)) continue;
      words[at] = shift + offsetOf(offsets, column);
      numbers[at + 1] = m.data[row * m.columns + column];
      at += 2;
    }
    words[head] = 4 * (at - head - 2);
    numbers[head + 1] = bias[row];
  }
  return words;
}

const offsetOf = ({ columns }: Offsets, column: number): number =>
  typeof columns === 'number' ? column * columns : columns[column];

interface StoredForm {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly masked: boolean;
  readonly halfBias: boolean;
  readonly half: boolean;
}

function storedForm(m: Matrix, live: Float32Array<ArrayBuffer>, bias: Numbers, { columns }: Offsets): StoredForm {
  const masked = live.length < m.data.length;
  const [half, halfBias] = [live.every(isF16), bias.every(isF16)];
  const parts = [
    ...(typeof columns === 'number' ? [] : [bytesOf(columns)]),
    numbersAs(halfBias, bias),
    numbersAs(half, live),
    ...(masked ? [maskOf(m)] : []),
  ];
  const bytes = new Uint8Array(parts.reduce((total, part) => total + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return { bytes, masked, half, halfBias };
}

const numbersAs = (half: boolean, numbers: Numbers): Uint8Array<ArrayBuffer> =>
  bytesOf(half ? Uint16Array.from(numbers, toF16) : Float32Array.from(numbers));

/** A bit for each weight, and room to read eight bytes from any of them. */
function maskOf(m: Matrix): Uint8Array<ArrayBuffer> {
  const mask = new Uint8Array(Math.ceil(m.data.length / 8) + 8);
  for (let at = 0; at < m.data.length; at++) if (isLive(m, at)) mask[at >> 3] |= 1 << (at & 7);
  return mask;
}
