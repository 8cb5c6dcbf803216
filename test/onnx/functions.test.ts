/** The model's own functions: attributes, operands that are left out, names and operator sets of their own, and where calls end. */
import { describe, expect, test } from 'vitest';
import { results } from './against.ts';
import type { Message, TestModel } from './kit.ts';
import { floats, importTest, node, port, tensorAttribute } from './kit.ts';

const sum = { x: [1, 2] };

describe('functions of the model', () => {
  const calls = (functions: readonly Message[], nodes: readonly Message[], outputs = ['y']): TestModel => ({
    inputs: [port('x', [2])],
    outputs,
    opsets: { own: 1 },
    functions,
    nodes,
  });
  const opsetImport = [
    { domain: '', version: 17 },
    { domain: 'own', version: 1 },
  ];

  test('take attributes, and defaults for them, and operands that are left out', async () => {
    const scale = {
      name: 'Scale',
      domain: 'own',
      input: ['a', 'low'],
      output: ['b'],
      attribute: ['by'],
      node: [
        {
          ...node('Constant', [], ['factor']),
          attribute: [{ name: 'value_float', refAttrName: 'by', type: 1 }],
        },
        node('Mul', ['a', 'factor'], ['m']),
        node('Clip', ['m', 'low'], ['b']),
      ],
      attributeProto: [],
      opsetImport,
    };
    const withDefault = { ...scale, attribute: [], attributeProto: [{ name: 'by', type: 1, f: 3 }] };
    const given = node('Scale', ['x'], ['y'], { by: { type: 1, f: 2 } }, 'own');
    expect(results(calls([scale], [given]), sum).y.data).toEqual([2, 4]);
    expect(results(calls([withDefault], [node('Scale', ['x'], ['y'], {}, 'own')]), sum).y.data).toEqual([3, 6]);
    const bounded = [
      node('Constant', [], ['five'], { value: tensorAttribute(floats('', [], [5])) }),
      node('Scale', ['x', 'five'], ['y'], {}, 'own'),
    ];
    expect(results(calls([withDefault], bounded), sum).y.data).toEqual([5, 6]);
  });

  test('do not see names around them', () => {
    const peeping = {
      name: 'F',
      domain: 'own',
      input: ['a'],
      output: ['b'],
      node: [node('Add', ['a', 'x'], ['b'])],
      opsetImport,
    };
    expect(importTest(calls([peeping], [node('F', ['x'], ['y'], {}, 'own')])).messages).toEqual([
      'import/layer F_y/Add_b: "Add" uses "x", which is not in the graph',
    ]);
  });

  test('in operator sets of their own', () => {
    const old = {
      name: 'F',
      domain: 'own',
      input: ['a'],
      output: ['b'],
      node: [node('Unsqueeze', ['a'], ['b'], { axes: [0] })],
      opsetImport: [{ domain: '', version: 11 }],
    };
    expect(results(calls([old], [node('F', ['x'], ['y'], {}, 'own')]), sum).y.shape).toEqual([1, 2]);
  });

  test('that call themselves are refused once', () => {
    const twice = {
      name: 'F',
      domain: 'own',
      input: ['a'],
      output: ['b'],
      node: [node('F', ['a'], ['p'], {}, 'own'), node('F', ['p'], ['q'], {}, 'own'), node('Add', ['p', 'q'], ['b'])],
      opsetImport,
    };
    const { messages } = importTest(calls([twice], [node('F', ['x'], ['y'], {}, 'own')]));
    expect(messages).toHaveLength(1);
    expect(messages[0]).toMatch(/"own.F" has graphs or functions in each other over 128 deep$/);
  });

  test('that double the work with each other are refused', () => {
    const level = (i: number) => ({
      name: `F${i}`,
      domain: 'own',
      input: ['a'],
      output: ['b'],
      node:
        i === 0
          ? [node('Neg', ['a'], ['b'])]
          : [node(`F${i - 1}`, ['a'], ['p'], {}, 'own'), node(`F${i - 1}`, ['p'], ['b'], {}, 'own')],
      opsetImport,
    });
    const functions = Array.from({ length: 40 }, (_, i) => level(i));
    const { messages } = importTest(calls(functions, [node('F39', ['x'], ['y'], {}, 'own')]));
    expect(messages).toHaveLength(1);
    expect(messages[0]).toMatch(/comes to over 32768 nodes in loops, branches and functions$/);
  });

  test('that give less than is asked of them', () => {
    const one = {
      name: 'F',
      domain: 'own',
      input: ['a'],
      output: ['b'],
      node: [node('Neg', ['a'], ['b'])],
      opsetImport,
    };
    const model = calls([one], [node('F', ['x'], ['y', 'z'], {}, 'own'), node('Neg', ['z'], ['w'])], ['w']);
    expect(importTest(model).messages).toEqual([
      'import/layer Neg_w: "Neg" takes a tensor as input 1 and is given nothing',
    ]);
  });
});
