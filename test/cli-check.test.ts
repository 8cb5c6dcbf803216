/** Comparing results, and naming the pass or the layer that is to blame for a wrong one. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { tapped } from '../src/check/bisect.ts';
import { compareOutputs, incomparable, relativeError } from '../src/check/compare.ts';
import { inputShapes } from '../src/check/peer.ts';
import { loadTfjs } from '../src/check/tfjs.ts';
import type { Runner, VerifyJob } from '../src/check/verify.ts';
import { verifyModel } from '../src/check/verify.ts';
import type { Compiled } from '../src/compile.ts';
import { evaluate } from '../src/graph/evaluate.ts';
import type { Call, Graph, Node } from '../src/graph/graph.ts';
import { parse } from '../src/graph/parse.ts';
import { verify } from '../src/graph/verify.ts';
import { loadModel } from '../src/make/load.ts';
import type { Pass } from '../src/pass.ts';
import { runPlan } from '../src/plan/run.ts';
import type { Target } from '../src/target.ts';
import type { Numbers } from '../src/tensor/numbers.ts';
import { panel } from '../src/tensor/type.ts';
import { cuda } from '../targets/cuda/target.ts';
import { writeModel } from './cli-kit.ts';

const f32 = (...values: readonly number[]): Float32Array<ArrayBuffer> => Float32Array.from(values);

describe('the error of one output', () => {
  test.each<[string, readonly number[], readonly number[], number]>([
    ['none', [1, 2], [1, 2], 0],
    ['against the largest value', [1, 2.5], [1, 2], 0.25],
    ['absolute where all is zero', [0.5, 0], [0, 0], 0.5],
    ['none between NaN and NaN', [NaN, 1], [NaN, 1], 0],
    ['none between equal infinities, which do not count as the largest value', [Infinity, 1.5], [Infinity, 1], 0.5],
    ['no bound between NaN and a number', [NaN], [1], incomparable],
    ['no bound between a number and NaN', [1], [NaN], incomparable],
    ['no bound between infinities of two signs', [Infinity], [-Infinity], incomparable],
    ['no bound between lengths', [1], [1, 2], incomparable],
  ])('%s', (_, got, want, error) => {
    expect(relativeError(f32(...got), f32(...want))).toBe(error);
  });

  test('over samples the largest counts, and an output that is missing has no bound', () => {
    const outputs = [{ name: 'y', shape: [1] }];
    expect(compareOutputs(outputs, [{ y: f32(1) }, { y: f32(3) }], [{ y: f32(1) }, { y: f32(2) }])).toEqual([
      { name: 'y', shape: [1], maxError: 0.5 },
    ]);
    expect(compareOutputs(outputs, [{ y: f32(1) }], [{}])[0].maxError).toBe(incomparable);
  });
});

const graph = parse(`graph net of "net/model.json"
  %x = input "x" : f32[1x4x4x1]
  %w = constant [1 2] : f32[2x1x1x1]
  %b = constant [0 1] : f32[2]
  %c = conv2d(%x, %w, %b) stride=[1 1] dilation=[1 1] pad=[0 0 0 0] groups=1 activation=none : f32[1x4x4x2] from "block/conv"
  %r = unary(%c) fn=relu : f32[1x4x4x2] from "block/relu"
  %f = reshape(%r) shape=[1 32] : f32[1x32] from "flat"
  %s = unary(%f) fn=sigmoid : f32[1x32] from "block/sigmoid"
return "y"=%s, "raw"=%c
`);

/** Only loops, and images in panels, so that taps have something to undo. */
const loops: Target = {
  name: 'loops',
  doc: 'for tests',
  kernels: [],
  price: ({ cost }) => cost.bytes,
  predict: ({ cost }) => ({ ns: cost.bytes, bound: 'multiply', family: 'loops' }),
  wish: () => ({ kind: 'same' }),
  emit: () => ({ artefacts: [], recipe: [] }),
};

const inPanels: Pass = {
  name: 'in-panels',
  doc: 'for tests',
  run: (g) => ({
    ...g,
    nodes: g.nodes.map((n) => (n.id === 'r' ? { ...n, type: { ...n.type, layout: panel(4) } } : n)),
  }),
};

