/**
 * Streams of whole weights for pictures whose channels lie in pairs. A record multiplies two numbers for each sum: those of a
 * pair of channels; or, zipped, of an even channel and of an odd one that need not be neighbours; or of two taps, which the
 * channels of a pair have each for itself. Rows may share records in pairs of their own.
 *
 *     for each two rows, or for each row:
 *     i32   bytes of its records
 *     i32   what is added to the results
 *     i32   for each row, sum to begin with, multiplier, what is added before the shift, and shift; in its second byte, how far
 *           sums go to the left first
 *     the records, each i32 offset, zipped i32 offset of the second number, and two i16 weights for each row
 *
 * Rows come in twos: where their number is odd, one follows without weights. Stored are heads, offsets of taps, weights that are not
 * zero, and a bit for each place.
 */
import type { Arr } from '../../../src/loop/loop.ts';
import type { KernelSite } from '../../../src/plan/kernel.ts';
import type { Piece } from '../../../src/plan/plan.ts';
import type { Matrix } from '../../../src/tensor/matrix.ts';
import { isLive } from '../../../src/tensor/matrix.ts';
import { bytesOf } from '../../../src/tensor/numbers.ts';
import { expandPairs } from './expand-rows.ts';
import type { Rescaling, Rescalings } from './rescale.ts';

export interface RecordKind {
  readonly name: 'pairs' | 'zip' | 'taps';
  /** Rows that share records. */
  readonly width: 1 | 2;
}

export const taps: RecordKind = { name: 'taps', width: 2 };

export const kindName = ({ name, width }: RecordKind): string => (name === 'taps' ? name : `${name}-${width}`);

/** Where records read. */
export interface Places {
  /** The offset of each tap, in bytes. */
  readonly taps: readonly number[];
  /** Bytes from a pair of channels to the next; of depthwise layers, round and round after so many. */
  readonly plane: number;
  readonly round?: number;
}

/** Operations on a vector of sums for a record of each kind. */
const costs: readonly (readonly [RecordKind, cost: number])[] = [
  [{ name: 'pairs', width: 2 }, 4],
  [{ name: 'zip', width: 2 }, 5.5],
  [{ name: 'pairs', width: 1 }, 2.2],
];

/** The kind that takes least for these weights. */
export function kindFor(matrix: Matrix): RecordKind {
  const weights = weightsOf(matrix);
  const timed = costs.map(([kind, cost]) => {
    let records = 0;
    for (let row = 0; row < matrix.rows; row += kind.width) records += countOf(weights, row, kind);
    return { kind, time: cost * records };
  });
  return timed.reduce((best, next) => (next.time < best.time ? next : best)).kind;
}

interface Weights {
  readonly rows: number;
  readonly columns: number;
  /** Channels of a tap. */
  readonly run: number;
  /** Zeros where nothing is kept. */
  readonly values: Int16Array<ArrayBuffer>;
}

function weightsOf(matrix: Matrix, lifts?: readonly Rescaling[]): Weights {
  const { rows, columns, run, data } = matrix;
  const values = new Int16Array(rows * columns);
  for (let row = 0, at = 0; row < rows; row++) {
    const factor = 2 ** (lifts?.[row].lift ?? 0);
    for (const end = at + columns; at < end; at++) if (isLive(matrix, at)) values[at] = data[at] * factor;
  }
  return { rows, columns, run, values };
}

/** Columns of which one of the rows has a weight. */
function* liveColumns({ rows, columns, values }: Weights, row: number, width: number): Generator<number> {
  const first = row * columns;
  const second = width === 2 && row + 1 < rows ? first + columns : first;
  for (let column = 0; column < columns; column++)
    if (values[first + column] !== 0 || values[second + column] !== 0) yield column;
}

/** Records of a row, or of two. */
function countOf(weights: Weights, row: number, { name, width }: RecordKind): number {
  const { run } = weights;
  const halves = [0, 0];
  let [pairs, last] = [0, -1];
  for (const column of liveColumns(weights, row, width)) {
    const channel = column % run;
    halves[channel & 1]++;
    const pair = column - (channel & 1);
    if (pair !== last) pairs++;
    last = pair;
  }
  if (name === 'pairs') return pairs;
  return name === 'zip' ? Math.max(...halves) : Math.ceil((halves[0] + halves[1]) / 2);
}

