/** Weights as matrices, and which of them are kept. */
import type { Decomposition } from './decomposition.ts';
import type { Quantity } from './quantity.ts';

/**
 * Weights as every format sees them: one row per output, one column per input they read,
 * input channels fastest (the canonical view O,H,W,I flattened to O rows).
 */
export interface Matrix {
  readonly rows: number;
  readonly columns: number;
  /** Columns come in runs of this many neighbouring input channels at one tap; groups never straddle a run. */
  readonly run: number;
  /** rows × columns values, row by row. */
  readonly data: Float32Array<ArrayBuffer>;
  /** 1 where the weight is kept. Without one, the weights that are not zero are kept. */
  readonly mask?: Uint8Array<ArrayBuffer>;
  /** Where a convolution reads, if it is known. */
  readonly plane?: Plane;
  /** What the weights are made of, if they are made of units: each is a whole number times its row's scale. */
  readonly units?: Decomposition & Pick<Quantity, 'scale'>;
  /** What quantised weights stand for: one scale and zero, or one of each a row. */
  readonly quantity?: Pick<Quantity, 'scale' | 'zero'>;
  /** Whether weights are i32 in the graph, whose products wrap around in 32 bits: here they are the same numbers as f32. */
  readonly whole?: true;
}

/** Whole numbers at most this far from zero are matrices: f32 tells all apart. */
export const mostWhole = 2 ** 24;

/**
 * The input of a convolution as planes, one a channel. Before each row, and before each plane, is a strip of zeros that
 * is also the end of the one before it.
 */
export interface Plane {
  /** Taps in a row of the kernel. */
  readonly across: number;
  /** Down, across. */
  readonly dilation: readonly number[];
  /** Elements from one row to the next. */
  readonly pitch: number;
  /** Elements from one channel to the next. */
  readonly size: number;
}

export const matrix = (rows: number, columns: number, run: number, data: Iterable<number>): Matrix => ({
  rows,
  columns,
  run,
  data: Float32Array.from(data),
});

/**
 * The bits of f32 numbers. Weights are copied as bits, since a copy through a JavaScript number may change the
 * payload of a NaN.
 */
export const wordsOf = (data: Float32Array<ArrayBuffer>): Uint32Array<ArrayBuffer> =>
  new Uint32Array(data.buffer, data.byteOffset, data.length);

/**
 * Whether the weight at flat position `at` is kept. Without a mask NaN is kept and −0 is not: it is what pruning
 * by multiplication with 0 makes of a negative weight.
 */
export const isLive = ({ data, mask }: Matrix, at: number): boolean => (mask ? mask[at] === 1 : data[at] !== 0);

/** 1 for each weight that is kept, row by row. */
export function liveness({
  data,
  mask,
}: Pick<Matrix, 'data'> & { readonly mask?: Matrix['mask'] | undefined }): Uint8Array<ArrayBuffer> {
  const live = new Uint8Array(data.length);
  const words = wordsOf(data);
  if (mask) for (let at = 0; at < live.length; at++) live[at] = mask[at] === 1 ? 1 : 0;
  else for (let at = 0; at < live.length; at++) live[at] = nonzero(words[at]);
  return live;
}

/** 1 where any bit but the sign is set, found without a branch: which way it would go no processor can foresee. */
const nonzero = (word: number): number => ((word << 1) | -(word << 1)) >>> 31;

export function countLive({ data, mask }: Matrix): number {
  const words = wordsOf(data);
  let count = 0;
  if (mask) for (let at = 0; at < data.length; at++) count += mask[at] === 1 ? 1 : 0;
  else for (let at = 0; at < data.length; at++) count += nonzero(words[at]);
  return count;
}

/** The kept weights, row after row and in column order. Those of row r stand at `pos[r]` up to, not including, `pos[r + 1]`. */
export interface Entries {
  readonly pos: Int32Array<ArrayBuffer>;
  readonly column: Int32Array<ArrayBuffer>;
  readonly value: Float32Array<ArrayBuffer>;
}

export function liveEntries(m: Matrix): Entries {
  const live = liveness(m);
  const from = wordsOf(m.data);
  const count = countLive(m);
  const pos = new Int32Array(m.rows + 1);
  const column = new Int32Array(count);
  const value = new Float32Array(count);
  const to = wordsOf(value);
  let end = 0;
  for (let row = 0; row < m.rows; row++) {
    const start = row * m.columns;
    for (let c = 0; c < m.columns; c++) {
      if (live[start + c] === 0) continue;
      column[end] = c;
      to[end] = from[start + c];
      end++;
    }
    pos[row + 1] = end;
  }
  return { pos, column, value };
}
