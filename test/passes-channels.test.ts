/**
 * Channel pruning as the papers leave it: batch-norm factors of 0, with and without an offset (Network Slimming, ICCV
 * 2017), and residual streams with masked channels and a dead branch (soft masking, ECCV 2022).
 */
import { expect, test } from 'vitest';
import { pipeline } from '../passes/index.ts';
import { evaluate } from '../src/graph/evaluate.ts';
import type { Call, Constant, Graph, Id } from '../src/graph/graph.ts';
import { nodesById, operandsOf } from '../src/graph/graph.ts';
import { randomInputs } from '../src/graph/samples.ts';
import { rulesOf } from '../src/ops/index.ts';
import { runPasses } from '../src/pass.ts';
import { random } from './models.ts';
import type { Builder } from './passes/builder.ts';
import { builder } from './passes/builder.ts';
import { largestError } from './passes/compare.ts';
import { fakeTarget } from './passes/fake-target.ts';

const compiled = (graph: Graph): Graph => runPasses(graph, pipeline(fakeTarget), () => {});

const calls = ({ nodes }: Graph, kind: string): readonly Call[] =>
  nodes.filter((n): n is Call => n.kind === 'call' && n.op.kind === kind);

function macs(graph: Graph): number {
  const byId = nodesById(graph);
  return graph.nodes.reduce((sum, node) => {
    if (node.kind !== 'call') return sum;
    const types = Object.entries(operandsOf(node, byId)).map(([name, { type }]) => [name, type]);
    return sum + (rulesOf(node.op).macs?.(node.op, Object.fromEntries(types), node.type) ?? 0);
  }, 0);
}

function errorOf(before: Graph, after: Graph): number {
  const inputs = randomInputs(before, 5);
  return largestError(evaluate(before, inputs), evaluate(after, inputs)).error;
}

/** What is kept of each group of ten channels: 60 % of the factors are 0, and half of those have an offset. */
const kept = (channel: number): boolean => channel % 10 < 4;
const hasOffset = (channel: number): boolean => channel % 2 === 0;

interface Layers {
  conv(x: Id, outputs: number, kernel: number): Id;
  /** Batch normalisation with pruned factors. */
  slim(x: Id): Id;
  relu(x: Id): Id;
}

function layers({ constant, call, shape }: Builder): Layers {
  const next = random(7);
  const signed = (): number => 2 * next() - 1;
  return {
    conv: (x, outputs, kernel) => {
      const inputs = shape(x)[3];
      const size = Math.sqrt(kernel * kernel * inputs);
      const weights = constant([outputs, kernel, kernel, inputs], () => signed() / size);
      const side = (kernel - 1) / 2;
      const pad = [side, side, side, side];
      const op = { kind: 'conv2d', stride: [1, 1], dilation: [1, 1], pad, groups: 1, activation: 'none' } as const;
      return call(op, [x, weights, constant([outputs], () => 0)]);
    },
    slim: (x) => {
      const c = shape(x)[3];
      const gamma = constant([c], (at) => (kept(at) ? 0.5 + next() : 0));
      const beta = constant([c], (at) => (kept(at) || hasOffset(at) ? 0.25 + next() : 0));
      const [mean, variance] = [constant([c], signed), constant([c], () => 0.5 + next())];
      return call({ kind: 'batch-norm', epsilon: 1e-3 }, [x, gamma, beta, mean, variance]);
    },
    relu: (x) => call({ kind: 'unary', fn: 'relu' }, [x]),
  };
}

/** Convolution, normalisation, activation, thrice, with a pool between; a 1x1 convolution at the end. */
function chain(): Graph {
  const made = builder();
  const { conv, slim, relu } = layers(made);
  const x = made.input('x', [1, 8, 8, 3]);
  const first = relu(slim(conv(x, 20, 3)));
  const pool = {
    kind: 'pool2d',
    fn: 'max',
    window: [2, 2],
    stride: [2, 2],
    pad: [0, 0, 0, 0],
    countPad: false,
  } as const;
  const second = relu(slim(conv(made.call(pool, [first]), 30, 3)));
  const third = relu(slim(conv(second, 20, 3)));
  return made.graph([conv(third, 4, 1)]);
}

