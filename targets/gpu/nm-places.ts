/** Some weights of every few neighbours: the place of each in its group, in a few bits. */
import { bitsFor } from '../../src/formats/bits.ts';
import type { Matrix } from '../../src/tensor/matrix.ts';
import { liveness } from '../../src/tensor/matrix.ts';
import type { Order } from './storage.ts';

export interface Sizes {
  readonly n: number;
  readonly m: number;
  readonly placeBits: number;
  /** A power of two, so that no group lies in two words. */
  readonly groupBits: number;
}

/** How a group is stored. */
export function groupSizes(n: number, m: number): Sizes {
  const placeBits = bitsFor(m);
  return { n, m, placeBits, groupBits: 2 ** Math.ceil(Math.log2(n * placeBits)) };
}

export interface Grouped {
  readonly codes: Uint32Array<ArrayBuffer>;
  readonly order: Order;
  readonly groupsPerTap: number;
}

/** Where a group has fewer weights than others, zeros are stored for its first column. */
export function grouped(matrix: Matrix, { n, m, placeBits, groupBits }: Sizes): Grouped {
  const { rows, columns, run } = matrix;
  const kept = liveness(matrix);
  const groupsPerTap = Math.ceil(run / m);
  const all = rows * (columns / run) * groupsPerTap;
  const codes = new Uint32Array(Math.ceil((all * groupBits) / 32));
  const order = { rows: new Int32Array(all * n).fill(-1), columns: new Int32Array(all * n) };
  for (let group = 0; group < all; group++) {
    const inRow = group % ((columns / run) * groupsPerTap);
    const [row, tap] = [Math.floor(group / ((columns / run) * groupsPerTap)), Math.floor(inRow / groupsPerTap)];
    const first = tap * run + (inRow % groupsPerTap) * m;
    const end = Math.min(first + m, (tap + 1) * run);
    let [k, code] = [0, 0];
    for (let column = first; column < end; column++) {
      if (kept[row * columns + column] === 0) continue;
      order.rows[group * n + k] = row;
      order.columns[group * n + k] = column;
      code |= (column - first) << (k++ * placeBits);
    }
    const bit = group * groupBits;
    codes[bit >>> 5] |= code << (bit & 31);
  }
  return { codes, order, groupsPerTap };
}