const idle: Pass = { name: 'idle', doc: 'for tests', run: (g) => g };

/** A pass that changes one node. */
const changing = (name: string, id: string, change: (node: Node) => Node): Pass => ({
  name,
  doc: 'for tests',
  run: (g) => ({ ...g, nodes: g.nodes.map((n) => (n.id === id ? change(n) : n)) }),
});

const opened = async ({ plan }: Compiled): Promise<Runner> => ({
  run: async (inputs) => runPlan(plan, inputs),
  dispose: () => {},
});

const job = (more: Partial<VerifyJob>): VerifyJob => ({
  graph,
  passes: [idle, inPanels],
  target: loops,
  render: () => '',
  open: opened,
  report: (d) => expect.unreachable(d.message),
  ...more,
});

describe('verifying', () => {
  test('in as many bits as the target multiplies in', async () => {
    const off: VerifyJob['open'] = async ({ plan }) => ({
      run: async (inputs) =>
        Object.fromEntries(Object.entries(runPlan(plan, inputs)).map(([name, y]) => [name, y.map((v) => v * 1.003)])),
      dispose: () => {},
    });
    const cudaIn = (arithmetic: string) => {
      const { error } = cuda.target({ arithmetic });
      return { ...loops, ...(error !== undefined && { error }) };
    };
    for (const [arithmetic, limit] of Object.entries({ f32: 1e-4, tf32: 5e-3, f16: 5e-3, bf16: 4e-2 }))
      expect(await verifyModel(job({ target: cudaIn(arithmetic), open: off }))).toMatchObject({
        ...{ ok: limit > 3e-3, limit },
      });
    expect(cuda.target({ arithmetic: 'f16', arch: 'sm_75,sm_80' }).error).toBe(1e-4);
  });

  test('a compiler without faults', async () => {
    expect(await verifyModel(job({ samples: 3 }))).toEqual({
      ok: true,
      target: 'loops',
      against: 'evaluate',
      limit: 1e-5,
      outputs: [
        { name: 'y', shape: [1, 32], maxError: expect.closeTo(0, 6) },
        { name: 'raw', shape: [1, 4, 4, 2], maxError: 0 },
      ],
    });
  });

  test('a pass that changes the meaning is named, with the layer', async () => {
    const wrong = changing('wrong-pass', 'r', (n) => ({ ...(n as Call), op: { kind: 'unary', fn: 'abs' } }));
    const verdict = await verifyModel(job({ passes: [idle, wrong, inPanels] }));
    expect(verdict?.ok).toBe(false);
    expect(verdict?.divergedAt).toEqual({
      stage: 'pass',
      pass: 'wrong-pass',
      layer: 'block/relu',
      op: 'unary',
      kernel: null,
      maxError: expect.any(Number),
    });
  });

  test('a layer that the artefact computes wrongly is named, though later ones are wrong as well', async () => {
    const isRelu = (n: Node): n is Call => n.kind === 'call' && n.op.kind === 'unary' && n.op.fn === 'relu';
    const open = async ({ graph: built }: Compiled): Promise<Runner> => {
      const nodes = built.nodes.map((n): Node => (isRelu(n) ? { ...n, op: { kind: 'unary', fn: 'abs' } } : n));
      return { run: async (inputs) => evaluate({ ...built, nodes }, inputs), dispose: () => {} };
    };
    const verdict = await verifyModel(job({ open }));
    expect(verdict?.outputs.map(({ maxError }) => maxError > 1e-3)).toEqual([true, false]);
    expect(verdict?.divergedAt).toMatchObject({ stage: 'target', pass: null, layer: 'block/relu', op: 'unary' });
  });

  test('TensorFlow.js and the imported graph at odds: reading is to blame, and the layer is named', async () => {
    const misread: Graph = {
      ...graph,
      nodes: graph.nodes.map((n) => (n.id === 'r' ? { ...(n as Call), op: { kind: 'unary', fn: 'abs' } } : n)),
    };
    const peer: NonNullable<VerifyJob['peer']> = {
      name: 'tfjs',
      run: async (inputs) => evaluate(graph, inputs),
      suit: (inputs) => inputs,
      valuesOf: async (inputs) => {
        const values: [string, Numbers][] = [];
        evaluate(graph, inputs, { watch: ({ origin }, data) => void (origin && values.push([origin, data])) });
        return Object.fromEntries(values);
      },
    };
    const verdict = await verifyModel(job({ graph: misread, peer }));
    expect(verdict).toMatchObject({ ok: false, against: 'tfjs' });
    expect(verdict?.divergedAt).toMatchObject({ stage: 'import', pass: null, layer: 'block/relu', op: 'unary' });
    const silent = { ...peer, valuesOf: async () => ({}) };
    expect((await verifyModel(job({ graph: misread, peer: silent })))?.divergedAt).toMatchObject({
      stage: 'import',
      layer: null,
    });
  });

  test('TensorFlow.js tells what its nodes compute', async () => {
    const root = mkdtempSync(join(tmpdir(), 'espalier-tfjs-'));
    const path = writeModel(join(root, 'net'));
    const { graph: small } = loadModel(path, {}, (d) => expect.unreachable(d.message)) ?? expect.unreachable();
    const tfjs =
      (await loadTfjs(path, inputShapes(small), (d) => expect.unreachable(d.message))) ?? expect.unreachable();
    const inputs = { x: f32(1, 2, 3, 4) };
    expect(tfjs.run(inputs)).toEqual({ y: f32(13.5, 4.5) });
    expect(tfjs.valuesOf(inputs, ['dense/MatMul', 'nothing'])).toEqual({ 'dense/MatMul': f32(13, 4) });
    tfjs.dispose();
    rmSync(root, { recursive: true });
  });

  test('what cannot be built gives no verdict', async () => {
    const said: string[] = [];
    const open = async (): Promise<undefined> => void said.push('asked');
    expect(await verifyModel(job({ open }))).toBeUndefined();
    expect(said).toEqual(['asked']);
  });
});

