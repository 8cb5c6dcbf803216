/** What layers with weights or windows become: which operators, with which constants, and what is refused. */
import { describe, expect, it } from 'vitest';
import { evaluate } from '../../src/graph/evaluate.ts';
import type { Call, Constant, Graph } from '../../src/graph/graph.ts';
import type { Numbers } from '../../src/tensor/numbers.ts';
import type { Attribute, Message, TestModel } from './kit.ts';
import { floats, importTest, int64s, node, port, real } from './kit.ts';

const one = (
  operator: string,
  inputs: Readonly<Record<string, readonly number[]>>,
  initializers: readonly Message[],
  attributes: Readonly<Record<string, Attribute>> = {},
  names: readonly string[] = [...Object.keys(inputs), ...initializers.map((i) => String(i.name))],
): TestModel => ({
  inputs: Object.entries(inputs).map(([name, shape]) => port(name, shape)),
  initializers: [...initializers],
  nodes: [node(operator, names, ['y'], attributes)],
  outputs: ['y'],
});

function read(model: TestModel): Graph {
  const { graph, messages } = importTest(model);
  if (!graph) throw new Error(messages.join('\n'));
  return graph;
}

const calls = ({ nodes }: Graph): readonly Call[] => nodes.flatMap((n) => (n.kind === 'call' ? [n] : []));
const kinds = (graph: Graph): readonly string[] => calls(graph).map(({ op }) => op.kind);
const constant = (graph: Graph, operand: number, kind: string): Constant => {
  const call = calls(graph).find(({ op }) => op.kind === kind);
  return graph.nodes.find((n) => n.id === call?.inputs[operand]) as Constant;
};
const ramp = (count: number): readonly number[] => Array.from({ length: count }, (_, i) => i + 1);
const run = (model: TestModel, inputs: Readonly<Record<string, Numbers>>) => [...evaluate(read(model), inputs).y];

describe('what layers become', () => {
  it('a convolution stands between two transposes, and keeps the mask of its weights', () => {
    const mask = floats('w_mask', [1, 2, 1, 2], [1, 0, 1, 1]);
    const graph = read(
      one('Conv', { x: [1, 2, 3, 3] }, [floats('w', [1, 2, 1, 2], [1, 2, 3, 4]), mask], {}, ['x', 'w']),
    );
    expect(calls(graph).map(({ op }) => (op.kind === 'transpose' ? op.perm : op.kind))).toEqual([
      [0, 2, 3, 1],
      'conv2d',
      [0, 3, 1, 2],
    ]);
    // [o, i, kh, kw] → [o, kh, kw, i].
    const weights = constant(graph, 1, 'conv2d');
    expect([...weights.data]).toEqual([1, 3, 0, 4]);
    expect([...(weights.mask ?? [])]).toEqual([1, 1, 0, 1]);
  });

  it('padding below zero leaves pixels out', () => {
    const model = one('Conv', { x: [1, 1, 5] }, [floats('w', [1, 1, 2], [1, 10])], { pads: [-1, -2] });
    expect(run(model, { x: Float32Array.of(1, 2, 3, 4, 5) })).toEqual([32]);
  });

  it('Gemm with a stored matrix is one dense layer', () => {
    const stored = [floats('b', [2, 3], ramp(6)), floats('c', [1, 3], [1, 2, 3])];
    const graph = read(one('Gemm', { a: [4, 2] }, stored, { alpha: real(2), beta: real(3) }));
    expect(kinds(graph)).toEqual(['linear']);
    expect([...constant(graph, 1, 'linear').data]).toEqual([2, 8, 4, 10, 6, 12]);
    expect([...constant(graph, 2, 'linear').data]).toEqual([3, 6, 9]);
  });

  it('a stored matrix is the weights of a dense layer on either side of a product', () => {
    expect(kinds(read(one('MatMul', { a: [5, 2] }, [floats('b', [2, 3], ramp(6))])))).toEqual(['linear']);
    const left = one('MatMul', { a: [4, 2, 5] }, [floats('w', [3, 2], ramp(6))], {}, ['w', 'a']);
    expect(kinds(read(left))).toEqual(['transpose', 'linear', 'transpose']);
    expect(kinds(read(one('MatMul', { a: [5, 2], b: [2, 3] }, [])))).toEqual(['matmul']);
  });

  it('attention in Einstein notation is one product without transposes', () => {
    const graph = read(one('Einsum', { q: [2, 4, 3, 8], k: [2, 4, 5, 8] }, [], { equation: 'bhid,bhjd->bhij' }));
    expect(calls(graph).map(({ op }) => op)).toEqual([{ kind: 'matmul', transposeA: false, transposeB: true }]);
  });

  it('pictures are resized by one operator, and volumes along one axis after the other', () => {
    const twice = (rank: number): TestModel => {
      const scales = [1, 1, ...Array<number>(rank - 2).fill(2)];
      const shape = [1, 2, ...Array<number>(rank - 2).fill(3)];
      return one('Resize', { x: shape }, [floats('s', [rank], scales)], { mode: 'linear' }, ['x', '', 's']);
    };
    expect(kinds(read(twice(4)))).toEqual(['transpose', 'resize', 'transpose']);
    expect(kinds(read(twice(5))).filter((kind) => kind !== 'transpose')).toEqual(['linear', 'linear', 'linear']);
  });

  it('all steps of a recurrent layer share the weights', () => {
    const stored = [floats('w', [1, 8, 3], ramp(24)), floats('r', [1, 8, 2], ramp(16))];
    const graph = read(one('LSTM', { x: [5, 1, 3] }, stored, { hidden_size: 2 }));
    const layers = calls(graph).filter(({ op }) => op.kind === 'linear');
    expect(layers).toHaveLength(6);
    expect(new Set(layers.map(({ inputs }) => inputs[1])).size).toBe(2);
  });
});

