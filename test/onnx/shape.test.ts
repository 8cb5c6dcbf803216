/** Rows that give values other sizes, take them apart and put them together: every form that a version has, as onnxruntime reads it. */
import { describe, expect, test } from 'vitest';
import { expectSame, results } from './against.ts';
import { importTest, int64s, node, port, real } from './kit.ts';
import type { OneNode } from './rows.ts';
import { given, oneNode } from './rows.ts';

const max = 2n ** 63n - 1n;
const min = -(2n ** 63n);

const alike: Readonly<Record<string, OneNode>> = {
  'Reshape keeps sizes where 0 stands': { op: 'Reshape', opset: 13, x: [2, 3, 4], more: [[0, 0, 2, -1]] },
  'Reshape, one size open': { op: 'Reshape', opset: 7, x: [2, 3, 4], more: [[-1, 6]] },
  'Reshape to no axes': { op: 'Reshape', opset: 14, x: [1, 1], more: [[]] },
  'Flatten before the first axis': { op: 'Flatten', opset: 9, x: [2, 3, 4], attributes: { axis: 0 } },
  'Flatten behind the last': { op: 'Flatten', opset: 11, x: [2, 3, 4], attributes: { axis: 3 } },
  'Flatten from the back': { op: 'Flatten', opset: 13, x: [2, 3, 4], attributes: { axis: -1 } },
  'Squeeze by attribute': { op: 'Squeeze', opset: 11, x: [1, 3, 1, 4], attributes: { axes: [-2] } },
  'Squeeze by operand': { op: 'Squeeze', opset: 13, x: [1, 3, 1, 4], more: [[0, -2]] },
  'Squeeze all': { op: 'Squeeze', opset: 13, x: [1, 3, 1, 4] },
  'Unsqueeze by attribute': { op: 'Unsqueeze', opset: 7, x: [3, 4], attributes: { axes: [0, 3] } },
  'Unsqueeze by operand': { op: 'Unsqueeze', opset: 13, x: [3, 4], more: [[-1, 1]] },
  'Shape in part': { op: 'Shape', opset: 15, x: [2, 3, 4], attributes: { start: -2, end: 9 }, gives: 7 },
  Size: { op: 'Size', opset: 13, x: [2, 3, 4], gives: 7 },
  'Transpose back to front': { op: 'Transpose', opset: 13, x: [2, 3, 4] },
  'Expand to both': { op: 'Expand', opset: 8, x: [3, 1], more: [[2, 1, 4]] },
  Tile: { op: 'Tile', opset: 13, x: [2, 3], more: [[2, 3]] },
  'Split by attribute': { op: 'Split', opset: 11, x: [5, 2], attributes: { split: [1, 4] }, outputs: ['y', 'z'] },
  'Split by operand': {
    op: 'Split',
    opset: 13,
    x: [2, 5],
    more: [[2, 3]],
    attributes: { axis: -1 },
    outputs: ['y', 'z'],
  },
  'Split evenly': { op: 'Split', opset: 13, x: [6], outputs: ['y', 'z', 'w'] },
  'Split as evenly as it goes': {
    op: 'Split',
    opset: 18,
    x: [7, 2],
    attributes: { num_outputs: 3 },
    outputs: ['y', 'z', 'w'],
  },
  'Slice by attributes': {
    op: 'Slice',
    opset: 9,
    x: [4, 5],
    attributes: { starts: [1, -3], ends: [-1, 2147483647], axes: [0, 1] },
  },
  'Slice by attributes without axes': { op: 'Slice', opset: 7, x: [4, 5], attributes: { starts: [1], ends: [3] } },
  'Slice backwards': {
    op: 'Slice',
    opset: 13,
    x: [4, 5],
    more: [int64s('', [2], [max, -1]), int64s('', [2], [min, -100]), [0, 1], [-1, -2]],
  },
  'Slice without axes, with steps': { op: 'Slice', opset: 11, x: [4, 5], more: [[0, 0], [100, 5], undefined, [3, 2]] },
  'Slice with a step over the end': {
    op: 'Slice',
    opset: 13,
    x: [4],
    more: [[1], int64s('', [1], [max]), [0], int64s('', [1], [max])],
  },
  'Pad by attributes': { op: 'Pad', opset: 10, x: [2, 3], attributes: { pads: [1, 0, 0, 2], value: real(1.5) } },
  'Pad, some cut off': { op: 'Pad', opset: 13, x: [4, 5], more: [[1, -2, -1, 1]] },
  'Pad edges': { op: 'Pad', opset: 13, x: [2, 3], more: [[1, 2, 2, 1]], attributes: { mode: 'edge' } },
  'Pad mirrored': { op: 'Pad', opset: 13, x: [3, 4], more: [[1, 2, 2, 3]], attributes: { mode: 'reflect' } },
  'Pad mirrored after a cut': {
    op: 'Pad',
    opset: 13,
    x: [3, 4],
    more: [[0, -1, 0, 2]],
    attributes: { mode: 'reflect' },
  },
  'Pad some axes': {
    op: 'Pad',
    opset: 18,
    x: [2, 3, 4],
    more: [[1, 2, 0, 1], { dims: [], dataType: 1, floatData: [-Infinity] }, [-1, 0]],
  },
  'Pad around': { op: 'Pad', opset: 19, x: [2, 3], more: [[1, 3, 2, 2]], attributes: { mode: 'wrap' } },
  CenterCropPad: { op: 'CenterCropPad', opset: 18, x: [5, 4, 3], more: [[2, 7, 3]] },
  'CenterCropPad along some': {
    op: 'CenterCropPad',
    opset: 18,
    x: [5, 4, 3],
    more: [[6, 2]],
    attributes: { axes: [0, -1] },
  },
  'DepthToSpace, blocks first': { op: 'DepthToSpace', opset: 11, x: [1, 8, 2, 3], attributes: { blocksize: 2 } },
  'DepthToSpace, depth first': {
    op: 'DepthToSpace',
    opset: 13,
    x: [1, 12, 2, 3],
    attributes: { blocksize: 2, mode: 'CRD' },
  },
  SpaceToDepth: { op: 'SpaceToDepth', opset: 13, x: [1, 3, 4, 6], attributes: { blocksize: 2 } },
};

