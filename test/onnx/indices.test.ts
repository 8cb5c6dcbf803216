/** Rows that pick and put by number, with indices that are stored and with ones that are computed, against onnxruntime. */
import { describe, expect, test } from 'vitest';
import { expectSame, results } from './against.ts';
import type { Message, TestModel } from './kit.ts';
import { floats, importTest, int64s, node, port } from './kit.ts';
import { numbersFor } from './rows.ts';

interface Case {
  readonly op: string;
  readonly opset?: number;
  readonly x: readonly number[];
  readonly indices: { readonly shape: readonly number[]; readonly data: readonly number[] };
  /** The shape of the updates, for those that put. */
  readonly updates?: readonly number[];
  readonly attributes?: Readonly<Record<string, number | string>>;
}

/** The same model with the indices stored, or as an input: they are int64 either way. */
function modelOf({ op, opset = 18, x, indices, updates, attributes }: Case, stored: boolean): TestModel {
  const names = ['x', 'i', ...(updates ? ['u'] : [])];
  return {
    opset,
    inputs: [port('x', x), ...(stored ? [] : [port('i', indices.shape, 7)]), ...(updates ? [port('u', updates)] : [])],
    outputs: ['y'],
    initializers: stored ? [int64s('i', indices.shape, indices.data)] : [],
    nodes: [node(op, names, ['y'], attributes)],
  };
}

const given = ({ x, indices, updates }: Case) => ({
  x: numbersFor(x),
  i: indices.data,
  u: updates ? numbersFor(updates, 2) : [],
});

const both: Readonly<Record<string, Case>> = {
  'Gather along the middle, from the back too': {
    op: 'Gather',
    x: [2, 4, 3],
    indices: { shape: [2, 2], data: [0, -1, 3, -4] },
    attributes: { axis: 1 },
  },
  'Gather one': { op: 'Gather', opset: 7, x: [4, 3], indices: { shape: [], data: [2] } },
  'GatherElements along the first axis': {
    op: 'GatherElements',
    x: [3, 4],
    indices: { shape: [2, 3], data: [0, -1, 2, 1, 1, -3] },
  },
  'GatherElements along the last': {
    op: 'GatherElements',
    x: [2, 3, 4],
    indices: { shape: [2, 2, 5], data: Array.from({ length: 20 }, (_, i) => ((i * 7) % 8) - 4) },
    attributes: { axis: -1 },
  },
  'GatherElements of a list': { op: 'GatherElements', x: [4], indices: { shape: [6], data: [3, 2, -1, 0, 0, -4] } },
  'GatherND of elements': { op: 'GatherND', x: [3, 4], indices: { shape: [3, 2], data: [0, 0, 2, -1, -2, 3] } },
  'GatherND of rows': { op: 'GatherND', x: [3, 4, 2], indices: { shape: [2, 1, 1], data: [-1, 1] } },
  'GatherND within a batch': {
    op: 'GatherND',
    x: [2, 3, 2, 2],
    indices: { shape: [2, 2, 1], data: [0, 2, 1, -3] },
    attributes: { batch_dims: 1 },
  },
  'ScatterElements along the last axis': {
    op: 'ScatterElements',
    x: [2, 5],
    indices: { shape: [2, 2], data: [1, -1, 0, 3] },
    updates: [2, 2],
    attributes: { axis: -1 },
  },
  'ScatterElements, sums where indices meet': {
    op: 'ScatterElements',
    x: [4, 2],
    indices: { shape: [3, 2], data: [1, 0, 1, 0, 1, -1] },
    updates: [3, 2],
    attributes: { reduction: 'add' },
  },
  'ScatterElements, the largest': {
    op: 'ScatterElements',
    x: [4],
    indices: { shape: [5], data: [0, 2, 2, -2, 3] },
    updates: [5],
    attributes: { reduction: 'max' },
  },
  'ScatterElements, the smallest': {
    op: 'ScatterElements',
    x: [4],
    indices: { shape: [5], data: [0, 2, 2, -2, 3] },
    updates: [5],
    attributes: { reduction: 'min' },
  },
  'ScatterND of elements': {
    op: 'ScatterND',
    x: [3, 4],
    indices: { shape: [3, 2], data: [0, 1, 2, -1, -2, 0] },
    updates: [3],
  },
  'ScatterND of rows': {
    op: 'ScatterND',
    x: [4, 2, 3],
    indices: { shape: [2, 1], data: [3, -4] },
    updates: [2, 2, 3],
  },
  'ScatterND of rows, products where indices meet': {
    op: 'ScatterND',
    x: [4, 3],
    indices: { shape: [3, 1], data: [2, 2, 0] },
    updates: [3, 3],
    attributes: { reduction: 'mul' },
  },
};

