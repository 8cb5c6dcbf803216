/** Sizes, whole numbers and names of ONNX files that are beyond what is read: refused, never taken for others. */
import { expect, test } from 'vitest';
import type { Message } from './kit.ts';
import { importTest, int64s, node, port } from './kit.ts';

const relu = (input: Message) => importTest({ inputs: [input], outputs: ['y'], nodes: [node('Relu', ['x'], ['y'])] });

test.each([2 ** 31, 2 ** 40])('an input of %d elements is refused', (size) => {
  expect(relu(port('x', [size])).messages).toEqual([
    expect.stringMatching(new RegExp(`^import/input-shape x: an input of shape \\[${size}\\] .*is too large$`)),
  ]);
});

test('sizes below zero are open, as some exporters write them', () => {
  expect(relu(port('x', [-1, 3])).graph?.nodes[0].type.shape).toEqual([1, 3]);
  expect(relu(port('x', [2, -1])).messages).toEqual([expect.stringMatching(/ leaves a size of this input open: /)]);
});

test('whole numbers of over 32 bits are no damage', () => {
  const { diagnostics } = importTest({
    inputs: [port('x', [1], 7)],
    outputs: ['y'],
    nodes: [node('Add', ['x', 'c'], ['y'])],
    initializers: [int64s('c', [1], [2n ** 40n])],
  });
  expect(diagnostics).toMatchObject([
    {
      message: 'the initializer holds 1099511627776, and whole numbers from -2147483648 to 2147483647 are read',
      hint: 'export the model without it; or if the file is damaged, download it again',
    },
  ]);
});

test('a name stands for one result', () => {
  const nodes = [node('Relu', ['x'], ['y']), node('Neg', ['x'], ['y'])];
  expect(importTest({ inputs: [port('x', [1])], outputs: ['y'], nodes }).messages).toEqual([
    'import/onnx : two results of nodes are named "y"',
  ]);
});
