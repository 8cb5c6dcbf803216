/**
 * Codes: a few bits that stand for a weight, bit for bit. They are parameters beside those of a format.
 *
 *     linear=8           signed bytes that count steps of a scale: weight = f32(code) · scale
 *     linear=4 zero=8    codes without a sign: weight = f32(code − zero) · scale
 *     codebook=4         weight = table[code], or f32(table[code]) · scale where there is one
 *
 * A scale is that of the row, or one for all; whole weights have none, and are code − zero. A negative scale turns a row
 * around, which lets rows whose steps reach further up share a zero with those that reach further down. Powers of two are
 * a codebook of few steps.
 */
import { bug } from '../diagnostic.ts';
import type { Matrix } from '../tensor/matrix.ts';
import { liveness, wordsOf } from '../tensor/matrix.ts';
import type { Params } from '../tensor/type.ts';
import { bitsFor } from './bits.ts';
import { liveBits } from './livebits.ts';

export type Code =
  | { readonly linear: 4 | 8; readonly zero?: number }
  /** 1 to 8 bits. */
  | { readonly codebook: number };

/** The code among the parameters of an encoding, if there is one; undefined where weights are stored as they are. */
export function codeIn({ linear, zero, codebook }: Params): Code | undefined {
  if (codebook !== undefined) return { codebook };
  if (linear === undefined) return undefined;
  return { linear: linear === 4 ? 4 : 8, ...(zero !== undefined && { zero }) };
}

/** The parameters without those of a code. */
export function withoutCode({ linear: _linear, zero: _zero, codebook: _codebook, ...params }: Params): Params {
  return params;
}

export const bitsOf = (code: Code): number => ('codebook' in code ? code.codebook : code.linear);

/** Why parameters are no code for weights of this kind, as the rest of a sentence. */
export function codeFault(
  { quantity, whole }: Pick<Matrix, 'quantity' | 'whole'>,
  { linear, zero, codebook }: Params,
): string | undefined {
  if (codebook !== undefined) {
    if (linear !== undefined || zero !== undefined) return 'has both steps and a codebook';
    return Number.isInteger(codebook) && codebook >= 1 && codebook <= 8 ? undefined : `has codes of ${codebook} bits`;
  }
  if (linear === undefined) return zero === undefined ? undefined : `has the zero ${zero} and no steps`;
  if (linear !== 4 && linear !== 8) return `has steps of ${linear} bits`;
  if (linear === 4 && zero === undefined) return 'has steps of 4 bits and no zero';
  if (zero !== undefined && !(Number.isInteger(zero) && zero >= 0 && zero < 2 ** linear)) return `has the zero ${zero}`;
  return quantity || whole ? undefined : 'has steps, and the weights have no scale';
}

/** How the live weights of a matrix are coded. */
export interface Coding {
  /** For each weight the number that its code counts from zero, or its place in the table; 0 where it is not kept. */
  readonly numbers: Float32Array<ArrayBuffer>;
  /** One, or one a row. */
  readonly scale?: Float32Array<ArrayBuffer>;
  /** Weights as they are, or steps where these are known. */
  readonly table?: Float32Array<ArrayBuffer>;
}

/** Every code that tells the weights exactly. `padded`: places are stored that hold no weight, and are 0. */
export function codesFor(m: Matrix, padded: boolean): readonly Code[] {
  const lines = linesOf(m);
  const words = distinctOf(m);
  const isWorthTable = words && words.length <= liveBits(m).live / weightsPerEntry;
  return [...(lines ? linearCodes(lines) : []), ...(isWorthTable ? codebooks(tabled(words, padded).length) : [])];
}

/** With fewer weights for each, values are alike by chance, or because the layer is small. */
const weightsPerEntry = 16;

function linearCodes({ low, high }: Lines): readonly Code[] {
  const four: readonly Code[] = low >= -8 && high <= 7 ? [{ linear: 4, zero: 8 }] : spanCodes(4, low, high);
  const eight: readonly Code[] = low >= -128 && high <= 127 ? [{ linear: 8 }] : spanCodes(8, low, high);
  return [...four, ...eight];
}

const spanCodes = (linear: 4 | 8, low: number, high: number): readonly Code[] =>
  high - low < 2 ** linear ? [{ linear, zero: 0 - low }] : [];

