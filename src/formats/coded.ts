/**
 * Any format, with codes in place of weights where parameters say so: what a format stores as f32 becomes the numbers that
 * codes stand for, and what it loads from there is decoded. Places stay as they are, and so does which weights are kept.
 * Weights that are whole are stored as i32, or in codes.
 */
import { bug } from '../diagnostic.ts';
import type { Arr, Expr } from '../loop/loop.ts';
import { cast, declare, load, local, mul, sub } from '../loop/loop.ts';
import type { Matrix } from '../tensor/matrix.ts';
import { liveness, wordsOf } from '../tensor/matrix.ts';
import type { Numbers } from '../tensor/numbers.ts';
import type { Params } from '../tensor/type.ts';
import { codeAt, codeBytes, loadCode, packCodes } from './bits.ts';
import type { Code } from './codes.ts';
import { bitsOf, codeFault, codeIn, codesFor, codingOf, sideNumbers, withoutCode } from './codes.ts';
import type { Cost, Format, Packed } from './format.ts';
import { liveBits } from './livebits.ts';

export function coded(format: Format): Format {
  const { values } = format;
  if (!values) return withoutWhole(format);
  const known = new WeakMap<Matrix, Map<string, Priced>>();

  /** Remembered as long as the matrix is: every code of every parameters asks. */
  function priced(m: Matrix, params: Params): Priced {
    const plain = withoutCode(params);
    const key = Object.values(plain).join();
    const all = known.get(m) ?? new Map<string, Priced>();
    const found = all.get(key) ?? pricedAnew(m, plain);
    known.set(m, all.set(key, found));
    return found;
  }

  function pricedAnew(m: Matrix, plain: Params): Priced {
    const own = format.cost(m, plain);
    return { own, counts: format.share?.(m, plain) ?? [own.multiplies], padded: own.multiplies > liveBits(m).live };
  }

  function cost(m: Matrix, params: Params): Cost {
    const code = codeIn(params);
    const { own, counts, padded } = priced(m, params);
    if (!code) return own;
    const codes = counts.reduce((sum, count) => sum + bytesOfCodes(count, code), 0);
    const bytes = own.bytes - 4 * own.multiplies + codes + 4 * sideNumbers(m, code, padded);
    return { ...own, bytes, lookups: own.lookups + (isByte(code) ? 0 : own.multiplies) };
  }

  return {
    ...format,
    fault: (sizes, params) => codeFault(sizes, params) ?? format.fault?.(sizes, withoutCode(params)),
    cost,

    detect(m) {
      const { fits, refused } = format.detect(m);
      const all = fits.flatMap((params) => {
        const { own, padded } = priced(m, params);
        const inCodes = codesFor(m, padded).map((code): Params => ({ ...params, ...code }));
        return [params, ...inCodes.filter((one) => cost(m, one).bytes < own.bytes)];
      });
      return { fits: all, refused };
    },

    pack(m, params) {
      const [plain, code] = [withoutCode(params), codeIn(params)];
      if (!code) return m.whole ? mapped(format.pack(m, plain), values, asWhole) : format.pack(m, plain);
      const { numbers, scale, table } = codingOf(m, code, priced(m, plain).padded);
      const packed = format.pack({ ...m, data: numbers, mask: liveness(m) }, plain);
      const { parts, ...sizes } = mapped(packed, values, (part) => codesOf(part, code));
      const entries = m.whole && table ? Int32Array.from(table) : table;
      return { ...sizes, parts: { ...parts, ...(scale && { scale }), ...(entries && { table: entries }) } };
    },

    unpack({ parts: { scale, table, ...parts }, ...sizes }, params) {
      const [plain, code] = [withoutCode(params), codeIn(params)];
      const packed = { ...sizes, parts };
      if (!code) return format.unpack(mapped(packed, values, asFloats), plain);
      const steps = format.unpack(
        mapped(packed, values, (part) => numbersOf(part, code, table)),
        plain,
      );
      if (!scale) return steps;
      const scaleAt = (at: number): number => scale[scale.length === 1 ? 0 : Math.floor(at / steps.columns)];
      return { ...steps, data: steps.data.map((step, at) => (step === 0 ? 0 : step * scaleAt(at))) };
    },

    walk(at, params, row, visit) {
      const [plain, code] = [withoutCode(params), codeIn(params)];
      if (!code) return format.walk(at, plain, row, visit);
      const { scale, table } = at.parts;
      // The format loads from these as if they held weights.
      const places = values.map((name): Arr => ({ ...at.parts[name], dtype: 'f32' }));
      const parts = { ...at.parts, ...Object.fromEntries(values.map((name, i) => [name, places[i]])) };
      const numberAt = (value: Expr): Expr => {
        const part = value.kind === 'load' ? places.indexOf(value.array) : -1;
        if (value.kind !== 'load' || part < 0) bug(`"${format.name}" makes weights of what it loads`);
        const codes = at.parts[values[part]];
        return isByte(code) ? load(codes, value.index) : loadCode(codes, bitsOf(code), value.index);
      };
      const factor = local('scale', 'f32');
      const valueOf = (number: Expr): Expr => {
        const steps = 'codebook' in code ? load(table, number) : sub(number, code.zero ?? 0);
        return scale ? mul(cast('f32', steps), factor) : steps;
      };
      const body = format.walk({ ...at, parts }, plain, row, (column, value) =>
        visit(column, valueOf(numberAt(value))),
      );
      return scale ? [declare(factor, load(scale, scale.length === 1 ? 0 : row)), ...body] : body;
    },
  };
}

