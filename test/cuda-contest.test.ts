/** Layers that several kernels could compute: prices, plans and explanations are of the one that has them, and of the GPU that code is made for. */
import { describe, expect, test } from 'vitest';
import { chooseFormats } from '../passes/choose-formats.ts';
import { reorderLayout } from '../passes/reorder-layout.ts';
import { explain } from '../src/explain/explain.ts';
import { formatNamed } from '../src/formats/index.ts';
import type { Constant, Graph, Node } from '../src/graph/graph.ts';
import { nodesById } from '../src/graph/graph.ts';
import { parse } from '../src/graph/parse.ts';
import { weightsOf } from '../src/graph/weights.ts';
import { lower } from '../src/plan/lower.ts';
import { workOf } from '../src/plan/offers.ts';
import type { Prediction } from '../src/plan/rates.ts';
import type { Encoding } from '../src/tensor/type.ts';
import { dense } from '../src/tensor/type.ts';
import { archs } from '../targets/cuda/archs.ts';
import { arithmetics } from '../targets/cuda/arithmetic.ts';
import { judge } from '../targets/cuda/contest.ts';
import { deviceFor, deviceNamed, devices, h100 } from '../targets/cuda/devices.ts';
import { cuda } from '../targets/cuda/target.ts';
import type { ConvSpec } from './wasm-graphs.ts';
import { convGraph } from './wasm-graphs.ts';
import { inGroups, same } from './webgpu-layers.ts';

/** A layer as models bring it, compiled: what was chosen, what computes it, and what all weights would take. */
function compiled(graph: Graph, options: Parameters<typeof cuda.target>[0]) {
  const target = cuda.target(options);
  const passes = [chooseFormats(target.price), reorderLayout(target)];
  const done = passes.reduce((g, pass) => pass.run(g, () => {}), graph);
  const plan = lower(done, target.kernels);
  const [weights] = weightsOf(done).values();
  const { encoding } = weights.constant.type;
  const predicted = ({ format, params }: Encoding): Prediction => {
    const cost = formatNamed(format)?.cost(weights.matrix, params) ?? expect.unreachable();
    const offer = { encoding: { format, params }, cost, matrix: weights.matrix };
    return target.predict(workOf(weights.call, offer, nodesById(done)));
  };
  const work = plan.steps.find(({ call }) => call.id === weights.call.id)?.work;
  return {
    ...{ format: encoding.format, kernel: work?.kind === 'routines' ? work.kernel : null },
    ...{ chosen: predicted(encoding), all: predicted(dense) },
    explained: () => explain(done, plan, target).layers[0],
  };
}

const conv = (spec: Omit<ConvSpec, 'kernel'> & Partial<Pick<ConvSpec, 'kernel'>>): Graph =>
  convGraph({ ...same, half: true, encoding: dense, ...spec });

/** With two of every four weights kept. */
function half(graph: Graph): Graph {
  const fill = (node: Constant): Constant => {
    const [rows, ...others] = node.type.shape;
    const run = others[others.length - 1];
    const columns = others.reduce((a, b) => a * b);
    return { ...node, data: inGroups({ rows, columns, run }, 2, 4, 1).map(Math.fround) };
  };
  return { ...graph, nodes: graph.nodes.map((n) => (n.kind === 'constant' && n.id === 'weights' ? fill(n) : n)) };
}

const f16 = { arithmetic: 'f16' } as const;

describe('with tensor cores asked for', () => {
  test('few weights of few pixels are computed off them, and that is said', () => {
    const { kernel, chosen, explained } = compiled(conv({ x: [1, 14, 14, 64], o: 64, density: 0.05 }), f16);
    expect([kernel, chosen.family]).toEqual(['sparse', 'sparse windows']);
    const { whyNotAsked } = explained();
    expect(whyNotAsked).toMatch(
      /^[\w ,]*tensor cores[\w ,]* in f16 would take [\d.]+ us, and sparse windows [\d.]+ us$/,
    );
    expect(chosen.others?.find(({ asked }) => asked)?.ns).toBeGreaterThan(chosen.ns);
  });

  test('a layer of one pixel is, since tensor cores take no such layers', () => {
    const spec = { x: [1, 1, 1, 256], o: 256, kernel: [1, 1], pad: [0, 0, 0, 0], density: 0.1 };
    const { kernel, explained } = compiled(conv(spec), f16);
    expect(kernel).toBe('sparse-vector');
    expect(explained().whyNotAsked).toBe('tensor cores in f16: takes 8 pixels or more, and there are 1');
  });

  test('half of the weights are multiplied by sparse tensor cores where that is faster, and that is said where not', () => {
    const many = compiled(half(conv({ x: [1, 28, 28, 128], o: 128 })), f16);
    expect([many.kernel, many.chosen.family]).toEqual(['tensor', 'sparse tensor cores in f16']);
    const few = compiled(half(conv({ x: [1, 28, 28, 128], o: 512, kernel: [1, 1], pad: [0, 0, 0, 0] })), f16);
    expect([few.kernel, few.chosen.family, few.format]).toEqual(['tensor', 'tensor cores in f16', 'dense']);
    expect(few.explained().whyNotSparse).toMatch(/^at 50 % zeros nm .* would take [\d.]+ us and dense takes [\d.]+ us/);
  });

  test('no layer is stored in what is predicted to be slower than all weights', () => {
    for (const size of [7, 28, 56])
      for (const channels of [32, 64]) {
        const { chosen, all } = compiled(half(conv({ x: [1, size, size, channels], o: 64 })), f16);
        expect(chosen.ns).toBeLessThanOrEqual(all.ns);
      }
  });

  test('what shapes of tiles add is told', () => {
    const { chosen } = compiled(half(conv({ x: [1, 56, 56, 68], o: 72 })), f16);
    expect(chosen.use?.padding).toBeGreaterThan(0.1);
    expect(chosen.use).toMatchObject({ tile: expect.stringMatching(/^\d+x\d+$/), registers: expect.any(Number) });
  });
});

