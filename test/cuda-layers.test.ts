/** Kernels of the target cuda off the tensor cores, against the meaning of what they compute: some of each; all of them with the slow tests. */
import { describe, expect, test } from 'vitest';
import { formatNamed } from '../src/formats/index.ts';
import type { Graph } from '../src/graph/graph.ts';
import { nodesById } from '../src/graph/graph.ts';
import { weightsOf } from '../src/graph/weights.ts';
import { workOf } from '../src/plan/offers.ts';
import type { Prediction } from '../src/plan/rates.ts';
import { kernels } from '../targets/cuda/kernels/index.ts';
import { cudaTarget } from '../targets/cuda/target.ts';
import { installed } from './cpu-build.ts';
import { programOf } from './cuda-kit.ts';
import { faultsOfLayers, layerCases } from './cuda-layers.ts';
import { bandedConv, conv, dense, same } from './webgpu-layers.ts';

/** Several chunks of planes, several images, wide borders, rows without weights; lines of one warp and of a block, and tiles that are not full. */
const quick =
  /^3x3, a border|^borders|rows without weights|^groups$|^bands of four rows, f32|^as it lies, 1x1|^long rows|^the |^of |turned$|mask|^values that/;

describe.skipIf(!installed('g++'))('kernels of layers', () => {
  test('every kernel has cases', () => {
    expect(Object.keys(layerCases).sort()).toEqual(kernels.map(({ name }) => name).sort());
  });

  test('mean what their layers do', () => {
    const some = Object.entries(layerCases).map(([kernel, cases]) => [
      kernel,
      cases.filter(({ title }) => quick.test(title)),
    ]);
    expect(faultsOfLayers(Object.fromEntries(some), kernels, ['-O0'])).toEqual([]);
  });
});

test('strides of more phases than a grid has blocks are left to loops', () => {
  const { graph } = conv('', { x: [1, 256, 257, 1], o: 2, kernel: [256, 257], stride: [256, 257], half: false });
  const { plan } = programOf(graph, kernels);
  expect(plan.steps.map(({ work }) => work.kind)).toContain('loops');
});

describe('prices', () => {
  const target = cudaTarget([]);
  const predicted = (graph: Graph): Prediction => {
    const [{ call, constant, matrix }] = weightsOf(graph).values();
    const { encoding } = constant.type;
    const cost = formatNamed(encoding.format)?.cost(matrix, encoding.params);
    return cost ? target.predict(workOf(call, { encoding, cost }, nodesById(graph))) : expect.unreachable();
  };
  const filters = (density: number): Prediction =>
    predicted(conv('', { ...same, x: [8, 14, 14, 64], o: 64, density, half: false }).graph);

  test('of a convolution fall with what is kept, and below those of all weights when little is', () => {
    const [all, half, tenth] = [1, 0.5, 0.1].map(filters);
    expect(tenth.ns).toBeLessThan(all.ns / 1.5);
    expect(tenth.ns).toBeLessThan(half.ns);
    expect([all.family, tenth.family]).toEqual(['dense tiles', 'sparse windows']);
    expect(tenth.use?.occupancy).toBeGreaterThan(0);
    expect(tenth.use?.bytes).toBeLessThan(all.use?.bytes ?? 0);
  });

  test('of rows that share their places are lower', () => {
    const spec = { ...same, x: [8, 14, 14, 64], o: 256, density: 0.1, half: false };
    expect(predicted(bandedConv('', spec).graph).ns).toBeLessThan(predicted(conv('', spec).graph).ns);
  });

  test('of a vector are those of the bytes that its weights take', () => {
    const [all, tenth] = [1, 0.1].map((density) => predicted(dense('', 1, 2048, 2048, density, false).graph));
    expect([all.family, all.bound]).toEqual(['dense vectors', 'memory']);
    expect(tenth.family).toBe('sparse vectors');
    expect(tenth.ns).toBeLessThan(all.ns / 2);
  });
});
