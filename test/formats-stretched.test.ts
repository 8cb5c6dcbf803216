/** Offsets in the padded input: what they are, what a direct convolution reads by them, and for which inputs they hold. */
import { describe, expect, test } from 'vitest';
import { chooseFormats } from '../passes/choose-formats.ts';
import { stretched } from '../src/formats/stretched.ts';
import type { Call, Constant, Graph } from '../src/graph/graph.ts';
import { nodesById } from '../src/graph/graph.ts';
import { parse } from '../src/graph/parse.ts';
import { print } from '../src/graph/print.ts';
import { verify } from '../src/graph/verify.ts';
import { weightsOfCall } from '../src/graph/weights.ts';
import { conv2d } from '../src/ops/conv2d.ts';
import { offersForAll } from '../src/plan/offers.ts';
import { dense, tensor } from '../src/tensor/type.ts';
import { random } from './models.ts';

interface Case {
  readonly h: number;
  readonly w: number;
  readonly k: number;
  readonly s: number;
  readonly p: number;
  readonly density: number;
  readonly d?: number;
  readonly i?: number;
}

const outputs = 5;

/** A convolution of one kernel size with pruned weights, as a graph. */
function layer({ h, w, k, s, p, density, d = 1, i = 4 }: Case): Graph {
  const next = random(h * 100 + k);
  const weights = Float32Array.from({ length: outputs * k * k * i }, () => (next() < density ? next() - 0.5 : 0));
  const op = {
    kind: 'conv2d',
    stride: [s, s],
    dilation: [d, d],
    pad: [p, p, p, p],
    groups: 1,
    activation: 'none',
  } as const;
  const x = tensor('f32', [1, h, w, i]);
  const types = { x, weights: tensor('f32', [outputs, k, k, i]), bias: tensor('f32', [outputs]) };
  const type = conv2d.infer(op, types);
  if (typeof type === 'string') throw new Error(type);
  return {
    name: 'g',
    file: 'g',
    nodes: [
      { kind: 'input', id: 'x', name: 'x', type: x },
      { kind: 'constant', id: 'w', type: types.weights, data: weights },
      { kind: 'constant', id: 'b', type: types.bias, data: new Float32Array(outputs).fill(0.25) },
      { kind: 'call', id: 'y', op, inputs: ['x', 'w', 'b'], type },
    ],
    outputs: [{ name: 'y', id: 'y' }],
  };
}

const weightsOf = (graph: Graph) => {
  const found = weightsOfCall(graph.nodes.at(-1) as Call, nodesById(graph));
  if (!found) throw new Error('no weights');
  return found;
};

const shapes = [
  { h: 13, w: 13, k: 3, s: 1, p: 1 },
  { h: 27, w: 27, k: 5, s: 1, p: 2 },
  { h: 14, w: 10, k: 3, s: 2, p: 1 },
  { h: 9, w: 9, k: 7, s: 2, p: 3 },
  { h: 12, w: 11, k: 3, s: 1, p: 2, d: 2 },
  { h: 9, w: 8, k: 3, s: 1, p: 0 },
];
const cases = shapes.flatMap((shape) => [0.2, 0.1, 0.05].map((density) => ({ ...shape, density })));

test.each(cases)('$h x $w, kernel $k, stride $s, padding $p, density $density', ({ density, ...shape }) => {
  const { h, w, s, p } = shape;
  const graph = layer({ ...shape, density });
  const { matrix, call } = weightsOf(graph);
  const [params] = stretched.detect(matrix).fits;
  expect(params).toMatchObject({ pitch: w + p, plane: (h + p) * (w + p) });
  const { parts } = stretched.pack(matrix, params);
  expect(parts.off).toBeInstanceOf(Uint16Array);
  // The shared padding of SkimCaffe: strips before rows and planes, and a tail.
  const channels = matrix.run;
  const padded = new Float32Array(channels * params.plane + p * (w + 2 * p)).fill(0);
  const next = random(7);
  const data = Float32Array.from({ length: h * w * channels }, () => next() - 0.5);
  for (let y = 0; y < h; y++)
    for (let x = 0; x < w; x++)
      for (let c = 0; c < channels; c++)
        padded[c * params.plane + (y + p) * params.pitch + x + p] = data[(y * w + x) * channels + c];
  const [, oh, ow] = call.type.shape;
  const got = new Float32Array(oh * ow * outputs);
  let last = 0;
  for (let y = 0; y < oh; y++)
    for (let x = 0; x < ow; x++)
      for (let o = 0; o < outputs; o++) {
        let sum = 0.25;
        for (let at = parts.pos[o]; at < parts.pos[o + 1]; at++) {
          const from = parts.off[at] + y * s * params.pitch + x * s;
          last = Math.max(last, from);
          sum += parts.val[at] * padded[from];
        }
        got[(y * ow + x) * outputs + o] = sum;
      }
  expect(last).toBeLessThan(padded.length);
  const value = (id: string) => {
    const node = graph.nodes.find((n) => n.id === id) as Constant;
    return { type: node.type, data: node.data };
  };
  if (call.op.kind !== 'conv2d') throw new Error('no convolution');
  const values = { x: { type: graph.nodes[0].type, data }, weights: value('w'), bias: value('b') };
  const want = conv2d.evaluate(call.op, values, call.type);
  for (let at = 0; at < got.length; at++) expect(Math.abs(got[at] - want[at])).toBeLessThan(1e-5);
});