/** The constant that holds the stream. */
export function packPairs(
  { pack }: Pick<KernelSite, 'pack'>,
  matrix: Matrix,
  kind: RecordKind,
  rescalings: Rescalings,
  places: Places,
): Arr {
  const weights = weightsOf(matrix, rescalings.rows);
  const made = stream(weights, kind, rescalings, places);
  const { pieces, masked, short } = storedForm(matrix, rescalings, places);
  const { rows, columns, run } = weights;
  const constant = pack('rows', made, {
    pieces,
    scratch: 4 * columns,
    expand: (source, scratch) => ({
      routine: expandPairs,
      args: [
        ...[
          source,
          scratch,
          constant.array,
          rows,
          columns,
          run,
          kind.width,
          ['pairs', 'zip', 'taps'].indexOf(kind.name),
        ],
        ...[places.plane, places.round ?? 0, Number(masked), Number(short), rescalings.zero],
      ],
    }),
  });
  return constant.array;
}

function stream(weights: Weights, kind: RecordKind, { rows: heads, zero }: Rescalings, places: Places) {
  const { rows, columns, run, values } = weights;
  const { name, width } = kind;
  const even = rows + (rows % 2);
  const size = 1 + width + Number(name !== 'pairs');
  let total = 0;
  for (let row = 0; row < even; row += width)
    total += 2 + 4 * width + (row < rows ? size * countOf(weights, row, kind) : 0);
  const words = new Int32Array(total);
  const shorts = new Int16Array(words.buffer);
  let at = 0;
  for (let row = 0; row < even; row += width) {
    const head = at;
    words[head + 1] = zero;
    at += 2;
    for (let i = 0; i < width; i++, at += 4) words.set(headOf(heads[row + i]), at);
    const first = at;
    const next = [at, at];
    let last = -1;
    let turn = 0;
    if (row < rows)
      for (const column of liveColumns(weights, row, width)) {
        const channel = column % run;
        const half = name === 'taps' ? turn++ & 1 : channel & 1;
        const pair = column - (channel & 1);
        const plane = name === 'taps' ? (row / 2) % (places.round ?? 1) : channel >> 1;
        const offset = places.taps[Math.floor(column / run)] + plane * places.plane;
        let record = at - size;
        if (name === 'pairs') {
          if (pair !== last) record = begin(offset);
        } else {
          record = next[half] === at ? begin(offset) : next[half];
          next[half] = record + size;
          words[record + half] = offset;
        }
        last = pair;
        const to = 2 * (record + size - width) + half;
        for (let i = 0; i < width && row + i < rows; i++) shorts[to + 2 * i] = values[(row + i) * columns + column];
      }
    words[head] = 4 * (at - first);
  }
  return words;

  /** A record whose numbers are both those of the first. */
  function begin(offset: number): number {
    words[at] = offset;
    if (name !== 'pairs') words[at + 1] = offset;
    at += size;
    return at - size;
  }
}

/** What comes before the records of a row; one that is not there has no multiplier, and a shift that is one. */
const headOf = ({ bias, multiplier, round, shift, up } = none): readonly number[] => [
  bias,
  multiplier,
  round,
  shift | (up << 8),
];

const none: Rescaling = { bias: 0, multiplier: 0, round: 1, shift: 1, lift: 0, up: 0 };

/** A row's bias, multiplier, what is added before the shift, and three bytes of shifts. */
const headWords = 4;

function storedForm(matrix: Matrix, { rows: heads }: Rescalings, { taps: offsets }: Places) {
  const { values } = weightsOf(matrix);
  const side = new Int32Array(offsets.length + headWords * heads.length);
  side.set(offsets);
  heads.forEach(({ bias, multiplier, round, shift, lift, up }, row) => {
    side.set([bias, multiplier, round, shift | (up << 8) | (lift << 16)], offsets.length + headWords * row);
  });
  const live = values.filter((w) => w !== 0);
  const masked = live.length < values.length;
  const kept = masked ? live : values;
  const short = kept.some((w) => w < -128 || w > 127);
  const numbers = new Uint8Array(4 * Math.ceil(((short ? 2 : 1) * kept.length) / 4));
  numbers.set(bytesOf(short ? kept : Int8Array.from(kept)));
  const bits = new Uint8Array(masked ? Math.ceil(values.length / 8) : 0);
  if (masked) for (let at = 0; at < values.length; at++) bits[at >> 3] |= Number(values[at] !== 0) << (at & 7);
  const pieces: readonly Piece[] = [
    { kind: 'side', bytes: bytesOf(side) },
    ...(masked ? [{ kind: 'bits', bytes: bits } as const] : []),
    { kind: 'codes', bytes: numbers },
  ];
  return { pieces, masked, short };
}
