/** Rows that make values: of a shape, of a range, of an angle; against onnxruntime where it has them. */
import { describe, expect, test } from 'vitest';
import { expectSame, results } from './against.ts';
import type { Message, TestModel } from './kit.ts';
import { floats, importTest, int64s, node, port, tensorAttribute } from './kit.ts';
import { numbersFor } from './rows.ts';

const list = (name: string, ...data: readonly number[]): Message => int64s(name, [data.length], data);
const one = (name: string, value: number): Message => int64s(name, [], [value]);

const alike: Readonly<Record<string, TestModel>> = {
  'ConstantOfShape, zeros': {
    opset: 9,
    outputs: ['y'],
    initializers: [list('s', 2, 3)],
    nodes: [node('ConstantOfShape', ['s'], ['y'])],
  },
  'ConstantOfShape of a value': {
    opset: 9,
    outputs: [port('y', undefined, 7)],
    initializers: [list('s', 2, 3)],
    nodes: [node('ConstantOfShape', ['s'], ['y'], { value: tensorAttribute(list('', 5)) })],
  },
  'Range of whole numbers, downwards': {
    opset: 11,
    outputs: [port('y', undefined, 7)],
    initializers: [one('a', 10), one('b', -1), one('c', -3)],
    nodes: [node('Range', ['a', 'b', 'c'], ['y'])],
  },
  'Range of real numbers': {
    opset: 11,
    outputs: ['y'],
    initializers: [floats('a', [], [0.5]), floats('b', [], [2.1]), floats('c', [], [0.25])],
    nodes: [node('Range', ['a', 'b', 'c'], ['y'])],
  },
  'EyeLike below the diagonal, of another type': {
    opset: 9,
    inputs: [port('x', [3, 4])],
    outputs: [port('y', undefined, 7)],
    nodes: [node('EyeLike', ['x'], ['y'], { k: -1, dtype: 7 })],
  },
  'Trilu above': {
    opset: 14,
    inputs: [port('x', [2, 3, 4])],
    outputs: ['y'],
    initializers: [one('k', 1)],
    nodes: [node('Trilu', ['x', 'k'], ['y'])],
  },
  'Trilu below': {
    opset: 14,
    inputs: [port('x', [3, 4])],
    outputs: ['y'],
    nodes: [node('Trilu', ['x'], ['y'], { upper: 0 })],
  },
  'OneHot of an input, in the middle': {
    opset: 11,
    inputs: [port('i', [2, 3], 7)],
    outputs: ['y'],
    initializers: [one('depth', 4), floats('values', [2], [-1, 0.5])],
    nodes: [node('OneHot', ['i', 'depth', 'values'], ['y'], { axis: 1 })],
  },
  HannWindow: {
    opset: 17,
    outputs: ['y'],
    initializers: [one('n', 9)],
    nodes: [node('HannWindow', ['n'], ['y'], { periodic: 0 })],
  },
  'DFT, one-sided, along the last axis but one': {
    opset: 17,
    inputs: [port('x', [2, 7, 1])],
    outputs: ['y'],
    nodes: [node('DFT', ['x'], ['y'], { onesided: 1 })],
  },
  'DFT of fewer samples, complex, inverse': {
    opset: 17,
    inputs: [port('x', [2, 6, 3, 2])],
    outputs: ['y'],
    initializers: [one('n', 4)],
    nodes: [node('DFT', ['x', 'n'], ['y'], { inverse: 1, axis: 1 })],
  },
  'DFT of more samples than there are, its axis an operand': {
    opset: 20,
    inputs: [port('x', [3, 5, 1])],
    outputs: ['y'],
    initializers: [one('n', 8), one('axis', -2)],
    nodes: [node('DFT', ['x', 'n', 'axis'], ['y'])],
  },
  'STFT with a window': {
    opset: 17,
    inputs: [port('x', [2, 20, 1])],
    outputs: ['y'],
    initializers: [one('step', 3), floats('w', [6], [0.1, 0.5, 1, 1, 0.5, 0.1])],
    nodes: [node('STFT', ['x', 'step', 'w'], ['y'])],
  },
  'STFT of both sides': {
    opset: 17,
    inputs: [port('x', [1, 16, 1])],
    outputs: ['y'],
    initializers: [one('step', 4), one('n', 8)],
    nodes: [node('STFT', ['x', 'step', '', 'n'], ['y'], { onesided: 0 })],
  },
};

/** Numbers for whatever inputs there are: those named i are indices. */
const inputsOf = ({ inputs = [] }: TestModel) =>
  Object.fromEntries(
    inputs.map((input) => {
      const { name, type } = input as unknown as {
        name: string;
        type: { tensorType: { shape: { dim: { dimValue: number }[] } } };
      };
      const shape = type.tensorType.shape.dim.map((d) => d.dimValue);
      return [name, name === 'i' ? numbersFor(shape).map((v) => Math.round(4 * v)) : numbersFor(shape)];
    }),
  );

test.each(Object.entries(alike))('%s', (_name, model) => expectSame(model, inputsOf(model), 2e-6));

