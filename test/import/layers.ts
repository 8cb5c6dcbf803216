/** Operators with weights or windows. */
import type { Case } from './case.ts';
import { constant, image, nhwc, positive, sizes } from './case.ts';
import type { Attr } from './kit.ts';
import { bool, float, int, ints, noise, str, strs } from './kit.ts';

const kernel = noise(5, 3, 3, 4, 8);
const conv = { ...nhwc, strides: ints(1, 2, 2, 1), dilations: ints(1, 1, 1, 1), padding: str('SAME') };
const bias = constant(noise(6, 8));
const fused = (...steps: string[]): Readonly<Record<string, Attr>> => ({
  ...conv,
  fused_ops: strs(...steps),
  num_args: int(steps.includes('Prelu') ? 2 : 1),
});
const deep = constant(noise(7, 3, 3, 4, 2));
const normal = [image, ...[8, 9, 10].map((s) => constant(noise(s, 4))), constant(positive(noise(11, 4)))];

export const layers: readonly Case[] = [
  { op: 'Conv2D', operands: [image, constant(kernel)], attr: conv },
  {
    op: 'Conv2D',
    what: 'valid and dilated',
    operands: [image, constant(kernel)],
    attr: { ...conv, strides: ints(1, 1, 1, 1), dilations: ints(1, 2, 2, 1), padding: str('VALID') },
  },
  {
    op: 'Conv2D',
    what: 'same and dilated',
    operands: [image, constant(kernel)],
    attr: { ...conv, strides: ints(1, 1, 1, 1), dilations: ints(1, 2, 2, 1) },
  },
  {
    op: 'Conv2D',
    what: 'padded explicitly',
    operands: [image, constant(kernel)],
    attr: { ...conv, padding: str('EXPLICIT'), explicit_paddings: ints(0, 0, 1, 2, 2, 0, 0, 0) },
  },
  {
    op: 'Conv1D',
    operands: [noise(1, 2, 9, 4), constant(noise(2, 3, 4, 5))],
    attr: { stride: int(2), padding: str('SAME'), data_format: str('NWC'), dilation: int(1) },
  },
  ...[[], ['Relu'], ['Relu6'], ['Elu'], ['Sigmoid']].map((steps) => ({
    op: '_FusedConv2D',
    what: steps.join(),
    operands: [image, constant(kernel), bias],
    attr: fused('BiasAdd', ...steps),
  })),
  {
    op: '_FusedConv2D',
    what: 'LeakyRelu',
    operands: [image, constant(kernel), bias],
    attr: { ...fused('BiasAdd', 'LeakyRelu'), leakyrelu_alpha: float(0.3) },
  },
  {
    op: '_FusedConv2D',
    what: 'Prelu',
    operands: [image, constant(kernel), bias, constant(noise(13, 1, 1, 8))],
    attr: fused('BiasAdd', 'Prelu'),
  },
  {
    op: '_FusedConv2D',
    what: 'Prelu with a slope per pixel',
    operands: [image, constant(kernel), bias, constant(noise(13, 3, 3, 8))],
    attr: fused('BiasAdd', 'Prelu'),
  },
  { op: 'DepthwiseConv2dNative', operands: [image, deep], attr: conv },
  { op: 'DepthwiseConv2d', operands: [image, deep], attr: conv },
  { op: 'FusedDepthwiseConv2dNative', operands: [image, deep, bias], attr: fused('BiasAdd', 'Relu6') },
  {
    op: 'Conv2DBackpropInput',
    operands: [sizes(1, 12, 9, 3), constant(noise(1, 3, 3, 3, 4)), image],
    attr: { ...conv, padding: str('SAME') },
  },
  {
    op: 'Conv2DBackpropInput',
    what: 'valid',
    operands: [sizes(1, 14, 12, 3), constant(noise(1, 4, 4, 3, 4)), image],
    attr: { ...conv, padding: str('VALID') },
  },
  {
    op: 'MatMul',
    operands: [noise(1, 3, 4), constant(noise(2, 4, 5))],
    attr: { transpose_a: bool(false), transpose_b: bool(false) },
  },
  {
    op: 'MatMul',
    what: 'transposed',
    operands: [noise(1, 4, 3), constant(noise(2, 5, 4))],
    attr: { transpose_a: bool(true), transpose_b: bool(true) },
  },
  {
    op: 'MatMul',
    what: 'of two inputs',
    operands: [noise(1, 3, 4), noise(2, 4, 5)],
    attr: { transpose_a: bool(false), transpose_b: bool(false) },
  },
  {
    op: 'BatchMatMul',
    operands: [noise(1, 2, 3, 4), noise(2, 2, 5, 4)],
    attr: { adj_x: bool(false), adj_y: bool(true) },
  },
  {
    op: 'BatchMatMulV2',
    operands: [noise(1, 2, 3, 4), constant(noise(2, 1, 4, 5))],
    attr: { adj_x: bool(false), adj_y: bool(false) },
  },
  {
    op: '_FusedMatMul',
    operands: [noise(1, 3, 4), constant(noise(2, 4, 8)), bias],
    attr: { transpose_a: bool(false), transpose_b: bool(false), fused_ops: strs('BiasAdd', 'Relu'), num_args: int(1) },
  },
  ...['FusedBatchNorm', 'FusedBatchNormV2', 'FusedBatchNormV3'].map((op) => ({
    op,
    operands: normal,
    attr: { ...nhwc, epsilon: float(0.01) },
  })),
  ...['AvgPool', 'MaxPool'].flatMap((op) =>
    ['SAME', 'VALID'].map((p) => ({
      op,
      what: p,
      operands: [image],
      attr: { ...nhwc, ksize: ints(1, 3, 2, 1), strides: ints(1, 2, 1, 1), padding: str(p) },
    })),
  ),
  {
    op: 'MaxPoolWithArgmax',
    operands: [image],
    attr: {
      ksize: ints(1, 2, 2, 1),
      strides: ints(1, 2, 2, 1),
      padding: str('VALID'),
      include_batch_in_index: bool(false),
    },
  },
];
