/** Sequences and optional values, which are gone when a model has been read. */
import { describe, expect, test } from 'vitest';
import { expectSame, results } from './against.ts';
import type { Message, TestModel } from './kit.ts';
import { graphAttribute, graphOf, importTest, int64s, node, port } from './kit.ts';
import { numbersFor } from './rows.ts';

const at = (name: string, value: number): Message => int64s(name, [], [value]);
const list = (name: string, ...data: readonly number[]): Message => int64s(name, [data.length], data);
const given = { x: numbersFor([5, 2]), z: numbersFor([5, 2], 2) };

const model = (nodes: readonly Message[], rest: Partial<TestModel> = {}): TestModel => ({
  inputs: [port('x', [5, 2]), port('z', [5, 2])],
  outputs: ['y'],
  initializers: [at('zero', 0), at('one', 1), at('last', -1), at('two', 2), list('parts', 1, 4)],
  nodes,
  ...rest,
});

const pair = node('SequenceConstruct', ['x', 'z'], ['s']);

const alike: Readonly<Record<string, TestModel>> = {
  'what was put in': model([pair, node('SequenceAt', ['s', 'last'], ['y'])]),
  'put in before others': model([
    pair,
    node('SequenceInsert', ['s', 'z', 'zero'], ['t']),
    node('SequenceAt', ['t', 'zero'], ['y']),
  ]),
  'put in before the last': model([
    pair,
    node('SequenceInsert', ['s', 'z', 'last'], ['t']),
    node('ConcatFromSequence', ['t'], ['y'], { axis: 0 }),
  ]),
  'put behind the last': model([
    pair,
    node('SequenceInsert', ['s', 'x'], ['t']),
    node('ConcatFromSequence', ['t'], ['y'], { axis: -1 }),
  ]),
  'taken out': model([
    pair,
    node('SequenceErase', ['s', 'zero'], ['t']),
    node('ConcatFromSequence', ['t'], ['y'], { axis: 0 }),
  ]),
  'the last taken out': model([
    pair,
    node('SequenceErase', ['s'], ['t']),
    node('ConcatFromSequence', ['t'], ['y'], { axis: 0 }),
  ]),
  'put together along a new axis': model([pair, node('ConcatFromSequence', ['s'], ['y'], { axis: 1, new_axis: 1 })]),
  counted: model([pair, node('SequenceLength', ['s'], ['y'])], { outputs: [port('y', undefined, 7)] }),
  'empty at first': model([
    node('SequenceEmpty', [], ['e']),
    node('SequenceInsert', ['e', 'x'], ['s']),
    node('SequenceAt', ['s', 'zero'], ['y']),
  ]),
  'single elements': model([
    node('SplitToSequence', ['x'], ['s'], { axis: 0, keepdims: 0 }),
    node('SequenceAt', ['s', 'two'], ['y']),
  ]),
  'single elements with their axis': model([
    node('SplitToSequence', ['x'], ['s'], { axis: 1 }),
    node('SequenceAt', ['s', 'one'], ['y']),
  ]),
  'parts of one size, the last smaller': model([
    node('SplitToSequence', ['x', 'two'], ['s']),
    node('SequenceAt', ['s', 'last'], ['y']),
  ]),
  'parts of given sizes': model([
    node('SplitToSequence', ['x', 'parts'], ['s']),
    node('SequenceAt', ['s', 'last'], ['y']),
  ]),
  'an optional value': model([node('Optional', ['x'], ['o']), node('OptionalGetElement', ['o'], ['y'])], { opset: 15 }),
  'whether there is one': model([node('Optional', ['x'], ['o']), node('OptionalHasElement', ['o'], ['y'])], {
    opset: 15,
    outputs: [port('y', undefined, 9)],
  }),
};

test.each(Object.entries(alike))('%s', (_name, one) => expectSame(one, given));

