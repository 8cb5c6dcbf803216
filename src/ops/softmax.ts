/** exp(x) over its sum along one axis. */
import { accumulate, assign, declare, div, f32, local, loop, max, nest, sub, unary } from '../loop/loop.ts';
import { elements } from '../tensor/type.ts';
import { read, write } from './at.ts';
import { attributeFault, dtypeFault, leastRankFault, resultType, whole } from './check.ts';
import type { Rules } from './rules.ts';

export interface Softmax {
  readonly kind: 'softmax';
  readonly axis: number;
}

export const softmax: Rules<Softmax> = {
  doc: 'exp(x) over its sum along one axis',
  operands: () => ['x'],

  infer: (op, types) =>
    dtypeFault(types, 'f32') ??
    leastRankFault(types, { x: 1 }) ??
    attributeFault(op, { axis: whole(0, types.x.shape.length - 1) }) ??
    resultType('f32', types.x.shape),

  evaluate({ axis }, { x }, { shape }) {
    const [size, step] = [shape[axis], elements(shape.slice(axis + 1))];
    const out = new Float32Array(x.data.length);
    for (let line = 0; line < x.data.length / size; line++) {
      const from = Math.floor(line / step) * step * size + (line % step);
      let [largest, total] = [-Infinity, 0];
      for (let k = 0; k < size; k++) if (largest < x.data[from + k * step]) largest = x.data[from + k * step];
      for (let k = 0; k < size; k++) total += Math.exp(x.data[from + k * step] - largest);
      for (let k = 0; k < size; k++) out[from + k * step] = Math.exp(x.data[from + k * step] - largest) / total;
    }
    return out;
  },

  /** The result holds the exponentials until their sum is known. */
  lower({ axis }, { types: { x }, arrays, result: { type, array } }) {
    const size = type.shape[axis];
    return nest(type.shape.with(axis, 1), (indices) => {
      const [largest, total, part] = [local('largest', 'f32'), local('total', 'f32'), local('part', 'f32')];
      return [
        declare(largest, f32(-Infinity)),
        ...loop('k', 0, size, (k) => [assign(largest, max(largest, read(arrays.x, x, indices.with(axis, k))))]),
        declare(total, f32(0)),
        ...loop('k', 0, size, (k) => [
          declare(part, unary('exp', sub(read(arrays.x, x, indices.with(axis, k)), largest))),
          write(array, type, indices.with(axis, k), part),
          accumulate(total, part),
        ]),
        ...loop('k', 0, size, (k) => [
          write(array, type, indices.with(axis, k), div(read(array, type, indices.with(axis, k)), total)),
        ]),
      ];
    });
  },
};
