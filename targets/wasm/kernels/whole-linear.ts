/** Dense layers of whole numbers, and convolutions whose window is the whole picture. */
import type { Kernel, Routine } from '../../../src/plan/kernel.ts';
import { isLive } from '../../../src/tensor/matrix.ts';
import { elements } from '../../../src/tensor/type.ts';
import { mostShort } from '../wish-whole.ts';
import { activationOf } from './linear.ts';

export const wholeLinear: Kernel = {
  name: 'whole-linear',
  doc: 'dense layers of whole numbers of 16 bits',
  integers: true,

  match({ call, types, arrays, result, weights, pack, scratch, bounds, constant }) {
    if (result.type.dtype !== 'i32') return 'not of whole numbers';
    if (activationOf(call.op, types) !== 'none') return 'not a dense layer, or one that bounds its sums';
    if (types.x.layout.kind !== 'plain' || result.type.layout.kind !== 'plain')
      return 'does not go from plain to plain';
    const known = bounds('x');
    if (!known || known.low < -mostShort - 1 || known.high > mostShort) return 'numbers may not fit 16 bits';
    if (!weights || !constant('bias')) return 'weights or bias are computed';
    const { matrix } = weights;
    const { rows, columns, data } = matrix;
    const most = data.reduce((m, w) => Math.max(m, w < 0 ? -w - 1 : w), 0);
    if (most > mostShort) return 'weights do not have 16 bits';
    const padded = 8 * Math.ceil(columns / 8);
    const length = 4 * Math.ceil(rows / 4) * padded;
    const packed = most < 2 ** 7 ? new Int8Array(length) : new Int16Array(length);
    for (let i = 0; i < data.length; i++)
      if (isLive(matrix, i)) packed[Math.floor(i / columns) * padded + (i % columns)] = data[i];
    const vectors = elements(result.type.shape) / rows;
    const short = scratch('short', 'i16', vectors * padded);
    return {
      calls: [
        { routine: shorten, args: [arrays.x, short, vectors, columns, padded] },
        {
          routine: packed instanceof Int8Array ? bytes : shorts,
          args: [short, result.array, pack('rows', packed).array, arrays.bias, vectors, rows, padded],
        },
      ],
    };
  },
};

const shorten: Routine = {
  name: 'whole-shorten',
  template: 'wasm/kernels/whole-shorten.wat.hbs',
  view: {},
  needs: [],
};

function linearOf(bits: 8 | 16, load: string): Routine {
  const name = `whole-linear-${bits}`;
  const view = {
    ...{ name: name.replaceAll('-', '_'), bits, bytes: bits / 8, eight: bits, load, last: 3 },
    ...{ rows: [0, 1, 2, 3], furtherRows: [1, 2, 3].map((row) => ({ row, above: row - 1 })) },
  };
  return { name, template: 'wasm/kernels/whole-linear.wat.hbs', view, needs: [] };
}

const bytes = linearOf(8, 'v128.load8x8_s');
const shorts = linearOf(16, 'v128.load');
