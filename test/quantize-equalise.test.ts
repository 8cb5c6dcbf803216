/** Channels brought to like sizes before they are rounded: the same numbers on calibration data, and less lost. */
import { describe, expect, test } from 'vitest';
import { evaluate } from '../src/graph/evaluate.ts';
import type { Call, Constant, Graph, Id } from '../src/graph/graph.ts';
import { randomInputs } from '../src/graph/samples.ts';
import { verify } from '../src/graph/verify.ts';
import { equalise } from '../src/quantize/equalise.ts';
import { parseQuantize } from '../src/quantize/options.ts';
import { quantizeGraph } from '../src/quantize/quantize.ts';
import { separateLayers } from '../src/quantize/separate.ts';
import { conv } from './ops/makers.ts';
import { builder } from './passes/builder.ts';
import { largestError } from './passes/compare.ts';
import { network } from './quantize/networks.ts';

const fail = ({ message }: { readonly message: string }): never => expect.unreachable(message);

/** Inverted bottlenecks as MobileNets have them; channel c of what a layer gives is 2^−c of the first, and read as much larger. */
function uneven(): Graph {
  const made = builder();
  let state = 7;
  const next = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  };
  const size = (c: number): number => 2 ** -(c % 8);
  const rows = (shape: readonly number[], scale: (row: number, column: number) => number): Id => {
    const row = shape.slice(1).reduce((a, b) => a * b, 1);
    return made.constant(shape, (i) => next() * scale(Math.floor(i / row), i % row));
  };
  const x = made.input('x', [1, 8, 8, 3]);
  const wide = made.call(conv({ activation: 'relu6' }), [x, rows([16, 1, 1, 3], (r) => 9 * size(r)), rows([16], size)]);
  const deep = made.call(conv({ pad: [1, 1, 1, 1], groups: 16, activation: 'relu6' }), [
    wide,
    rows([16, 3, 3, 1], (r) => (r % 3) + 0.2),
    rows([16], size),
  ]);
  const narrow = made.call(conv({ activation: 'relu' }), [
    deep,
    rows([6, 1, 1, 16], (_, c) => 1 / size(c)),
    made.constant([6], () => 1),
  ]);
  const last = made.call(conv({ groups: 2 }), [narrow, rows([4, 1, 1, 3], () => 1), made.constant([4], () => 0)]);
  return made.graph([last]);
}

const samples = (graph: Graph) => [1, 2, 3].map((seed) => randomInputs(graph, seed));

const weightsOf = ({ nodes }: Graph): readonly Constant[] => {
  const byId = new Map(nodes.flatMap((n) => (n.kind === 'constant' ? [[n.id, n] as const] : [])));
  const layers = nodes.filter((n): n is Call => n.kind === 'call' && n.op.kind === 'conv2d');
  return layers.flatMap(({ inputs }) => byId.get(inputs[1]) ?? []);
};

describe.each([
  ['uneven channels', uneven()],
  ['every kind of layer', separateLayers(network())],
] as const)('%s', (_name, graph) => {
  const even = equalise(graph, samples(graph));

  test('what it computes on calibration data stays, but for the last digits', () => {
    verify(even, fail);
    expect(even).not.toBe(graph);
    for (const inputs of samples(graph))
      expect(largestError(evaluate(graph, inputs), evaluate(even, inputs)).error).toBeLessThan(1e-5);
  });

  test('zeros stay zeros, and no others come', () => {
    const [before, after] = [graph, even].map((g) => weightsOf(g).map(({ data }) => data.map((w) => Number(w === 0))));
    expect(after).toEqual(before);
  });
});

test('less is lost where channels differ, in whole numbers', () => {
  const graph = uneven();
  const [on, off] = ['on', 'off'].map((how) => {
    const options = parseQuantize(`weights=int8,activations=int8,equalize=${how}`);
    if ('length' in options) return expect.unreachable();
    return quantizeGraph(graph, options, samples(graph), fail)?.quality.outputs[0].sqnr ?? expect.unreachable();
  });
  expect(on).toBeGreaterThan(off + 6);
});

test('a channel that was always 0, and layers whose steps are their own, stay as they are', () => {
  const graph = uneven();
  const none = samples(graph).map(({ x }) => ({ x: x.map(() => 0) }));
  for (const { data } of weightsOf(equalise(graph, none))) expect(data.every(Number.isFinite)).toBe(true);
  const quantity = { scale: [1], zero: [0], axis: -1 };
  const own = graph.nodes.map((n) =>
    n.kind === 'constant' && n.type.shape.length === 4 ? { ...n, type: { ...n.type, quantity } } : n,
  );
  const fixed = { ...graph, nodes: own };
  expect(equalise(fixed, samples(graph))).toBe(fixed);
  expect(equalise(graph, [])).toBe(graph);
});

test.each([
  ['weights=int8,equalize=on', '"equalize" is for activations, which stay real numbers'],
  ['activations=int8,equalize=yes', '"equalize" cannot be "yes"'],
])('%s is refused', (text, message) => {
  expect(parseQuantize(text)).toMatchObject([message, expect.any(String)]);
});