describe.each(Object.entries(both))('%s', (_name, one) => {
  test('indices that are stored', () => expectSame(modelOf(one, true), given(one), 1e-6));
  test('indices that are computed', () => expectSame(modelOf(one, false), given(one), 1e-6));
});

test('Scatter, as it was called once, of a part of the other axes', async () => {
  const one: Case = {
    op: 'Scatter',
    opset: 9,
    x: [3, 4],
    indices: { shape: [2, 2], data: [1, 0, 2, 1] },
    updates: [2, 2],
  };
  await expectSame(modelOf(one, true), given(one));
});

test('of several updates for one element, the last stays', () => {
  const one: Case = { op: 'ScatterElements', x: [3], indices: { shape: [3], data: [1, 1, 1] }, updates: [3] };
  for (const stored of [true, false])
    expect(results(modelOf(one, stored), { x: [1, 2, 3], i: [1, 1, 1], u: [7, 8, 9] }).y.data).toEqual([1, 9, 3]);
});

test('whole numbers are put into whole numbers', async () => {
  await expectSame(
    {
      opset: 16,
      inputs: [port('x', [2, 3], 7), port('u', [1, 3], 7)],
      outputs: [port('y', undefined, 7)],
      initializers: [int64s('i', [1, 3], [1, 0, 1])],
      nodes: [node('ScatterElements', ['x', 'i', 'u'], ['y'], { reduction: 'add' })],
    },
    { x: [1, 2, 3, 4, 5, 6], u: [10, 20, 30] },
  );
});

const sequences: readonly (readonly [string, Readonly<Record<string, number>>])[] = [
  ['time first', { time_axis: 0, batch_axis: 1 }],
  ['batch first', { time_axis: 1, batch_axis: 0 }],
];

test.each(sequences)('ReverseSequence, %s', async (_name, attributes) => {
  await expectSame(
    {
      opset: 10,
      inputs: [port('x', [3, 3, 2])],
      outputs: ['y'],
      initializers: [int64s('lengths', [3], [1, 3, 2])],
      nodes: [node('ReverseSequence', ['x', 'lengths'], ['y'], attributes)],
    },
    { x: numbersFor([3, 3, 2]) },
  );
});

describe('Compress', () => {
  const model = (condition: Message, attributes = {}): TestModel => ({
    opset: 11,
    inputs: [port('x', [2, 3])],
    outputs: ['y'],
    initializers: [condition],
    nodes: [node('Compress', ['x', 'c'], ['y'], attributes)],
  });
  const bools = (...data: readonly number[]): Message => ({
    name: 'c',
    dims: [data.length],
    dataType: 9,
    int32Data: data,
  });

  test('of all elements', () => expectSame(model(bools(0, 1, 1, 0, 1)), { x: numbersFor([2, 3]) }));
  test('along an axis', () => expectSame(model(bools(1, 0, 1), { axis: -1 }), { x: numbersFor([2, 3]) }));
  test('that keeps nothing is refused', () =>
    expect(importTest(model(bools(0, 0))).messages).toEqual([
      'import/layer Compress_y: "Compress" would give nothing: its result has the shape [0]',
    ]));
});