const weights = floats('w', [2, 2, 3, 3], ramp(36));
const lstm = (shape: readonly number[], ...more: readonly string[]): TestModel => ({
  inputs: [port('x', shape), port('n', [1], 6)],
  initializers: [floats('w', [1, 8, 3], ramp(24)), floats('r', [1, 8, 2], ramp(16))],
  nodes: [node('LSTM', ['x', 'w', 'r', ...more], ['y'])],
  outputs: ['y'],
});

const refused: readonly (readonly [string, TestModel, RegExp])[] = [
  ['channels that do not fit', one('Conv', { x: [1, 3, 5, 5] }, [weights]), /takes 2 channels and is given 3/],
  ['no groups', one('Conv', { x: [1, 2, 5, 5] }, [weights], { group: 0 }), /as "groups" and is given 0/],
  ['strides of 0', one('Conv', { x: [1, 2, 5, 5] }, [weights], { strides: [0, 1] }), /"strides" and is given \[0, 1\]/],
  ['another kernel', one('Conv', { x: [1, 2, 5, 5] }, [weights], { kernel_shape: [2, 2] }), /kernel of 3x3.*\[2, 2\]/],
  ['another word', one('Conv', { x: [1, 2, 5, 5] }, [weights], { auto_pad: 'FULL' }), /as "auto_pad"/],
  ['a kernel too large', one('Conv', { x: [1, 2, 2, 5] }, [weights]), /kernel of 3x3 taps that does not fit/],
  ['four spatial axes', one('MaxPool', { x: [1, 2, 3, 3, 3, 3] }, [], { kernel_shape: [1, 1, 1, 1] }), /one to three/],
  ['no window', one('AveragePool', { x: [1, 2, 3] }, []), /no list of whole numbers as attribute "kernel_shape"/],
  ['a matrix times a number', one('MatMul', { a: [], b: [2] }, []), /given a single number/],
  ['rows that do not fit', one('Gemm', { a: [2, 3], b: [2, 3] }, []), /multiplies 3 columns by 2 rows/],
  ['a broken equation', one('Einsum', { a: [2] }, [], { equation: 'i->j->k' }), /has an equation that is not/],
  ['an axis of nothing', one('Einsum', { a: [2] }, [], { equation: 'i->k' }), /names an axis of its result/],
  [
    'computed scales',
    one('Resize', { x: [1, 1, 2, 2], s: [4] }, [], {}, ['x', '', 's']),
    /needs to know its scales when the model is compiled/,
  ],
  [
    'a picture of gigabytes',
    one('Resize', { x: [1, 1, 2, 2] }, [floats('s', [4], [1, 1, 1e6, 1e6])], { mode: 'linear' }, ['x', '', 's']),
    /makes 2000000 of the 2 elements along axis 2/,
  ],
  [
    'two kinds of sizes',
    one('Resize', { x: [1, 1, 2, 2] }, [floats('s', [0], []), int64s('z', [2], [4, 4])], {}, ['x', '', 's', 'z']),
    /takes 4 sizes above zero and is given \[4,4\]/,
  ],
  ['too many steps', lstm([5000, 1, 3]), /has 5000 steps, and 1 to 4096 are read/],
  ['computed lengths', lstm([4, 1, 3], '', 'n'), /needs to know its sequence lengths when the model is compiled/],
  ['features that do not fit', lstm([4, 1, 2]), /takes weights of \[1, 8, 2\] and is given \[1, 8, 3\]/],
];

describe('what is refused, and why', () => {
  it.each(refused)('%s', (_title, model, reason) => {
    const { graph, messages } = importTest(model);
    expect(graph).toBeNull();
    expect(messages).toHaveLength(1);
    expect(messages[0]).toMatch(reason);
  });
});
