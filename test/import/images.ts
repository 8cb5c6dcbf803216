/** Reductions, and operators on images. */
import type { Case } from './case.ts';
import { constant, image, nhwc, one, sizes, unary } from './case.ts';
import type { Tensor } from './kit.ts';
import { bool, int, noise, real, str, whole } from './kit.ts';

const flags = whole([1, 0, 0, 1, 1, 0], [2, 3]);
const pairs = whole([0, 0, 1, 2, 0, 1, 0, 0], [4, 2]);
const reduction = (op: string, x: Tensor = image): readonly Case[] => [
  { op, operands: [x, sizes(1, 2)], attr: { keep_dims: bool(true) } },
  { op, what: 'over the last axis', operands: [x, one(-1)], attr: { keep_dims: bool(false) } },
];

export const images: readonly Case[] = [
  ...['Sum', 'Mean', 'Max', 'Min', 'Prod', 'EuclideanNorm'].flatMap((op) => reduction(op)),
  { op: 'All', operands: [flags, sizes(1)], attr: { keep_dims: bool(false) }, expected: [whole([0, 0])] },
  { op: 'Any', operands: [flags, sizes(0)], attr: { keep_dims: bool(true) }, expected: [whole([1, 1, 0], [1, 3])] },
  { op: 'ArgMax', operands: [image, one(1)] },
  { op: 'ArgMin', operands: [image, one(-1)] },
  {
    op: 'TopKV2',
    operands: [real([3, 1, 3, 2, 9, 0, 9, 9], [2, 4]), one(3)],
    attr: { sorted: bool(true) },
    outputs: 2,
  },
  ...[
    [false, false],
    [true, false],
    [false, true],
    [true, true],
  ].map(([e, r]) => ({
    op: 'Cumsum',
    what: `exclusive ${e}, reverse ${r}`,
    operands: [noise(1, 3, 5, 2), one(1)],
    attr: { exclusive: bool(e), reverse: bool(r) },
  })),
  unary('Softmax'),
  unary('LogSoftmax'),

  ...[
    [false, false],
    [false, true],
    [true, false],
  ].flatMap(([corners, centres]) =>
    ['ResizeBilinear', 'ResizeNearestNeighbor'].flatMap((op) =>
      [
        [9, 11],
        [3, 2],
      ].map((to) => ({
        op,
        what: `${corners} ${centres} ${to}`,
        operands: [image, sizes(...to)],
        attr: { align_corners: bool(corners), half_pixel_centers: bool(centres) },
      })),
    ),
  ),
  { op: 'Pad', operands: [image, constant(pairs)] },
  { op: 'PadV2', operands: [image, constant(pairs), constant(real([2.5], []))] },
  ...['REFLECT', 'SYMMETRIC'].map((mode) => ({
    op: 'MirrorPad',
    what: mode,
    operands: [image, constant(pairs)],
    attr: { mode: str(mode) },
  })),
  { op: 'DepthToSpace', operands: [image], attr: { ...nhwc, block_size: int(2) } },
  {
    op: 'SpaceToDepth',
    operands: [real([1, 2, 3, 4], [1, 2, 2, 1])],
    attr: { ...nhwc, block_size: int(2) },
    expected: [real([1, 2, 3, 4], [1, 1, 1, 4])],
  },
  { op: 'SpaceToBatchND', operands: [image, sizes(2, 3), constant(whole([1, 1, 0, 1], [2, 2]))] },
  { op: 'BatchToSpaceND', operands: [noise(1, 12, 3, 2, 2), sizes(2, 3), constant(whole([1, 0, 0, 2], [2, 2]))] },
];