test('a chain with 60 % of its channels pruned costs what the thin one costs, and is equal up to the border', () => {
  const before = chain();
  const after = compiled(before);
  expect(errorOf(before, after)).toBeLessThan(1e-6);
  const [a, b, c] = [8, 12, 8];
  expect(macs(after)).toBe(64 * 9 * 3 * a + 16 * 9 * a * b + 16 * 9 * b * c + 16 * c * 4);
});

/** The maps that are added, as if their middle were everywhere: what adding to the bias alone would do. */
function withoutBorders(graph: Graph): Graph {
  const flat = (node: Constant): Constant => {
    const [, h, w, c] = node.type.shape;
    const middle = (Math.floor(h / 2) * w + Math.floor(w / 2)) * c;
    return { ...node, data: Float32Array.from(node.data, (_, at) => node.data[middle + (at % c)]) };
  };
  const nodes = graph.nodes.map((n) => (n.kind === 'constant' && /_map(_panel)?$/.test(n.id) ? flat(n) : n));
  return { ...graph, nodes };
}

test('the border is where it would be wrong otherwise', () => {
  const before = chain();
  const after = compiled(before);
  const maps = after.nodes.filter((n) => n.kind === 'constant' && /_map(_panel)?$/.test(n.id));
  expect(maps.length).toBeGreaterThan(0);
  expect(errorOf(before, withoutBorders(after))).toBeGreaterThan(1e-3);
});

test('before activation, residual sums stay as wide as what is read, and the layers between them are thin', () => {
  const made = builder();
  const { conv, slim, relu } = layers(made);
  let stream = conv(made.input('x', [1, 6, 6, 3]), 10, 3);
  for (let n = 0; n < 3; n++) {
    const squeezed = conv(relu(slim(stream)), 10, 1);
    const spread = conv(relu(slim(squeezed)), 10, 3);
    const restored = conv(relu(slim(spread)), 10, 1);
    stream = made.call({ kind: 'binary', fn: 'add' }, [stream, restored]);
  }
  const before = made.graph([conv(relu(slim(stream)), 5, 1)]);
  const after = compiled(before);
  expect(errorOf(before, after)).toBeLessThan(1e-6);
  const block = 4 * 10 + 4 + 4 * 4 + 9 * 4 * 4 + 4 * 10;
  expect(macs(after)).toBeLessThan(36 * (9 * 3 * 10 + 3 * block + 10 * 4 + 4 * 5 + 4));
});

test('masked channels of a residual stream go from every layer of it, and a dead branch leaves one constant sum', () => {
  const made = builder();
  const { conv, relu } = layers(made);
  const unread = (at: number): boolean => at % 5 >= 3;
  const masked = (x: Id, outputs: number, kernel: number): Id => {
    const id = conv(x, outputs, kernel);
    const weights = made.graph([]).nodes.find((n) => n.kind === 'call' && n.id === id);
    const constant = made.graph([]).nodes.find((n) => weights?.kind === 'call' && n.id === weights.inputs[1]);
    if (constant?.kind === 'constant')
      for (const at of constant.data.keys()) if (unread(at % made.shape(x)[3])) constant.data[at] = 0;
    return id;
  };
  const x = made.input('x', [1, 5, 5, 2]);
  const stem = conv(x, 10, 3);
  const branch = conv(relu(masked(stem, 6, 3)), 10, 3);
  const sum = made.call({ kind: 'binary', fn: 'add' }, [stem, branch]);
  const deep = conv(relu(masked(sum, 6, 3)), 10, 3);
  const zero = made.constant([10], () => 0);
  const one = made.constant([10], () => 1);
  const beta = made.constant([10], (at) => at / 4 - 1);
  const dead = made.call({ kind: 'batch-norm', epsilon: 1e-3 }, [deep, zero, beta, zero, one]);
  const bent = relu(sum);
  const end = made.call({ kind: 'binary', fn: 'add' }, [bent, dead]);
  const before = made.graph([masked(end, 3, 3)]);
  const after = compiled(before);
  expect(errorOf(before, after)).toBeLessThan(1e-6);
  expect(calls(after, 'conv2d').map(({ type }) => type.shape[3])).toEqual([6, 6, 6, 3]);
  const constants = new Set(
    after.nodes.flatMap((n) => (n.kind === 'constant' && n.type.shape.join() === '6' ? [n.id] : [])),
  );
  const sums = calls(after, 'binary').filter(({ inputs }) => inputs.some((id) => constants.has(id)));
  expect(sums.length).toBe(1);
});