describe('what is picked by its score', () => {
  const scored = (third: string) =>
    parse(`graph picks of "picks/model.json"
  %x = input "x" : f32[4]
  %none = constant [0 0 0 0] : f32[4]
  %base = constant [2 1 ${third} 0] : f32[4]
  %zero = binary(%x, %none) fn=mul : f32[4] from "zero"
  %scores = binary(%zero, %base) fn=add : f32[4] from "scores"
  %best = top-k(%scores) k=3 output=indices : i32[3] from "best"
return "best"=%best, "scores"=%scores
`);
  const graph = scored('1');

  /** An artefact that computes `base` as the third score, and changes its indices at the end. */
  const opening =
    (third: string, change: (indices: Numbers) => Numbers) =>
    async ({ graph: { outputs } }: Compiled): Promise<Runner> => ({
      run: async (inputs) => {
        const { best, '%best': tap, ...rest } = evaluate({ ...scored(third), outputs }, inputs);
        return { ...rest, ...(best && { best: change(best) }), ...(tap && { '%best': tap }) };
      },
      dispose: () => {},
    });

  test('may change places where scores are equal but for rounding', async () => {
    const open = opening('1.0000001', (indices) => indices);
    const verdict = await verifyModel(job({ graph, passes: [idle], open }));
    expect(verdict).toMatchObject({ ok: true, outputs: [{ name: 'best', maxError: expect.closeTo(6e-8, 8) }, {}] });
  });

  test('may not be anything else', async () => {
    const open = opening('1.0000001', (indices) => indices.toReversed() as Numbers);
    expect(await verifyModel(job({ graph, passes: [idle], open }))).toMatchObject({ ok: false });
    const far = opening('1.01', (indices) => indices);
    expect(await verifyModel(job({ graph, passes: [idle], open: far }))).toMatchObject({ ok: false });
  });
});

test('a tapped graph is well formed and gives every value', () => {
  const taps = tapped(inPanels.run(graph, () => {}));
  verify(taps, (d) => expect.unreachable(d.message));
  expect(taps.outputs.map((o) => o.name)).toEqual(['%c', '%r', '%f', '%s']);
  const x = Float32Array.from({ length: 16 }, (_, i) => i - 8);
  expect(evaluate(taps, { x })['%s']).toEqual(evaluate(graph, { x }).y);
});
