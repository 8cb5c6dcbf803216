/** Operators that move elements about, or make them out of shapes. */
import type { Case } from './case.ts';
import { constant, image, one, sizes } from './case.ts';
import type { Tensor } from './kit.ts';
import { int, ints, noise, real, shape, type, whole } from './kit.ts';

const strided = (
  x: Tensor,
  begin: number[],
  end: number[],
  step: number[],
  masks: Readonly<Record<string, number>>,
  what: string,
): Case => ({
  op: 'StridedSlice',
  what,
  operands: [x, sizes(...begin), sizes(...end), sizes(...step)],
  attr: Object.fromEntries(
    ['begin_mask', 'end_mask', 'ellipsis_mask', 'new_axis_mask', 'shrink_axis_mask'].map((m) => [
      m,
      int(masks[m] ?? 0),
    ]),
  ),
});

export const shapes: readonly Case[] = [
  { op: 'Reshape', operands: [image, sizes(1, -1, 4)] },
  { op: 'EnsureShape', operands: [image], attr: { shape: shape(1, 6, 5, 4) }, expected: [image] },
  { op: 'Squeeze', operands: [noise(1, 1, 3, 1, 2)], attr: { squeeze_dims: ints(-2) } },
  {
    op: 'Squeeze',
    what: 'all',
    operands: [noise(1, 1, 3, 1, 2)],
    attr: { squeeze_dims: ints() },
    expected: [{ ...noise(1, 1, 3, 1, 2), shape: [3, 2] }],
  },
  { op: 'ExpandDims', operands: [noise(1, 2, 3), one(-1)] },
  { op: 'Transpose', operands: [image, sizes(0, 3, 1, 2)] },
  { op: 'Shape', operands: [image] },
  { op: 'ShapeN', operands: [image, noise(1, 7)], outputs: 2 },
  { op: 'Size', operands: [image] },
  { op: 'Rank', operands: [image] },
  { op: 'Pack', operands: [noise(1, 2, 3), noise(2, 2, 3)], attr: { axis: int(1) } },
  { op: 'Unpack', operands: [noise(1, 2, 3)], attr: { axis: int(1), num: int(3) }, outputs: 3 },
  { op: 'Concat', operands: [one(1), noise(1, 2, 3), noise(2, 2, 1)], attr: { N: int(2) } },
  { op: 'ConcatV2', operands: [noise(1, 2, 3), noise(2, 2, 1), one(-1)], attr: { N: int(2) } },
  { op: 'Split', operands: [one(2), noise(1, 2, 3, 4)], attr: { num_split: int(2) }, outputs: 2 },
  { op: 'SplitV', operands: [noise(1, 2, 6), sizes(1, -1, 3), one(1)], attr: { num_split: int(3) }, outputs: 3 },
  { op: 'Slice', operands: [image, sizes(0, 1, 2, 0), sizes(1, 2, -1, 3)] },
  strided(image, [0, 1, 1, 0], [1, 6, 5, 4], [1, 2, 1, 3], {}, 'with steps'),
  strided(image, [0, -1, 4, 0], [1, 0, 0, 4], [1, -2, -1, 1], { end_mask: 2 }, 'backwards'),
  strided(image, [0, 2], [0, 0], [1, 1], { begin_mask: 1, end_mask: 1, shrink_axis_mask: 2 }, 'shrinking'),
  strided(image, [0, 1], [0, 3], [1, 1], { ellipsis_mask: 1 }, 'with an ellipsis'),
  strided(image, [0, 0, 0], [0, 0, 9], [1, 1, 1], { begin_mask: 1, end_mask: 1, new_axis_mask: 2 }, 'with a new axis'),
  strided(image, [0, 0, 0, -2], [0, 0, 0, 99], [1, 1, 1, 1], { begin_mask: 7, end_mask: 7 }, 'beyond the end'),
  { op: 'Reverse', operands: [noise(1, 2, 3), sizes(0, 1)] },
  { op: 'ReverseV2', operands: [noise(1, 2, 3), sizes(0, -1)] },
  { op: 'Gather', operands: [noise(1, 5, 3), whole([4, 0, 0])] },
  { op: 'GatherV2', operands: [noise(1, 5, 3), whole([2, 1, 0, 0], [2, 2]), one(1)], attr: { batch_dims: int(0) } },
  { op: 'Tile', operands: [noise(1, 2, 3), sizes(2, 3)] },
  { op: 'BroadcastTo', operands: [noise(1, 3, 1), sizes(2, 3, 4)] },
  { op: 'BroadcastArgs', operands: [sizes(3, 1), sizes(2, 1, 4)] },
  { op: 'Fill', operands: [sizes(2, 3), constant(real([0.5], []))] },
  { op: 'Fill', what: 'with what is computed', operands: [sizes(2, 3), real([0.5], [])] },
  { op: 'Ones', operands: [sizes(2, 2)], attr: { T: type('DT_FLOAT') } },
  { op: 'Zeros', operands: [sizes(2, 2)], attr: { T: type('DT_INT32') } },
  { op: 'Range', operands: [one(3), one(-4), one(-2)], attr: { Tidx: type('DT_INT32') } },
  { op: 'LinSpace', operands: [constant(real([1], [])), constant(real([2], [])), one(5)] },
  {
    op: 'OneHot',
    operands: [whole([0, 2, -1]), one(3), constant(real([5], [])), constant(real([-1], []))],
    attr: { axis: int(-1), T: type('DT_FLOAT') },
  },
];