/** What a format takes for weights as they are. */
interface Priced {
  readonly own: Cost;
  /** Elements of each part with weights. */
  readonly counts: readonly number[];
  /** Whether places are stored that hold no weight. */
  readonly padded: boolean;
}

/** A format that does not store weights as they are, and none that are whole. */
function withoutWhole(format: Format): Format {
  return {
    ...format,
    detect: (m) => (m.whole ? { fits: [], refused: [] } : format.detect(m)),
    fault: (sizes, params) =>
      codeIn(params) ? 'takes no codes' : sizes.whole ? 'takes no whole numbers' : format.fault?.(sizes, params),
  };
}

/** Whether a code is a byte of its own. */
const isByte = (code: Code): boolean => bitsOf(code) === 8;

const bytesOfCodes = (count: number, code: Code): number => (isByte(code) ? count : codeBytes(count, bitsOf(code)));

const codesAreSigned = (code: Code): boolean => !('codebook' in code) && code.zero === undefined;

function codesOf(numbers: Numbers, code: Code): Numbers {
  if (codesAreSigned(code)) return Int8Array.from(numbers);
  const zero = 'codebook' in code ? 0 : (code.zero ?? 0);
  const codes = Uint8Array.from(numbers, (number) => number + zero);
  return isByte(code) ? codes : packCodes(codes, bitsOf(code));
}

/** What codes were made of, or their entries of a table, and perhaps some more after the last. */
function numbersOf(codes: Numbers, code: Code, table: Numbers | undefined): Float32Array<ArrayBuffer> {
  const bits = bitsOf(code);
  const count = isByte(code) ? codes.length : Math.floor((8 * codes.length) / bits);
  const codeOf = (i: number): number => (isByte(code) ? codes[i] : codeAt(codes, bits, i));
  const zero = 'codebook' in code ? 0 : (code.zero ?? 0);
  const numbers = new Float32Array(count);
  const to = wordsOf(numbers);
  // As bits: a NaN keeps its payload.
  const from = table && wordsOf(table instanceof Float32Array ? table : Float32Array.from(table));
  for (let i = 0; i < count; i++)
    if (from) to[i] = from[codeOf(i)];
    else numbers[i] = codeOf(i) - zero;
  return numbers;
}

const asWhole = (part: Numbers): Numbers => Int32Array.from(part);

const asFloats = (part: Numbers): Numbers => (part instanceof Int32Array ? Float32Array.from(part) : part);

/** With some parts made anew. */
function mapped({ parts, ...sizes }: Packed, names: readonly string[], make: (part: Numbers) => Numbers): Packed {
  const made = Object.entries(parts).map(([name, part]) => [name, names.includes(name) ? make(part) : part]);
  return { ...sizes, parts: Object.fromEntries(made) };
}