test.each(Object.entries(alike))('%s', async (_name, one) => {
  await expectSame(oneNode(one), given(one.x));
});

test('a border that wraps around more than once', () => {
  const model = oneNode({ op: 'Pad', opset: 19, x: [3], more: [[5, 4]], attributes: { mode: 'wrap' } });
  expect(results(model, { x: [1, 2, 3] }).y.data).toEqual([2, 3, 1, 2, 3, 1, 2, 3, 1, 2, 3, 1]);
});

const refused: readonly (readonly [string, OneNode])[] = [
  ['cannot make [5, -1] of [2, 3]', { op: 'Reshape', opset: 13, x: [2, 3], more: [[5, -1]] }],
  ['cannot make [-1, -1] of [2, 3]', { op: 'Reshape', opset: 13, x: [2, 3], more: [[-1, -1]] }],
  [
    'cannot make [0, -1] of [2, 3]',
    { op: 'Reshape', opset: 14, x: [2, 3], more: [[0, -1]], attributes: { allowzero: 1 } },
  ],
  [
    'is split at axis 3 and given a value with 2 axes',
    { op: 'Flatten', opset: 13, x: [2, 3], attributes: { axis: 3 } },
  ],
  ['takes away axis 1 of [1, 3], and its size is not 1', { op: 'Squeeze', opset: 13, x: [1, 3], more: [[1]] }],
  ['puts in axes [0, -3], of which two are the same', { op: 'Unsqueeze', opset: 13, x: [3], more: [[0, -3]] }],
  ['works along axis 5 of a value with 2 axes', { op: 'Concat', opset: 13, x: [2, 3], attributes: { axis: 5 } }],
  ['cannot broadcast [2, 3] with [4, 3]', { op: 'Expand', opset: 13, x: [2, 3], more: [[4, 3]] }],
  ['cannot share 7 elements among 2 parts', { op: 'Split', opset: 13, x: [7], outputs: ['y', 'z'] }],
  [
    'shares 7 elements out as [3, 3] to 2 outputs',
    { op: 'Split', opset: 13, x: [7], more: [[3, 3]], outputs: ['y', 'z'] },
  ],
  [
    'would give nothing: its result has the shape [0]',
    { op: 'Split', opset: 13, x: [7], more: [[0, 7]], outputs: ['y', 'z'] },
  ],
  ['would give nothing: its result has the shape [0, 3]', { op: 'Slice', opset: 13, x: [2, 3], more: [[2], [9]] }],
  [
    'slices axis 1 twice',
    {
      op: 'Slice',
      opset: 13,
      x: [2, 3],
      more: [
        [0, 0],
        [1, 1],
        [1, -1],
      ],
    },
  ],
  ['has a step of 0', { op: 'Slice', opset: 13, x: [2, 3], more: [[0], [1], [0], [0]] }],
  [
    'has 2 starts, 1 ends, 2 axes and 2 steps, which must be as many',
    { op: 'Slice', opset: 13, x: [2, 3], more: [[0, 0], [1]] },
  ],
  ['has 3 pads and needs two for each of 2 axes', { op: 'Pad', opset: 13, x: [2, 3], more: [[1, 1, 1]] }],
  ['cuts all of [2, 3] off, and leaves nothing', { op: 'Pad', opset: 13, x: [2, 3], more: [[-1, 0, -1, 0]] }],
  [
    'pads in the mode "odd", which is not read',
    { op: 'Pad', opset: 13, x: [2], more: [[1, 1]], attributes: { mode: 'odd' } },
  ],
  [
    'wraps around to 16777219 elements, and at most 1048576 are read',
    { op: 'Pad', opset: 19, x: [3], more: [[16777216, 0]], attributes: { mode: 'wrap' } },
  ],
  [
    'cannot spread 6 channels over 2x2 pixels',
    { op: 'DepthToSpace', opset: 13, x: [1, 6, 2, 2], attributes: { blocksize: 2 } },
  ],
  [
    'has the mode "RCD", which is not read',
    { op: 'DepthToSpace', opset: 13, x: [1, 4, 2, 2], attributes: { blocksize: 2, mode: 'RCD' } },
  ],
];

