/** Layers that kernels of the target cuda compute off the tensor cores, and all of them as one program for this machine. */
import { evaluate } from '../src/graph/evaluate.ts';
import type { Graph, Node } from '../src/graph/graph.ts';
import { randomInputs } from '../src/graph/samples.ts';
import type { Kernel } from '../src/plan/kernel.ts';
import { elements } from '../src/tensor/type.ts';
import { programOf, runProgram } from './cuda-kit.ts';
import { distance } from './ops/law.ts';
import { webgpuCases } from './webgpu-cases.ts';
import { attending, lineCases, normalised, one, reducing } from './webgpu-cases-lines.ts';
import type { WebgpuCase } from './webgpu-layers.ts';
import { bandedConv, codedConv, conv, convOf, dense, grouped, rows, same } from './webgpu-layers.ts';

/** Every third row is empty. */
const gaps = ({ rows, columns, run }: { readonly rows: number; readonly columns: number; readonly run: number }) =>
  grouped({ rows, columns, run }, { r: 1, c: 1 }, 0.3, 9).map((v, i) => (Math.floor(i / columns) % 3 === 1 ? 0 : v));

const vector = (title: string, size: number, o: number, density: number, half = true): WebgpuCase =>
  conv(title, { x: [1, 1, 1, size], o, kernel: [1, 1], density, half });

/** Convolutions of more than a pixel, whose weights are not stored dense. */
const filtersPictures = ({ nodes }: Graph): boolean => {
  const call = nodes.find((node) => node.kind === 'call' && node.op.kind === 'conv2d');
  const weights = nodes.find(({ id }) => id === 'weights');
  return call !== undefined && elements(call.type.shape.slice(1, 3)) > 1 && weights?.type.encoding.format !== 'dense';
};

const windowCases: readonly WebgpuCase[] = [
  ...webgpuCases.sparse.filter(({ graph }) => filtersPictures(graph)),
  convOf('rows without weights', { ...same, x: [1, 9, 10, 6], o: 11 }, rows, gaps),
  convOf(
    'no weights',
    { ...same, x: [1, 5, 6, 4], o: 7, activation: 'relu' },
    rows,
    (m) => new Float32Array(m.rows * m.columns),
  ),
  convOf('all weights', { ...same, x: [1, 8, 8, 12], o: 40, half: false }, rows, (m) =>
    grouped(m, { r: 1, c: 1 }, 1, 3),
  ),
  conv('a stride of two', { ...same, x: [2, 14, 15, 6], o: 20, stride: [2, 2], density: 0.2 }),
  conv('a stride of two, 1x1', {
    x: [1, 14, 14, 24],
    o: 12,
    kernel: [1, 1],
    stride: [2, 2],
    density: 0.3,
    half: false,
  }),
  conv('5x5, a stride of three, a dilation', {
    ...{ x: [1, 31, 29, 3], o: 9, kernel: [5, 5], stride: [3, 2], dilation: [2, 1], pad: [4, 2, 3, 1], density: 0.3 },
  }),
  conv('as it lies, 1x1', { x: [2, 6, 8, 130], o: 36, kernel: [1, 1], density: 0.1, residual: true }),
  conv('as it lies, 3x3', { x: [1, 10, 8, 7], o: 5, kernel: [3, 3], density: 0.3 }),
  conv('borders wider than the kernel', {
    ...{ x: [2, 5, 8, 6], o: 9, kernel: [2, 1], pad: [1, 3, 0, 4], density: 0.3 },
  }),
  conv('many channels', { ...same, x: [1, 7, 7, 256], o: 24, density: 0.1, half: false }),
  conv('many rows', { ...same, x: [1, 14, 14, 16], o: 300, density: 0.1, activation: 'relu' }),
  conv('groups', { ...same, x: [2, 9, 8, 12], o: 21, groups: 3, density: 0.3, activation: 'relu' }),
  convOf(
    'groups, bands of four rows',
    { ...same, x: [1, 9, 8, 8], o: 20, groups: 2 },
    { format: 'block', params: { r: 4, c: 1 } },
    (m) => grouped(m, { r: 4, c: 1 }, 0.3, 5),
  ),
  dense('many vectors', 70, 65, 40, 0.2),
  dense('many vectors, f32', 33, 200, 10, 0.1, false),
];

const vectorCases: readonly WebgpuCase[] = [
  dense('a vector', 1, 130, 21, 0.2),
  dense('some vectors, f32', 7, 65, 10, 0.5, false),
  vector('long rows, shared', 8200, 5, 0.2),
  vector('long rows, a bit for each', 8200, 5, 0.5, false),
  vector('more rows than blocks', 40, 4500, 0.1),
  codedConv('steps', { x: [1, 1, 1, 300], o: 12, kernel: [1, 1], density: 0.1 }, 'steps', rows),
  codedConv('a codebook', { x: [1, 1, 1, 300], o: 12, kernel: [1, 1], density: 0.1 }, 'book', rows),
  codedConv('steps, a bit for each', { x: [1, 1, 1, 300], o: 12, kernel: [1, 1], density: 0.5 }, 'steps', rows),
  codedConv('a codebook, a bit for each', { x: [1, 1, 1, 300], o: 12, kernel: [1, 1], density: 0.5 }, 'book', rows),
  bandedConv('bands of four rows', { x: [3, 1, 1, 500], o: 27, kernel: [1, 1], density: 0.1, activation: 'prelu' }),
  convOf('rows without weights', { x: [1, 1, 1, 70], o: 11, kernel: [1, 1] }, rows, gaps),
  convOf('no weights', { x: [1, 1, 1, 70], o: 11, kernel: [1, 1] }, rows, (m) => new Float32Array(m.rows * m.columns)),
  convOf('all weights', { x: [1, 1, 1, 70], o: 11, kernel: [1, 1] }, rows, (m) => grouped(m, { r: 1, c: 1 }, 1, 3)),
];