test('whole numbers of 8 bits are priced as tensor cores compute them, and those of more as loops', () => {
  const given = (high: number): Graph =>
    parse(`graph one of "one.json"
  %x = input "x" : f32[64x128]
  %w = input "w" : i32[64x128]
  %b = input "b" : i32[64]
  %s = input "s" : f32[1]
  %z = input "z" : i32[1]
  %q = quantize(%x, %s, %z) axis=-1 low=-${high} high=${high} : i32[64x128]
  %y = linear(%q, %w, %b) activation=none : i32[64x64]
return "y"=%y
`);
  const graph = (high: number): Graph => {
    const { nodes, ...others } = given(high);
    const data = {
      w: Int32Array.from({ length: 64 * 128 }, (_, i) => (i % 4 < 2 ? (i % 100) + 1 : 0)),
      b: new Int32Array(64),
    };
    const known = nodes.map((n): Node => {
      const numbers = n.id === 'w' || n.id === 'b' ? data[n.id] : undefined;
      return numbers ? { kind: 'constant', id: n.id, type: n.type, data: numbers } : n;
    });
    return { ...others, nodes: known };
  };
  const small = compiled(graph(127), {});
  expect([small.kernel, small.chosen.family]).toEqual(['tensor-whole', 'tensor cores in 8 bits']);
  const large = compiled(graph(300), {});
  expect([large.kernel, large.chosen.family]).toEqual([null, 'loops']);
  expect(large.chosen.others).toContainEqual({
    routine: 'tensor cores in 8 bits',
    reason: 'takes 8 bits, and is given -300 to 300',
  });
});

test('what wins is what takes least, less a tenth for what was asked for', () => {
  const one = (name: string, ns: number | string, asked?: true) => ({
    ...{ name, kernels: [], ...(asked && { asked }) },
    predict: () =>
      typeof ns === 'string'
        ? ns
        : { ns, family: name, bound: 'memory', counted: { family: 'loops', counts: {} } as const },
  });
  const work = {} as never;
  const winner = (...all: ReturnType<typeof one>[]) => judge(all, work).winner.name;
  expect(winner(one('a', 100, true), one('b', 95))).toBe('a');
  expect(winner(one('a', 100, true), one('b', 80))).toBe('b');
  expect(winner(one('a', 'takes one group', true), one('b', 1000))).toBe('b');
  expect(judge([one('a', 'takes one group', true), one('b', 10)], work).prediction.others).toEqual([
    { routine: 'a', reason: 'takes one group', asked: true },
  ]);
});

describe('GPUs', () => {
  test('are known of every architecture', () => {
    for (const arch of archs) expect(deviceFor([arch]).arch).toBe(arch.name.replace(/a$/, ''));
    expect(deviceFor(archs.filter(({ name }) => ['sm_80', 'sm_90'].includes(name)))).toBe(h100);
  });

  test('are found by what drivers call them', () => {
    const named = (name: string) => deviceNamed(name)?.name;
    expect(named('NVIDIA A100-SXM4-80GB (sm_80)')).toBe('A100');
    expect(named('NVIDIA L40S (sm_89)')).toBe('L40S');
    expect(named('NVIDIA L4 (sm_89)')).toBe('L4');
    expect(named('NVIDIA GeForce RTX 4090 Laptop GPU (sm_89)')).toBe('GeForce RTX 4090');
    expect(named('NVIDIA GeForce RTX 3060 (sm_86)')).toBeUndefined();
  });

  test('multiply as much as their makers say', () => {
    const tera = (name: string, element: 'f16' | 's8'): number => {
      const device = devices.find((d) => d.name === name) ?? expect.unreachable();
      return (2 * device.processors * device.clock * device.tensor[element]) / 1e3;
    };
    expect(tera('A100', 'f16')).toBeCloseTo(312, 0);
    expect(tera('GeForce RTX 3090', 's8')).toBeCloseTo(284, -1);
    expect(tera('GeForce RTX 4090', 'f16')).toBeCloseTo(165, 0);
    expect(tera('L4', 'f16')).toBeCloseTo(121, 0);
    expect(tera('Orin', 's8')).toBeCloseTo(85, 0);
    expect(tera('GeForce RTX 5090', 'f16')).toBeCloseTo(209.5, 0);
  });

  test('of less are predicted to take longer, and get tiles of their own', () => {
    const graph = half(conv({ x: [1, 28, 28, 64], o: 256 }));
    const [large, small] = ['sm_90', 'sm_87'].map((arch) => compiled(graph, { ...f16, arch }).chosen);
    expect(small.ns).toBeGreaterThan(2 * large.ns);
    expect(small.use?.tile).not.toBe(large.use?.tile);
  });

  test('have a winner for every arithmetic', () => {
    const graph = conv({ x: [1, 9, 9, 40], o: 24, density: 0.3 });
    for (const arithmetic of arithmetics)
      for (const arch of ['sm_75', 'sm_80,sm_120']) expect(compiled(graph, { arithmetic, arch }).kernel).not.toBeNull();
  });
});
