/** Weights in fours, as kernels load them: halves where these hold them all, the codes of their encoding, or as they are. */
import { coderFor } from '../../../src/formats/coder.ts';
import type { Weights } from '../../../src/graph/weights.ts';
import type { KernelSite, Routine } from '../../../src/plan/kernel.ts';
import { isF16, toF16 } from '../../../src/tensor/f16.ts';
import { wordsOf } from '../../../src/tensor/matrix.ts';
import type { Parameter } from '../kernel.ts';
import { real, whole } from '../kernel.ts';

export interface Values {
  /** What sets kernels apart. */
  readonly kind: 'f32' | 'f16' | `codes-${4 | 8}` | `table-${4 | 8}`;
  readonly bits: 4 | 8 | 16 | 32;
  /** How C++ calls four that lie side by side. */
  readonly word: 'float4' | 'uint2' | 'uint32_t' | 'uint16_t';
  /** The number that stands for a weight that is kept, in so many bits. */
  numberOf(row: number, column: number): number;
  /** That for 0. */
  readonly pad: number;
  /** A function that makes four weights of a word, and what it is given beside that. */
  readonly load: Routine;
  readonly with: string;
  /** One by itself, of whole bytes: its type, and C++ of it as a weight. */
  readonly type: string;
  readonly one: (name: string) => string;
  /** What a block does before it loads any. */
  readonly prepare: string;
  readonly parameters: readonly Parameter[];
  /** What `scaled` reads. */
  readonly factors: readonly Parameter[];
  /** C++ of a sum times the factor of its row. */
  scaled(sum: string, row: string): string;
}

/** `least`: bits of a code, at least. */
export function valuesOf(site: KernelSite, { matrix, constant }: Weights, least: 4 | 8): Values {
  const { columns: width } = matrix;
  const words = wordsOf(matrix.data);
  const coder = coderFor(matrix, constant.type.encoding);
  // Where places are added that no weight has, a table needs a zero.
  const zeros = coder ? wordsOf(coder.table).indexOf(0) : -1;
  const entries = coder && coder.table.length > 0 ? coder.table.length + (zeros < 0 ? 1 : 0) : 0;
  if (!coder || entries > 256) return asTheyAre(matrix.data, words, width);
  const bits = least === 4 && coder.bits <= 4 && entries <= 16 ? 4 : 8;
  const isTable = entries > 0;
  const { scale } = coder;
  const factors =
    scale.length === 0 ? undefined : Float32Array.from({ length: matrix.rows }, (_, r) => scale[r % scale.length]);
  const table = Float32Array.from({ length: entries }, (_, i) => coder.table[i] ?? 0);
  return {
    kind: `${isTable ? 'table' : 'codes'}-${bits}`,
    bits,
    word: bits === 4 ? 'uint16_t' : 'uint32_t',
    numberOf: (row, column) => coder.codeOf(words[row * width + column], row),
    pad: !isTable ? coder.zero : zeros < 0 ? entries - 1 : zeros,
    load: loader(`load-${isTable ? 'table' : 'codes'}-${bits}`, isTable ? 'load-table' : 'load-codes', bits),
    with: isTable ? ', known' : ', zero',
    type: 'uint8_t',
    one: (name) => (isTable ? `known[${name}]` : `(float)((int)${name} - zero)`),
    prepare: isTable ? tableText : '',
    parameters: isTable
      ? [real('table', site.pack('table', table).array), whole('entries', entries)]
      : [whole('zero', coder.zero)],
    factors: factors ? [real('factors', site.pack('factors', factors).array)] : [],
    scaled: (sum, row) => (factors ? `${sum} * factors[${row}]` : sum),
  };
}

function asTheyAre(data: Float32Array<ArrayBuffer>, words: Uint32Array<ArrayBuffer>, width: number): Values {
  const isHalf = data.every(isF16);
  const bits = isHalf ? 16 : 32;
  return {
    ...{ kind: `f${bits}`, bits, word: isHalf ? 'uint2' : 'float4', pad: 0 },
    numberOf: (row, column) => (isHalf ? toF16(data[row * width + column]) : words[row * width + column]),
    load: loader(`load-f${bits}`, `load-f${bits}`, bits),
    ...{ with: '', type: isHalf ? 'uint16_t' : 'float', prepare: '', parameters: [], factors: [] },
    one: (name) => (isHalf ? `half_to_float(${name})` : name),
    scaled: (sum) => sum,
  };
}

const loader = (name: string, stem: string, bits: number): Routine => ({
  name,
  template: `cuda/values/${stem}.cu.hbs`,
  view: { bits, mask: 2 ** bits - 1 },
  needs: [],
});

const tableText = `  __shared__ float known[256];
  for (int i = threadIdx.x; i < entries; i += blockDim.x) known[i] = table[i];
`;

/** Numbers of a few bits each, one after the other, in whole words. */
export function writeNumbers(to: Uint32Array<ArrayBuffer>, bits: number, at: number, number: number): void {
  if (bits === 32) to[at] = number;
  else to[(at * bits) >>> 5] |= number << ((at * bits) & 31);
}