test.each(refused)('refused: %s', (message, one) => {
  expect(importTest(oneNode(one)).messages).toEqual([`import/layer ${one.op}_y: "${one.op}" ${message}`]);
});

describe('values that hold nothing', () => {
  /** Sizes of which none are left, put before the ones that are asked for. */
  test('go through shape arithmetic', async () => {
    await expectSame(
      {
        inputs: [port('x', [2, 3, 4])],
        outputs: ['y', port('count', undefined, 7)],
        initializers: [
          int64s('none', [0], []),
          int64s('zero', [1], [0]),
          int64s('all', [1], [-1]),
          int64s('no_index', [0], []),
          int64s('table', [3], [7, 8, 9]),
          int64s('column', [2], [1, -1]),
        ],
        nodes: [
          node('Shape', ['x'], ['shape']),
          node('Slice', ['shape', 'zero', 'zero'], ['nothing']),
          node('Gather', ['table', 'no_index'], ['picked']),
          node('Squeeze', ['none'], ['still'], {}),
          node('Unsqueeze', ['still', 'zero'], ['wide']),
          node('Reshape', ['wide', 'all'], ['flat']),
          node('Mul', ['flat', 'zero'], ['scaled']),
          node('Neg', ['scaled'], ['negative']),
          node('Equal', ['negative', 'zero'], ['same']),
          node('Cast', ['same'], ['real'], { to: 1 }),
          node('Cast', ['real'], ['whole'], { to: 7 }),
          node('ConstantOfShape', ['zero'], ['filled']),
          node('Cast', ['filled'], ['filled_whole'], { to: 7 }),
          node('Concat', ['nothing', 'picked', 'whole', 'filled_whole', 'all', 'none'], ['to'], { axis: 0 }),
          node('Reshape', ['x', 'to'], ['y']),
          node('Shape', ['wide'], ['sizes']),
          node('Size', ['nothing'], ['size']),
          node('Unsqueeze', ['size', 'zero'], ['size_list']),
          node('Concat', ['sizes', 'size_list'], ['count'], { axis: 0 }),
        ],
      },
      given([2, 3, 4]),
    );
  });

  test('keep their other sizes', async () => {
    await expectSame(
      {
        outputs: [port('y', undefined, 7)],
        initializers: [
          { name: 'a', dims: [0, 2], dataType: 1 },
          { name: 'b', dims: [0, 3], dataType: 1 },
          int64s('to', [2], [5, 0]),
          int64s('shape', [3], [4, 1, 0]),
        ],
        nodes: [
          node('Concat', ['a', 'b'], ['ab'], { axis: 1 }),
          node('Transpose', ['ab'], ['ba']),
          node('Expand', ['ba', 'shape'], ['wide']),
          node('Shape', ['wide'], ['y']),
        ],
      },
      {},
    );
  });
});