const denseCases: readonly WebgpuCase[] = [
  ...webgpuCases.dense.filter(({ title }) => /^3x3|^1x1|^stride|^many|^groups/.test(title)),
  conv('as it lies, 1x1', { x: [2, 6, 8, 30], o: 36, kernel: [1, 1], residual: true, half: false }),
  conv('a stride of two', { ...same, x: [2, 14, 15, 6], o: 20, stride: [2, 2] }),
  conv('borders wider than the kernel', { x: [1, 6, 7, 9], o: 20, kernel: [1, 1], pad: [1, 4, 4, 4], half: false }),
  conv('few tiles, many columns', { ...same, x: [1, 7, 7, 100], o: 40, half: false, activation: 'relu' }),
  conv('many rows, several tiles', { ...same, x: [1, 20, 21, 5], o: 140, half: false }),
  conv('a large tile', { ...same, x: [1, 10, 10, 5], o: 128, half: false, activation: 'relu' }),
  conv('groups', { ...same, x: [2, 9, 8, 12], o: 21, groups: 3, half: false }),
  codedConv('steps', { ...same, x: [1, 6, 6, 40], o: 12 }, 'steps', { format: 'dense', params: {} }),
  codedConv('a codebook', { ...same, x: [1, 6, 6, 24], o: 12, half: false }, 'book', { format: 'dense', params: {} }),
];

const denseVectorCases: readonly WebgpuCase[] = [
  ...webgpuCases.dense.filter(({ title }) => /^a vector|^steps|^a codebook/.test(title)),
  dense('some vectors, f32', 7, 65, 10, 1, false),
  vector('long rows', 4200, 5, 1, false),
];

const depthwiseCases: readonly WebgpuCase[] = [
  ...webgpuCases.depthwise,
  conv('a stride of two', { ...same, x: [2, 9, 12, 6], o: 6, groups: 6, stride: [2, 2], activation: 'relu6' }),
];

/** All of them side by side: one program computes what is "out" of each. */
export function together(cases: readonly WebgpuCase[]): Graph {
  const of = (id: string, i: number): string => `c${i}_${id}`;
  const nodes = cases.flatMap(({ graph }, i) =>
    graph.nodes.map((node): Node => {
      const id = of(node.id, i);
      if (node.kind === 'input') return { ...node, id, name: id };
      return node.kind === 'constant' ? { ...node, id } : { ...node, id, inputs: node.inputs.map((x) => of(x, i)) };
    }),
  );
  const outputs = cases.flatMap(({ graph }, i) => graph.outputs.map((o) => ({ name: of(o.name, i), id: of(o.id, i) })));
  return { name: 'layers', file: 'layers', nodes, outputs };
}

/** Of each kernel, by its name. */
export const layerCases: Readonly<Record<string, readonly WebgpuCase[]>> = {
  depthwise: depthwiseCases,
  'dense-vector': denseVectorCases,
  dense: denseCases,
  'sparse-vector': vectorCases,
  sparse: windowCases,
  ...lineCases,
  softmax: [
    ...lineCases.softmax,
    one('of a line for a block', { kind: 'softmax', axis: 1 }, { x: [2, 1500] }),
    one('of lines for several blocks', { kind: 'softmax', axis: 0 }, { x: [16500, 2] }),
  ],
  reduce: [
    ...lineCases.reduce,
    reducing('the mean of a line for a large block', 'mean', [0], [4500, 2]),
    reducing('the largest of a line for a block', 'max', [1], [3, 1030]),
    reducing('the mean of lines for several blocks', 'mean', [1, 2], [2, 130, 127, 2]),
    reducing('the smallest of a line for several blocks', 'min', [0, 1], [1, 20011]),
  ],
  'layer-norm': [...lineCases['layer-norm'], normalised('of a line for a block', [2, 1100])],
  attention: [
    ...lineCases.attention,
    attending('two fours of numbers a thread, a mask', [1, 70, 8], [1, 67, 144], 2, [70, 67]),
    attending('values that are wider than a block has', [1, 9, 8], [1, 10, 264], 2),
  ],
};

/** What is wrong with what kernels compute of layers, against what these mean. */
export function faultsOfLayers(
  named: Readonly<Record<string, readonly WebgpuCase[]>>,
  kernels: readonly Kernel[],
  flags: readonly string[],
): readonly string[] {
  const cases = Object.entries(named).flatMap(([kernel, all]) => all.map((one) => ({ ...one, kernel })));
  const graph = together(cases);
  const program = programOf(graph, kernels);
  const inputs = randomInputs(graph, 7);
  const got = runProgram(program, inputs, flags);
  const want = evaluate(graph, inputs);
  const taken = program.plan.steps.flatMap(({ work }) => (work.kind === 'routines' ? [work.kernel] : []));
  return cases.flatMap(({ title, kernel }, i) => {
    const apart = distance(got[`c${i}_out`], want[`c${i}_out`]);
    const other = taken[i] === kernel ? [] : [`${title} went to "${taken[i]}" and not to "${kernel}"`];
    return [...other, ...(apart <= 2e-6 ? [] : [`${kernel}, ${title}: ${apart}`])];
  });
}
