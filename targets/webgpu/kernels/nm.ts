/**
 * Convolutions and dense layers of which n weights are kept in every m neighbouring columns: the values one after the other, and
 * for each its place in the group in a few bits. All rows take as long, and nothing is tested. Where places take more bits than one for each
 * column, as of 4 in 8, the layer is left to the kernel that has these.
 */
import { bitsFor } from '../../../src/formats/bits.ts';
import type { Kernel, Routine } from '../../../src/plan/kernel.ts';
import type { Matrix } from '../../../src/tensor/matrix.ts';
import { liveness } from '../../../src/tensor/matrix.ts';
import { math } from '../math.ts';
import type { Ending } from './layer.ts';
import { declared, endingOf, placedLayer } from './layer.ts';
import { pixelView, sharingOf } from './pixels.ts';
import type { Order, Stored } from './values.ts';
import { storeValues, told } from './values.ts';
import { windowArgs, windowNames } from './window.ts';

export const nm: Kernel = {
  name: 'nm',
  doc: 'sums over the weights that are kept, some of every few neighbours, with their places in these',

  match(site) {
    const layer = placedLayer(site);
    if (typeof layer === 'string') return layer;
    const { weights, window } = layer;
    const { format, params } = weights.constant.type.encoding;
    if (format !== 'nm') return 'takes weights of which some are kept in every few neighbours';
    const sizes = groupSizes(params.n, params.m);
    if (sizes.groupBits > params.m) return `takes no places that need ${sizes.groupBits} bits for ${params.m} columns`;

    const { matrix } = weights;
    const { codes, order, groupsPerTap } = grouped(matrix, sizes);
    const values = storeValues(site, weights, order);
    const ending = endingOf(site);
    const { quads, lanes, groups } = sharingOf(window, matrix.rows, 1);
    const args = [
      ...windowArgs(window),
      ...values.args,
      ...ending.args,
      ...[site.pack('places', codes).array, groupsPerTap, sizes.m, sizes.groupBits, sizes.placeBits],
      ...[site.result.array, lanes, matrix.rows],
    ];
    return { calls: [...window.before, { routine: shader(values, ending, sizes.n, quads), args, groups }] };
  },
};

const names = [...windowNames, ...told];
const ownNames = ['codes', 'groups_per_tap', 'size', 'group_bits', 'place_bits', 'result', 'lanes', 'rows'];

const shader = (values: Stored, ending: Ending, n: number, quads: number): Routine => ({
  name: `nm-${n}-${4 * quads}-${values.kind}-${ending.kind}`,
  template: 'webgpu/kernels/nm.wgsl.hbs',
  view: {
    ...pixelView(1, quads),
    told: declared([...names, ...ending.names, ...ownNames]),
    kept: n,
    value: values.value(`(at_group * ${n} + k)`),
    finish: ending.result(`sum * ${values.factor('slot')}`, 'slot', 'at'),
  },
  needs: [...values.needs, ...ending.needs, math.readFour],
});

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

interface Grouped {
  readonly codes: Uint32Array<ArrayBuffer>;
  readonly order: Order;
  readonly groupsPerTap: number;
}

/** Where a group has fewer weights than others, zeros are stored for its first column. */
function grouped(matrix: Matrix, { n, m, placeBits, groupBits }: Sizes): Grouped {
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