test('offsets beyond 16 bits take 32', () => {
  const { matrix } = weightsOf(layer({ h: 100, w: 100, k: 3, s: 1, p: 1, density: 0.5, i: 8 }));
  const [params] = stretched.detect(matrix).fits;
  expect(stretched.pack(matrix, params).parts.off).toBeInstanceOf(Int32Array);
});

describe('an input of another size', () => {
  const graph = layer({ h: 13, w: 13, k: 3, s: 1, p: 1, density: 0.2 });
  const [params] = stretched.detect(weightsOf(graph).matrix).fits;
  const store = (g: Graph): Graph => ({
    ...g,
    nodes: g.nodes.map((n) =>
      n.id === 'w' ? { ...n, type: { ...n.type, encoding: { format: 'stretched', params } } } : n,
    ),
  });
  const messages = (g: Graph): readonly string[] => {
    const found: string[] = [];
    verify(g, ({ message }) => found.push(message));
    return found;
  };

  test('is rejected', () => {
    expect(messages(store(graph))).toEqual([]);
    expect(messages(store(layer({ h: 15, w: 13, k: 3, s: 1, p: 1, density: 0.2 })))).toEqual([
      '%y has weights stored as "stretched", and is for plane 196, and the input has 224',
    ]);
    expect(messages(store(layer({ h: 13, w: 14, k: 3, s: 1, p: 1, density: 0.2 })))[0]).toMatch(
      'is for pitch 14, and the input has 15',
    );
    expect(messages(store(layer({ h: 13, w: 13, k: 1, s: 1, p: 1, density: 0.2 })))[0]).toMatch(
      'has 1 taps, in rows of 3',
    );
  });

  test('is not offered to layers that share weights', () => {
    const one = weightsOf(graph);
    const other = weightsOf(layer({ h: 15, w: 13, k: 3, s: 1, p: 1, density: 0.2 }));
    const names = (layers: (typeof one)[]) => new Set(offersForAll(layers).map(({ encoding }) => encoding.format));
    expect(names([one, one])).toContain('stretched');
    expect(names([one, other])).not.toContain('stretched');
    expect(names([one, other])).toContain('csr');
  });

  test('the encoding is printed and read back', () => {
    const { text, sidecar } = print(store(graph));
    expect(text).toContain('stretched across=3 dy=1 dx=1 pitch=14 plane=196');
    expect(print(parse(text, sidecar)).text).toBe(text);
  });

  test('a pass that wants it stores it', () => {
    const { nodes } = chooseFormats(({ encoding }) => (encoding.format === 'stretched' ? 0 : 1)).run(graph, () => {});
    expect(nodes.find((n) => n.id === 'w')?.type.encoding).toEqual({ format: 'stretched', params });
    expect(nodes.find((n) => n.id === 'b')?.type.encoding).toEqual(dense);
  });
});

test('is nothing for kernels of one tap, and refuses taps that cannot be told apart', () => {
  const reasons = (c: Case) => stretched.detect(weightsOf(layer(c)).matrix).refused.map(({ reason }) => reason);
  expect(stretched.detect(weightsOf(layer({ h: 8, w: 8, k: 1, s: 1, p: 0, density: 0.5 })).matrix)).toEqual({
    fits: [],
    refused: [],
  });
  expect(reasons({ h: 8, w: 8, k: 3, s: 1, p: 0, density: 1 })).toEqual([
    'takes 180 entries, and the whole matrix has 180',
  ]);
  expect(reasons({ h: 2, w: 2, k: 7, s: 1, p: 3, density: 0.5 })).toEqual([
    'has taps that reach over 7 of 5 elements of a row',
  ]);
});