test('every element through a body', () => {
  const body = graphAttribute(
    graphOf({
      inputs: [port('a', [5, 2]), port('b', [5, 2])],
      outputs: ['c', 'd'],
      nodes: [node('Sub', ['a', 'b'], ['c']), node('Shape', ['a'], ['d'])],
    }),
  );
  const { y, n } = results(
    model(
      [
        pair,
        node('SequenceMap', ['s', 'x'], ['differences', 'shapes'], { body }),
        node('SequenceAt', ['differences', 'one'], ['y']),
        node('ConcatFromSequence', ['shapes'], ['n'], { axis: 0 }),
      ],
      { outputs: ['y', 'n'] },
    ),
    given,
  );
  expect(y.data).toEqual([...Float32Array.from(given.z, (z, i) => z - given.x[i])]);
  expect(n.data).toEqual([5, 2, 5, 2]);
});

test('a loop that collects', () => {
  const body = graphAttribute(
    graphOf({
      inputs: [port('i', [], 7), port('go', [], 9), port('list', undefined), port('v', undefined)],
      outputs: ['go', 'more', 'w'],
      nodes: [node('Add', ['v', 'x'], ['w']), node('SequenceInsert', ['list', 'w'], ['more'])],
    }),
  );
  const { y } = results(
    model(
      [
        node('SequenceEmpty', [], ['none']),
        node('Loop', ['two', 'yes', 'none', 'x'], ['all', 'end'], { body }),
        node('ConcatFromSequence', ['all'], ['y'], { axis: 0 }),
      ],
      { initializers: [at('two', 2), { name: 'yes', dims: [], dataType: 9, int32Data: [1] }] },
    ),
    given,
  );
  expect(y.data).toEqual([...given.x.map((x) => 2 * x), ...given.x.map((x) => Math.fround(3 * x))]);
});

test('an optional value that is not there', () => {
  const nothing = node('Optional', [], ['o']);
  const { y } = results(model([nothing, node('OptionalHasElement', ['o'], ['y'])]), given);
  expect(y).toEqual({ shape: [], data: [0] });
  expect(importTest(model([nothing, node('OptionalGetElement', ['o'], ['y'])])).messages).toEqual([
    'import/layer OptionalGetElement_y: "OptionalGetElement" takes the value of an optional one that is not there',
  ]);
});

describe('refused', () => {
  const said = (nodes: readonly Message[]) => importTest(model(nodes)).messages;

  test('a sequence where a tensor is meant', () =>
    expect(said([pair, node('Relu', ['s'], ['y'])])).toEqual([
      'import/layer Relu_y: "Relu" takes a tensor as input 1 and is given a sequence',
    ]));
  test('a tensor where a sequence is meant', () =>
    expect(said([node('SequenceLength', ['x'], ['y'])])).toEqual([
      'import/layer SequenceLength_y: "SequenceLength" takes a sequence as input 1 and is given a tensor',
    ]));
  test('a sequence as an output', () =>
    expect(said([node('SequenceConstruct', ['x'], ['y'])])).toEqual([
      'import/output : the output "y" is a sequence, and only tensors can be outputs',
    ]));
  test('a sequence as an input', () =>
    expect(
      importTest({ ...model([node('SequenceLength', ['q'], ['y'])]), inputs: [{ name: 'q', type: {} }] }).messages,
    ).toEqual([
      expect.stringContaining(
        'an input that is no tensor but a sequence, a map or an optional value, as "SequenceLength" takes it, is not read',
      ),
    ]));
  test('a place that is not there', () =>
    expect(said([pair, node('SequenceAt', ['s', 'two'], ['y'])])).toEqual([
      'import/layer SequenceAt_y: "SequenceAt" is about place 2 of 2',
    ]));
  test('nothing to take out', () =>
    expect(
      said([
        node('SequenceEmpty', [], ['e']),
        node('SequenceErase', ['e'], ['t']),
        node('SequenceLength', ['t'], ['y']),
      ]),
    ).toEqual(['import/layer SequenceErase_t: "SequenceErase" is about place -1 of 0']));
  test('very many parts of few bytes', () =>
    expect(
      importTest({
        inputs: [port('x', [2 ** 30])],
        outputs: ['y'],
        nodes: [node('SplitToSequence', ['x'], ['s']), node('SequenceLength', ['s'], ['y'])],
      }).messages,
    ).toEqual(['import/layer SplitToSequence_s: "SplitToSequence" gives over 4096 parts']));
});