test('MelWeightMatrix has a triangle for each bin', async () => {
  const model: TestModel = {
    opset: 17,
    outputs: ['y'],
    initializers: [one('bins', 4), one('n', 16), one('rate', 8192), floats('low', [], [0]), floats('high', [], [4096])],
    nodes: [node('MelWeightMatrix', ['bins', 'n', 'rate', 'low', 'high'], ['y'])],
  };
  await expectSame(model, {});
  // The corners are bins 0, 0, 1, 2, 3 and 5 of 9.
  const { y } = results(model, {});
  expect(y.data.slice(0, 24)).toEqual(
    [
      [1, 0, 0, 0],
      [0, 1, 0, 0],
      [0, 0, 1, 0],
      [0, 0, 0, 1],
      [0, 0, 0, 0.5],
      [0, 0, 0, 0],
    ].flat(),
  );
});

describe('searches of known values', () => {
  test('NonZero', () =>
    expectSame(
      {
        outputs: [port('y', undefined, 7)],
        initializers: [floats('x', [2, 3], [0, 1, -2, 3, 0, 0])],
        nodes: [node('NonZero', ['x'], ['y'])],
      },
      {},
    ));

  const unique = (attributes: Readonly<Record<string, number>>): TestModel => ({
    opset: 11,
    outputs: ['y', ...['i', 'j', 'n'].map((name) => port(name, undefined, 7))],
    initializers: [floats('x', [3, 2], [2, 1, 1, 3, 2, 1])],
    nodes: [node('Unique', ['x'], ['y', 'i', 'j', 'n'], attributes)],
  });
  test('Unique elements', () => expectSame(unique({}), {}));
  test('Unique elements, as they come', () => expectSame(unique({ sorted: 0 }), {}));
  test('Unique rows', () => expectSame(unique({ axis: 0 }), {}));
  test('Unique columns', () => expectSame(unique({ axis: -1 }), {}));

  test.each(['NonZero', 'Unique'])('%s of an input is refused', (op) =>
    expect(importTest({ inputs: [port('x', [3])], outputs: ['y'], nodes: [node(op, ['x'], ['y'])] }).messages).toEqual([
      `import/layer ${op}_y: "${op}" gives a result whose shape depends on values that are computed from the input`,
    ]),
  );
});

describe('a few bytes that claim much', () => {
  const said = (model: Omit<TestModel, 'outputs'>) => importTest({ ...model, outputs: ['y'] }).messages;

  test('ranges', () =>
    expect(
      said({
        initializers: [one('a', 0), one('b', 2 ** 31 - 1), one('c', 1)],
        nodes: [node('Range', ['a', 'b', 'c'], ['y'])],
      }),
    ).toEqual(['import/layer Range_y: "Range" makes 2147483647 elements, and at most 4194304 are read']));

  test('ranges without an end', () =>
    expect(
      said({
        initializers: [one('a', 0), one('b', 5), one('c', 0)],
        nodes: [node('Range', ['a', 'b', 'c'], ['y'])],
      }),
    ).toEqual(['import/layer Range_y: "Range" counts from 0 to 5 by 0']));

  test('depths', () =>
    expect(
      said({
        inputs: [port('i', [1], 7)],
        initializers: [one('d', 2 ** 31 - 1), floats('v', [2], [0, 1])],
        nodes: [node('OneHot', ['i', 'd', 'v'], ['y'])],
      }),
    ).toEqual(['import/layer OneHot_y: "OneHot" makes rows of 2147483647, and 1 to 4194304 are read']));

  test('windows', () =>
    expect(said({ initializers: [one('n', 2 ** 30)], nodes: [node('BlackmanWindow', ['n'], ['y'])] })).toEqual([
      'import/layer BlackmanWindow_y: "BlackmanWindow" makes 1073741824 elements, and 0 to 4194304 are read',
    ]));

  test('transforms', () =>
    expect(said({ inputs: [port('x', [1, 2 ** 14, 1])], nodes: [node('DFT', ['x'], ['y'])] })).toEqual([
      'import/layer DFT_y: "DFT" is a product with 536870912 weights, and at most 4194304 are read',
    ]));

  test('diagonals', () =>
    expect(
      said({ inputs: [port('x', [2 ** 14, 2 ** 14])], nodes: [node('Trilu', ['x'], ['y'], { upper: 1 })] }),
    ).toEqual(['import/layer Trilu_y: "Trilu" makes 268435456 elements, and at most 4194304 are read']));

  test('a filled shape stays a call where it is large', () => {
    const { graph, messages } = importTest({
      outputs: ['y'],
      initializers: [list('s', 2 ** 12, 2 ** 12)],
      nodes: [node('ConstantOfShape', ['s'], ['y'], { value: tensorAttribute(floats('', [1], [0.5])) })],
    });
    expect(messages).toEqual([]);
    expect(graph?.nodes.map((n) => (n.kind === 'call' ? n.op.kind : n.kind))).toEqual(['constant', 'tile']);
  });
});

test('an element type that is not read is named', () =>
  expect(
    importTest({
      inputs: [port('x', [2, 2])],
      outputs: ['y'],
      nodes: [node('EyeLike', ['x'], ['y'], { dtype: 8 })],
    }).messages,
  ).toEqual(['import/layer EyeLike_y: "EyeLike" gives elements of type string, which are not read']));
