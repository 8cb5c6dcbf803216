/** A little of everything that an ONNX file can hold: layers, shape arithmetic, subgraphs, a function, sparse and typed data. */
import { noise } from '../import/kit.ts';
import type { TestModel } from './kit.ts';
import { floats, graphAttribute, graphOf, int64s, node, port, real, tensorAttribute } from './kit.ts';

const weights = (name: string, seed: number, ...dims: readonly number[]) =>
  floats(name, dims, noise(seed, ...dims).data);

export const everything: TestModel = {
  inputs: [port('x', [1, 2, 6, 6]), port('h', ['batch', 4])],
  outputs: [port('classes', [1, 5]), 'parts', 'chosen'],
  initializers: [
    weights('k', 1, 4, 2, 3, 3),
    weights('b', 2, 4),
    weights('w', 3, 5, 4),
    { name: 'w_mask', dims: [5, 4], dataType: 9, int32Data: Array.from({ length: 20 }, (_, i) => i % 2) },
    { name: 'half', dims: [4], dataType: 10, int32Data: [15360, 0, 48128, 14336] },
    int64s('last', [1], [-1]),
    int64s('ends', [1], [2n ** 63n - 1n]),
    int64s('starts', [1], [1]),
    int64s('axes', [1], [1]),
    { name: 'yes', dims: [], dataType: 9, rawData: Uint8Array.of(1) },
    int64s('trips', [], [3]),
  ],
  sparse: [
    {
      values: floats('s', [3], [1, 0, -2]),
      indices: int64s('s_at', [3, 2], [0, 0, 1, 3, 3, 1]),
      dims: [4, 4],
    },
  ],
  functions: [
    {
      name: 'Twice',
      domain: 'test',
      input: ['a'],
      output: ['b'],
      node: [node('Add', ['a', 'a'], ['b'])],
      opsetImport: [{ domain: '', version: 17 }],
    },
  ],
  opsets: { test: 1 },
  nodes: [
    node('Conv', ['x', 'k', 'b'], ['conv'], { kernel_shape: [3, 3], pads: [1, 1, 1, 1], strides: [2, 2] }),
    node('Relu', ['conv'], ['act']),
    node('MaxPool', ['act'], ['pool'], { kernel_shape: [2, 2], strides: [1, 1] }),
    node('GlobalAveragePool', ['pool'], ['mean']),
    node('Shape', ['mean'], ['shape']),
    node('Constant', [], ['two'], { value: tensorAttribute(int64s('', [1], [2])) }),
    node('Slice', ['shape', 'starts', 'two'], ['channels']),
    node('Concat', ['last', 'channels'], ['to'], { axis: 0 }),
    node('Reshape', ['mean', 'to'], ['row']),
    node('Gemm', ['row', 'w'], ['dense'], { transB: 1, alpha: real(0.5) }),
    node('Softmax', ['dense'], ['classes'], { axis: -1 }),
    node('MatMul', ['h', 's'], ['thin']),
    node('Mul', ['thin', 'half'], ['scaled']),
    node('Twice', ['scaled'], ['doubled'], {}, 'test'),
    node('Slice', ['doubled', 'starts', 'ends', 'axes'], ['parts']),
    node('If', ['yes'], ['picked'], {
      then_branch: graphAttribute(
        graphOf({ outputs: ['t'], nodes: [node('Sigmoid', ['parts'], ['t'])], initializers: [weights('own', 5, 3)] }),
      ),
      else_branch: graphAttribute(graphOf({ outputs: ['e'], nodes: [node('Tanh', ['parts'], ['e'])] })),
    }),
    node('Loop', ['trips', 'yes', 'picked'], ['chosen', 'all'], {
      body: graphAttribute(
        graphOf({
          inputs: [port('i', [], 7), port('go', [], 9), port('v', undefined)],
          outputs: ['go', 'next', 'scan'],
          nodes: [node('Add', ['v', 'picked'], ['next']), node('Identity', ['next'], ['scan'])],
        }),
      ),
    }),
  ],
};
