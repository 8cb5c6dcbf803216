/** A small network as ONNX, with a layer for every case: a stem, depthwise and grouped ones, 3x3, 1x1 and dense layers. */
import { random } from '../models.ts';
import type { Message } from '../onnx/kit.ts';
import { bytesOfModel, floats, modelOf, node, port } from '../onnx/kit.ts';

const drawn = (name: string, seed: number, ...dims: readonly number[]): Message => {
  const next = random(seed);
  const count = dims.reduce((n, d) => n * d, 1);
  return floats(
    name,
    dims,
    Float32Array.from({ length: count }, () => next() - 0.5),
  );
};

/** Input x [1, 3, 10, 9], output y [1, 10]. */
export const smallNet = (): Uint8Array<ArrayBuffer> =>
  bytesOfModel(
    modelOf({
      inputs: [port('x', [1, 3, 10, 9])],
      outputs: [port('y', [1, 10])],
      initializers: [
        drawn('stem.weight', 1, 16, 3, 3, 3),
        drawn('depth.weight', 2, 16, 1, 3, 3),
        drawn('wide.weight', 3, 20, 16, 3, 3),
        drawn('wide.bias', 4, 20),
        drawn('scale', 5, 20),
        drawn('offset', 6, 20),
        drawn('mean', 7, 20),
        floats('variance', [20], new Array<number>(20).fill(0.5)),
        drawn('point.weight', 8, 24, 20, 1, 1),
        drawn('grouped.weight', 9, 24, 12, 3, 3),
        drawn('mixed.weight', 10, 24, 18),
        drawn('mixed.bias', 11, 18),
        drawn('head.weight', 12, 10, 18),
      ],
      nodes: [
        node('Conv', ['x', 'stem.weight'], ['a'], { pads: [1, 1, 1, 1] }),
        node('Relu', ['a'], ['b']),
        node('Conv', ['b', 'depth.weight'], ['c'], { group: 16 }),
        node('Conv', ['c', 'wide.weight', 'wide.bias'], ['d'], { pads: [1, 1, 1, 1], strides: [2, 2] }),
        node('BatchNormalization', ['d', 'scale', 'offset', 'mean', 'variance'], ['e']),
        node('Conv', ['e', 'point.weight'], ['f']),
        node('Sigmoid', ['f'], ['g']),
        node('Conv', ['g', 'grouped.weight'], ['h'], { group: 2 }),
        node('GlobalAveragePool', ['h'], ['i']),
        node('Flatten', ['i'], ['j']),
        node('MatMul', ['j', 'mixed.weight'], ['k']),
        node('Add', ['k', 'mixed.bias'], ['l']),
        node('Gemm', ['l', 'head.weight'], ['y'], { transB: 1 }),
      ],
    }),
  );