/** As few bits as will do, and whole bytes, which are read faster. */
function codebooks(entries: number): readonly Code[] {
  if (entries > 256) return [];
  const bits = Math.max(1, bitsFor(entries));
  return bits === 8 ? [{ codebook: 8 }] : [{ codebook: bits }, { codebook: 8 }];
}

export function codingOf(m: Matrix, code: Code, padded: boolean): Coding {
  if ('codebook' in code) {
    const words = distinctOf(m) ?? bug('over 256 different weights in a codebook');
    const table = tabled(words, padded);
    if (table.length > 2 ** code.codebook) bug(`${table.length} different weights in codes of ${code.codebook} bits`);
    const scale = linesOf(m)?.scale;
    return { numbers: placesIn(table, m), table: new Float32Array(table.buffer), ...(scale && { scale }) };
  }
  const { steps, scale, low, high } = linesOf(m) ?? bug('weights that are not steps of their scale');
  const least = code.zero === undefined ? -128 : -code.zero;
  if (low < least || high >= least + 2 ** code.linear) bug(`steps ${low} to ${high} in ${code.linear} bits`);
  return { numbers: steps, ...(scale && { scale }) };
}

/** Whether there is a code for 0 as well. */
export const holdsZero = (m: Matrix, code: Code): boolean =>
  !('codebook' in code) || tabled(distinctOf(m) ?? [], true).length <= 2 ** code.codebook;

/** How many numbers scales take, or the table. */
export function sideNumbers(m: Matrix, code: Code, padded: boolean): number {
  const scales = linesOf(m)?.scale?.length ?? 0;
  if (!('codebook' in code)) return scales;
  return scales + tabled(distinctOf(m) ?? bug('over 256 different weights in a codebook'), padded).length;
}

/** Weights as steps of their scales. */
interface Lines {
  readonly steps: Float32Array<ArrayBuffer>;
  readonly scale?: Float32Array<ArrayBuffer>;
  /** Of all steps and 0. */
  readonly low: number;
  readonly high: number;
}

const knownLines = new WeakMap<Matrix, Lines | null>();

/** Remembered as long as the matrix is, since every format asks. */
function linesOf(m: Matrix): Lines | null {
  const known = knownLines.get(m);
  if (known !== undefined) return known;
  const found = m.whole ? wholeLines(m) : findLines(m);
  knownLines.set(m, found);
  return found;
}

function wholeLines({ data, ...m }: Matrix): Lines | null {
  const live = liveness({ ...m, data });
  const steps = new Float32Array(data.length);
  let [low, high] = [0, 0];
  for (let at = 0; at < steps.length; at++) {
    if (live[at] === 0) continue;
    const step = data[at];
    steps[at] = step;
    if (step < low) low = step;
    if (step > high) high = step;
    if (high - low > mostSteps) return null;
  }
  return { steps, low, high };
}

/** What a byte counts. */
const mostSteps = 255;

function findLines({ quantity, ...m }: Matrix): Lines | null {
  if (!quantity) return null;
  const { rows, columns, data } = m;
  const one = quantity.scale.length === 1;
  const live = liveness(m);
  const steps = new Float32Array(data.length);
  const ends = Array.from({ length: rows }, () => ({ low: 0, high: 0, zeros: false }));
  for (let at = 0; at < data.length; at++) {
    if (live[at] === 0) continue;
    const [row, value] = [Math.floor(at / columns), data[at]];
    const scale = quantity.scale[one ? 0 : row];
    const step = Math.round(value / scale) + 0;
    // What is not a number, or −0, is no step either.
    if (!Object.is(Math.fround(step * scale), value)) return null;
    steps[at] = step;
    const end = ends[row];
    if (step === 0) end.zeros = true;
    else if (step < end.low) end.low = step;
    else if (step > end.high) end.high = step;
  }
  const span = { low: Math.min(0, ...ends.map((e) => e.low)), high: Math.max(0, ...ends.map((e) => e.high)) };
  const scale = Float32Array.from(quantity.scale);
  return span.high - span.low <= mostSteps ? { steps, scale, ...span } : turned({ steps, scale, ...span }, m, ends);
}

