/** Transposed convolutions, for the kernels of the target wasm. */
import type { Op } from '../src/ops/index.ts';
import { elements, tensor } from '../src/tensor/type.ts';
import type { WasmCase } from './wasm-cases-layers.ts';
import { sizes } from './wasm-cases-layers.ts';
import { constant, layered, sparse } from './wasm-graphs.ts';

const transposed = (title: string, x: readonly number[], kernel: readonly number[], rest: object = {}): WasmCase => {
  const op: Op = {
    kind: 'conv-transpose2d',
    stride: [2, 2],
    dilation: [1, 1],
    pad: [0, 0, 0, 0],
    size: [2 * x[1], 2 * x[2]],
    activation: 'none',
    ...rest,
  };
  const shape = [3, ...kernel, x[3]];
  return {
    title,
    graph: layered(op, {
      x: tensor('f32', x),
      weights: constant('weights', tensor('f32', shape), sparse(elements(shape), 1, 4)),
      bias: constant('bias', tensor('f32', [3]), sparse(3, 1, 5)),
      ...(op.activation === 'prelu' && { slope: constant('slope', tensor('f32', [3]), sparse(3, 1, 6)) }),
    }),
  };
};

export const convTranspose: readonly WasmCase[] = [
  ...sizes.map(([h, w]) => transposed(`2x2 of ${h}x${w}`, [1, h, w, 4], [2, 2])),
  transposed('two pictures', [2, 5, 5, 3], [3, 3]),
  transposed('3x3 with a cut', [1, 7, 5, 3], [3, 3], { pad: [1, 1, 0, 0], activation: 'relu' }),
  transposed('5x4 with a larger cut', [1, 7, 5, 3], [5, 4], { pad: [4, 3, 0, 0], size: [11, 6] }),
  transposed('stride 3 and 1', [1, 5, 9, 2], [4, 3], { stride: [3, 1], size: [16, 11], activation: 'prelu' }),
  transposed('gaps between taps', [1, 5, 9, 2], [2, 3], { dilation: [3, 2], size: [12, 21], activation: 'sigmoid' }),
  transposed('a stride beyond the window', [1, 4, 4, 2], [1, 2], { stride: [3, 3], size: [11, 12] }),
];
