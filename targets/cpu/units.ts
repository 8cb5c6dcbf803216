/**
 * Weights made of units of powers of two, as rows_units reads them: for each block of columns and each filter a bit for each
 * row of three, and then the codes of those that it has. Weights are made of them four filters and one block at a time, on
 * the stack, and what multiplies by them is what multiplies by other dense weights. A row lies in one block, with all three
 * of its columns.
 */
import { bug } from '../../src/diagnostic.ts';
import type { KernelSite, Routine } from '../../src/plan/kernel.ts';
import type { Matrix } from '../../src/tensor/matrix.ts';
import type { Encoding } from '../../src/tensor/type.ts';
import { helper } from './panels.ts';

/** Columns of a block: 7 channels of kernels of 3x3, or 21 rows of three neighbours. */
export const unitBlock = 63;

/** Places of scales are counted in 16 bits. */
const mostScales = 1 << 16;

/** Whether weights are stored as what they are made of. */
export const isMade = ({ format }: Encoding, { units }: Pick<Matrix, 'units'>): boolean =>
  format === 'smartdeal' && units !== undefined && new Set(units.scale).size * 16 <= mostScales;

/** The routine, which takes what `rowsDense` takes, and its constants. */
export function rowsUnits({ pack }: Pick<KernelSite, 'pack'>, matrix: Matrix, rowsDense: Routine) {
  const units = matrix.units ?? bug('weights that are made of no units are to be made of them');
  const blocks = blocksOf(matrix);
  const scales = Array.from(units.shift, (s, unit) =>
    Math.fround(units.scale[Math.floor(unit / units.units)] * 2 ** s),
  );
  const table = [...new Set(scales)];
  const placeOf = new Map(table.map((scale, place) => [scale, place]));
  const kernels = units.along === 'kernels' ? 1 : 0;
  const heads = blocks.flatMap(({ first, count }) => [first, count, units.rows, units.units, kernels]);
  return {
    routine: { ...helper('rows-units', [rowsDense]) },
    stream: {
      groups: pack('groups', Int32Array.from(heads)).array,
      rows: pack(
        'steps',
        Uint16Array.from(scales, (scale) => placeOf.get(scale) ?? 0),
      ).array,
      counts: 0,
      columns: pack('codes', codesOf(units, matrix.rows, blocks)).array,
      wide: pack('bases', pairs(units.basis)).array,
      weights: pack('scales', Float32Array.from(table)).array,
    },
  };
}

interface Rows {
  /** Of rows of three, counted from the filter's first. */
  readonly first: number;
  readonly count: number;
}

function blocksOf({ columns, run, units }: Matrix): readonly Rows[] {
  const all = units?.along === 'kernels' ? 3 * run : Math.ceil(columns / 3);
  const height = unitBlock / 3;
  return Array.from({ length: Math.ceil(all / height) }, (_, b) => ({
    first: b * height,
    count: Math.min(height, all - b * height),
  }));
}

function codesOf(
  { codes, rows, units }: NonNullable<Matrix['units']>,
  filters: number,
  blocks: readonly Rows[],
): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(
    filters * blocks.reduce((sum, { count }) => sum + Math.ceil(count / 8) + Math.ceil((3 * count) / 2), 0),
  );
  let end = 0;
  for (const { first, count } of blocks)
    for (let filter = 0; filter < filters; filter++) {
      const bits = end;
      end += Math.ceil(count / 8);
      let half = 2 * end;
      for (let i = 0; i < count; i++) {
        const at = 3 * (filter * units * rows + first + i);
        if ((codes[at] | codes[at + 1] | codes[at + 2]) === 0) continue;
        bytes[bits + (i >> 3)] |= 1 << (i & 7);
        for (let j = 0; j < 3; j++, half++) bytes[half >> 1] |= codes[at + j] << (4 * (half & 1));
      }
      end = Math.ceil(half / 2);
    }
  return bytes.slice(0, end);
}

/** The nine numbers of each basis, two to a word of 16 bits, the lower byte first. */
function pairs(basis: Int8Array): Uint16Array<ArrayBuffer> {
  const words = new Uint16Array((basis.length / 9) * 5);
  for (let at = 0; at < basis.length; at++)
    words[Math.floor(at / 9) * 5 + ((at % 9) >> 1)] |= (basis[at] & 255) << (8 * ((at % 9) & 1));
  return words;
}