interface Ends {
  readonly low: number;
  readonly high: number;
  /** Whether a weight of 0 is kept: turned around it would be −0. */
  readonly zeros: boolean;
}

/** Rows turned around where it takes that for all to lie within one span. */
function turned({ steps, scale, low, high }: Lines, { columns }: Matrix, ends: readonly Ends[]): Lines | null {
  const most = Math.max(high, -low);
  const least = most - mostSteps;
  const around = ends.map((end) => end.low < least);
  const fits = ends.every((end, row) => (around[row] ? -end.high >= least && !end.zeros : end.high <= most));
  if (!fits || least > 0 || !scale) return null;
  const one = scale.length === 1;
  return {
    steps: steps.map((step, at) => (around[Math.floor(at / columns)] ? 0 - step : step)),
    scale: Float32Array.from(around, (turn, row) => (turn ? -1 : 1) * scale[one ? 0 : row]),
    low: least,
    high: most,
  };
}

const knownWords = new WeakMap<Matrix, readonly number[] | null>();

/** The bits of all different live weights, or of their steps, ascending; null where there are too many for a table. */
function distinctOf(m: Matrix): readonly number[] | null {
  const known = knownWords.get(m);
  if (known !== undefined) return known;
  const found = findDistinct(m);
  knownWords.set(m, found);
  return found;
}

function findDistinct(m: Matrix): readonly number[] | null {
  const live = liveness(m);
  const words = codedWords(m);
  const found = new Set<number>();
  // As i32: sets of these are quick.
  for (let at = 0; at < words.length && found.size <= 256; at++) if (live[at] === 1) found.add(words[at] | 0);
  return found.size > 256 ? null : Array.from(found, (word) => word >>> 0).sort((a, b) => a - b);
}

/** Whole weights are their own steps. */
const codedWords = (m: Matrix): Uint32Array<ArrayBuffer> => wordsOf(linesOf(m)?.steps ?? m.data);

/** As a table: 0 comes first where places hold no weight. */
const tabled = (words: readonly number[], padded: boolean): Uint32Array<ArrayBuffer> =>
  Uint32Array.from(padded && words[0] !== 0 ? [0, ...words] : words);

function placesIn(table: Uint32Array, m: Matrix): Float32Array<ArrayBuffer> {
  const placeOf = new Map(Array.from(table, (word, place) => [word, place]));
  const live = liveness(m);
  const words = codedWords(m);
  const places = new Float32Array(words.length);
  for (let at = 0; at < words.length; at++) if (live[at] === 1) places[at] = placeOf.get(words[at]) ?? 0;
  return places;
}

/** Codes without a sign, one by one: for kernels that store weights in an order of their own. */
export interface Coder {
  /** 1 to 8. */
  readonly bits: number;
  /** What is taken from a code where there is no table. */
  readonly zero: number;
  readonly scale: Float32Array<ArrayBuffer>;
  readonly table: Float32Array<ArrayBuffer>;
  /** The code of a weight of a row, by its bits. */
  codeOf(word: number, row: number): number;
}

export function coderOf(m: Matrix, code: Code, padded: boolean): Coder {
  const none = new Float32Array(0);
  const { scale = none, table = none } = codingOf(m, code, padded);
  const bits = bitsOf(code);
  const float = new Float32Array(1);
  const word = wordsOf(float);
  /** Makes of the bits of a weight those of its steps, where there are scales. */
  const toSteps = (row: number): void => {
    if (scale.length > 0) float[0] = Math.round(float[0] / scale[scale.length === 1 ? 0 : row]) + 0;
  };
  if (!('codebook' in code)) {
    const zero = code.zero ?? 128;
    const codeOf = (given: number, row: number): number => {
      word[0] = given;
      toSteps(row);
      return float[0] + zero;
    };
    return { bits, zero, scale, table, codeOf };
  }
  const placeOf = new Map(Array.from(wordsOf(table), (entry, place) => [entry, place]));
  const codeOf = (given: number, row: number): number => {
    // −0 is not kept, and stands for nothing.
    word[0] = given === minusZero && !placeOf.has(given) ? 0 : given;
    toSteps(row);
    return placeOf.get(word[0]) ?? bug(`no code for the weight ${float[0]}`);
  };
  return { bits, zero: 0, scale, table, codeOf };
}

const minusZero = 0x80000000;
