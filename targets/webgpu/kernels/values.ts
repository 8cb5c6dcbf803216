/** Weights as kernels store them: as f16 where that holds them all, in the codes that their encoding has, or as they are. */
import { coderFor } from '../../../src/formats/coder.ts';
import type { Coder } from '../../../src/formats/codes.ts';
import type { Weights } from '../../../src/graph/weights.ts';
import type { Argument, KernelSite, Routine } from '../../../src/plan/kernel.ts';
import { isF16, toF16 } from '../../../src/tensor/f16.ts';
import type { Matrix } from '../../../src/tensor/matrix.ts';
import { wordsOf } from '../../../src/tensor/matrix.ts';
import type { Height, Order } from '../../gpu/storage.ts';
import { math } from '../math.ts';

export interface Stored {
  /** What sets shaders apart. */
  readonly kind: 'f32' | 'f16' | 'code' | 'table';
  /** Where the values, their table and the factors of rows begin, bits of a code, and what is taken from one: see `told`. */
  readonly args: readonly Argument[];
  /** WGSL of the value number `i`, without the factor of its row. */
  value(i: string): string;
  /** The same of two or four, from number 2 · `i` or 4 · `i`; of one, the value itself. */
  several(i: string, count: Height): string;
  /** WGSL of the factor of a row. */
  factor(row: string): string;
  readonly needs: readonly Routine[];
}

/** The names of `args` in shaders, in order. */
export const told = ['values', 'table', 'factors', 'code_bits', 'zero'] as const;

/** Entries with a row of −1 are zeros that pad. */
export function storeValues(site: KernelSite, { matrix, constant }: Weights, order: Order): Stored {
  const pads = Array.prototype.includes.call(order.rows, -1);
  const coder = coderFor(matrix, constant.type.encoding, pads);
  if (coder) return inCodes(site, matrix, coder, order);
  const all = gathered(matrix, order);
  if (all.every(isF16)) {
    const halves = Uint16Array.from(all, toF16);
    return { ...plainly, kind: 'f16', args: [site.pack('values', evened(halves)).array, 0, 0, 0, 0], ...asF16 };
  }
  return { ...plainly, kind: 'f32', args: [site.pack('values', all).array, 0, 0, 0, 0], ...asF32 };
}

const each = (one: (i: string) => string, i: string, count: Height): string =>
  count === 1
    ? one(i)
    : `vec${count}<f32>(${[0, 1, 2, 3]
        .slice(0, count)
        .map((k) => one(`${count} * (${i}) + ${k}`))
        .join(', ')})`;

const plainly = { factor: () => '1.0' } as const;

const valueF32 = (i: string): string => `bitcast<f32>(weights[values + ${i}])`;
const asF32 = {
  value: valueF32,
  several: (i: string, count: Height) => each(valueF32, i, count),
  needs: [],
} as const;

const valueF16 = (i: string): string => `load_f16(values + ${i})`;
const twoF16 = (word: string): string => `unpack2x16float(weights[(values >> 1u) + ${word}])`;
const asF16 = {
  value: valueF16,
  several: (i: string, count: Height) =>
    count === 1
      ? valueF16(i)
      : count === 2
        ? twoF16(i)
        : `vec4<f32>(${twoF16(`2 * (${i})`)}, ${twoF16(`2 * (${i}) + 1`)})`,
  needs: [math.loadF16],
} as const;

function inCodes(site: KernelSite, matrix: Matrix, coder: Coder, { rows, columns }: Order): Stored {
  // A code lies in one word.
  const bits = 2 ** Math.ceil(Math.log2(coder.bits));
  const words = wordsOf(matrix.data);
  const packed = new Uint32Array(Math.max(1, Math.ceil((rows.length * bits) / 32)));
  for (let i = 0; i < rows.length; i++) {
    const code = rows[i] < 0 ? coder.codeOf(0, 0) : coder.codeOf(words[rows[i] * matrix.columns + columns[i]], rows[i]);
    packed[(i * bits) >> 5] |= code << ((i * bits) & 31);
  }
  const { scale, table, zero } = coder;
  const isTable = table.length > 0;
  const factors =
    scale.length === 0 ? undefined : Float32Array.from({ length: matrix.rows }, (_, r) => scale[r % scale.length]);
  const entry = (code: string): string => `bitcast<f32>(weights[table + ${code}])`;
  const code = (i: string): string => `load_code(values, ${i}, code_bits)`;
  const step = (i: string): string => (isTable ? entry(code(i)) : `f32(${code(i)} - zero)`);
  const four = (i: string): string => {
    const codes = `load_codes(values, ${i}, code_bits)`;
    return isTable ? `table_four(table, ${codes})` : `vec4<f32>(${codes} - zero)`;
  };
  return {
    kind: isTable ? 'table' : 'code',
    args: [
      site.pack('values', packed).array,
      isTable ? site.pack('table', table).array : 0,
      site.pack('factors', factors ?? Float32Array.of(1)).array,
      bits,
      zero,
    ],
    value: step,
    several: (i, count) => (count === 4 ? four(i) : each(step, i, count)),
    factor: (row) => (factors ? `bitcast<f32>(weights[factors + ${row}])` : '1.0'),
    needs: [math.loadCode, math.loadCodes, ...(isTable ? [math.tableFour] : [])],
  };
}

function gathered({ data, columns: width }: Matrix, { rows, columns }: Order): Float32Array<ArrayBuffer> {
  const all = new Float32Array(rows.length);
  const [to, from] = [wordsOf(all), wordsOf(data)];
  for (let i = 0; i < all.length; i++) if (rows[i] >= 0) to[i] = from[rows[i] * width + columns[i]];
  return all;
}

/** Halves are read in pairs. */
function evened(halves: Uint16Array<ArrayBuffer>): Uint16Array<ArrayBuffer> {
  const even = new Uint16Array(Math.max(2, halves.length + (halves.length & 1)));
  even.set(halves);
  return even;
}
