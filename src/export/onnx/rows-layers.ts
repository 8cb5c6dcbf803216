/** Layers with weights, matrix products and batch normalisation. */
import type { BatchNorm } from '../../ops/batch-norm.ts';
import type { ConvTranspose2d } from '../../ops/conv-transpose2d.ts';
import type { Conv2d } from '../../ops/conv2d.ts';
import type { Linear } from '../../ops/linear.ts';
import type { MatMul } from '../../ops/matmul.ts';
import type { Activation } from '../../ops/scalar.ts';
import { elements } from '../../tensor/type.ts';
import type { Tensor } from './file.ts';
import { float, int, ints } from './file.ts';
import { functions1 } from './functions.ts';
import type { Layer, Row } from './layer.ts';
import { held, isZero, list, orderOf } from './layer.ts';
import { imageOrder, plainOrder, sameOrder, swapped } from './order.ts';
import { isImage, isPixel } from './wants.ts';
import { wholeConvolution } from './whole-convolution.ts';

/** The activation of a layer as a node of its own; `after` axes of the result come after that of its outputs. */
export function activated(l: Layer, activation: Activation, x: Tensor, after: number): Tensor {
  if (activation === 'none') return x;
  if (activation !== 'prelu') return functions1[activation].write(l, x, l.type.dtype);
  const slopes = l.types.slope.shape[0];
  return l.node('PRelu', [x, l.shaped('slope', slopes === 1 ? [1] : [slopes, ...Array(after).fill(1)])]);
}

/** A bias of zeros is left out. */
const withBias = (l: Layer, inputs: readonly Tensor[]): readonly Tensor[] =>
  isZero(l, 'bias') ? inputs : [...inputs, l.view('bias')];

export const conv2d: Row<Conv2d> = (op, l) => {
  const ended = (sum: Tensor) => {
    const all = op.residual ? l.node('Add', [sum, l.view('residual', imageOrder)]) : sum;
    return held(l, activated(l, op.activation, all, 2), imageOrder);
  };
  if (l.type.dtype !== 'f32') return ended(wholeConvolution(op, l));
  const [, kh, kw] = l.types.weights.shape;
  const sum = l.node('Conv', withBias(l, [l.view('x', imageOrder), l.view('weights', imageOrder)]), {
    dilations: ints(op.dilation),
    group: int(op.groups),
    kernel_shape: ints([kh, kw]),
    pads: ints(op.pad),
    strides: ints(op.stride),
  });
  return ended(sum);
};

/** Weights are [i, o, kh, kw] here. What is cut off, or lies beyond what anything is added to, is said in different ways. */
export const convTranspose2d: Row<ConvTranspose2d> = (op, l) => {
  const { stride, dilation, pad, size } = op;
  const [, h, w] = l.types.x.shape;
  const [o, kh, kw] = l.types.weights.shape;
  const full = [(h - 1) * stride[0] + (kh - 1) * dilation[0] + 1, (w - 1) * stride[1] + (kw - 1) * dilation[1] + 1];
  const cut = full.map((length, axis) => length - pad[axis] - size[axis]);
  const beyond = cut.map((length) => Math.max(-length, 0));
  const geometry = { dilations: ints(dilation), kernel_shape: ints([kh, kw]), strides: ints(stride) };
  const operands = [l.view('x', imageOrder), l.view('weights', [3, 0, 1, 2])];
  if (beyond.every((length, axis) => length < Math.max(stride[axis], dilation[axis]) && pad[axis] < full[axis])) {
    const sum = l.node('ConvTranspose', withBias(l, operands), {
      ...geometry,
      output_padding: ints(beyond),
      pads: ints([pad[0], pad[1], Math.max(cut[0], 0), Math.max(cut[1], 0)]),
    });
    return held(l, activated(l, op.activation, sum, 2), imageOrder);
  }
  const whole = l.node('ConvTranspose', operands, geometry);
  const wide = l.node('Pad', [
    whole,
    list(l, [0, 0, 0, 0, 0, 0, ...size.map((length, axis) => Math.max(pad[axis] + length - full[axis], 0))], 'pads'),
  ]);
  const ends = size.map((length, axis) => pad[axis] + length);
  const part = l.node('Slice', [
    wide,
    list(l, pad.slice(0, 2), 'starts'),
    list(l, ends, 'ends'),
    list(l, [2, 3], 'axes'),
  ]);
  const sum = l.node('Add', [part, l.shaped('bias', [o, 1, 1])]);
  return held(l, activated(l, op.activation, sum, 2), imageOrder);
};

const gemm = (l: Layer, x: Tensor): Tensor => l.node('Gemm', withBias(l, [x, l.view('weights')]), { transB: int(1) });

export const linear: Row<Linear> = ({ activation }, l) => {
  if (l.types.x.shape.length === 2 && l.type.dtype === 'f32')
    return held(l, activated(l, activation, gemm(l, l.view('x')), 0));
  // On a picture of one pixel it is the convolution that models have there.
  if (l.type.dtype === 'f32' && isPixel(l) && isImage(l.want) && isImage(orderOf(l, 'x'))) {
    const [o, i] = l.types.weights.shape;
    const operands = [l.view('x', imageOrder), l.shaped('weights', [o, i, 1, 1])];
    return held(
      l,
      activated(l, activation, l.node('Conv', withBias(l, operands), { kernel_shape: ints([1, 1]) }), 2),
      imageOrder,
    );
  }
  const { shape } = l.types.x;
  const [rows, features] = [elements(shape.slice(0, -1)), shape[shape.length - 1]];
  // Vectors with axes of size 1 between: as rows of one matrix.
  if (rows === shape[0] && shape.length > 2 && l.type.dtype === 'f32') {
    const sum = activated(l, activation, gemm(l, l.shaped('x', [rows, features])), 0);
    l.size(sum, [rows, l.types.weights.shape[0]]);
    return held(l, l.reshape(sum, l.type.shape));
  }
  const x = l.view('x');
  const product = l.node('MatMul', [x, l.view('weights', [1, 0])]);
  const sum = isZero(l, 'bias') ? product : l.node('Add', [product, l.view('bias')]);
  return held(l, activated(l, activation, sum, 0));
};

export const matmul: Row<MatMul> = ({ transposeA, transposeB }, l) => {
  const operand = (name: string, transposed: boolean): Tensor => {
    const rank = l.types[name].shape.length;
    return l.view(name, transposed ? swapped(rank) : plainOrder(rank));
  };
  return held(l, l.node('MatMul', [operand('a', transposeA), operand('b', transposeB)]));
};

/** Channels come second here. */
export const batchNorm: Row<BatchNorm> = ({ epsilon }, l) => {
  const { shape } = l.type;
  const rank = shape.length;
  const parameters = ['scale', 'offset', 'mean', 'variance'].map((name) => l.view(name));
  const attributes = { epsilon: float(epsilon) };
  if (rank === 1) {
    const row = l.node('BatchNormalization', [l.shaped('x', [1, ...shape]), ...parameters], attributes);
    return held(l, l.reshape(row, shape));
  }
  const own = orderOf(l, 'x');
  const second = [0, rank - 1, ...plainOrder(rank).slice(1, -1)];
  const order = own.indexOf(rank - 1) === 1 && !sameOrder(own, second) ? own : second;
  return held(l, l.node('BatchNormalization', [l.view('x', order), ...parameters], attributes), order);
};