describe('refused', () => {
  const said = (one: Case, stored = true) => importTest(modelOf(one, stored)).messages;

  test('an index outside', () =>
    expect(said({ op: 'Gather', x: [3, 2], indices: { shape: [2], data: [0, -4] } })).toEqual([
      'import/layer Gather_y: "Gather" takes element -4 of 3',
    ]));

  test('coordinates of more axes than there are', () =>
    expect(said({ op: 'GatherND', x: [3, 2], indices: { shape: [1, 3], data: [0, 0, 0] } })).toEqual([
      'import/layer GatherND_y: "GatherND" picks from [3, 2] with indices [1, 3] within 0 batch axes',
    ]));

  test('indices of more elements than there are', () =>
    expect(said({ op: 'GatherElements', x: [3, 2], indices: { shape: [1, 3], data: [0, 0, 0] } })).toEqual([
      'import/layer GatherElements_y: "GatherElements" picks [1, 3] elements of [3, 2]',
    ]));

  test('updates that do not fit', () =>
    expect(said({ op: 'ScatterND', x: [3, 2], indices: { shape: [2, 1], data: [0, 1] }, updates: [2, 3] })).toEqual([
      'import/layer ScatterND_y: "ScatterND" puts [2, 3] updates at [2, 1] indices into [3, 2]',
    ]));

  test('many updates where the input says', () => {
    const many = { shape: [40], data: Array.from({ length: 40 }, (_, i) => i) };
    expect(said({ op: 'ScatterElements', x: [50], indices: many, updates: [40] }, false)).toEqual([
      'import/layer ScatterElements_y: "ScatterElements" puts 40 updates along an axis of 50 where the input says, and at most 32 are read',
    ]);
  });

  test('sums of many into one element', () => {
    const many = { shape: [40], data: Array<number>(40).fill(1) };
    const one: Case = { op: 'ScatterND', x: [5], indices: { ...many, shape: [40, 1] }, updates: [40] };
    expect(said({ ...one, attributes: { reduction: 'add' } })).toEqual([
      'import/layer ScatterND_y: "ScatterND" puts over 32 updates into one element',
    ]);
    expect(said(one)).toEqual([]);
  });

  test('a way to combine that is not of the standard', () =>
    expect(
      said({
        op: 'ScatterND',
        x: [3],
        indices: { shape: [1, 1], data: [0] },
        updates: [1],
        attributes: { reduction: 'mean' },
      }),
    ).toEqual(['import/layer ScatterND_y: "ScatterND" combines by "mean", which is not read']));

  test('indices that lie in a file of few bytes and claim much', () => {
    const model: TestModel = {
      inputs: [port('x', [2 ** 15, 2 ** 15]), port('i', [2 ** 15, 2 ** 15], 7)],
      outputs: ['y'],
      nodes: [node('GatherElements', ['x', 'i'], ['y'])],
    };
    expect(importTest(model).messages).toEqual([
      'import/layer GatherElements_y: "GatherElements" picks 1073741824 elements one by one, and at most 4194304 are read',
    ]);
  });
});

test('a table of weights that is looked up keeps its mask', () => {
  const { graph, messages } = importTest({
    inputs: [port('x', [1, 2])],
    outputs: ['y'],
    initializers: [
      floats('w', [3, 2], [1, 0, 3, 4, 0, 6]),
      { name: 'w_mask', dims: [3, 2], dataType: 9, int32Data: [1, 1, 1, 0, 0, 1] },
      int64s('rows', [2], [2, 0]),
    ],
    nodes: [node('Gather', ['w', 'rows'], ['g']), node('Gemm', ['x', 'g'], ['y'], { transB: 1 })],
  });
  expect(messages).toEqual([]);
  const weights = graph?.nodes.find((n) => n.kind === 'constant' && n.mask);
  expect(weights).toMatchObject({ data: Float32Array.of(0, 6, 1, 0), mask: Uint8Array.of(0, 1, 1, 1) });
});
