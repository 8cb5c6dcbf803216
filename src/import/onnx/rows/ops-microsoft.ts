/** Operators of the domain com.microsoft, which onnxruntime's optimiser writes into models: fused ones, for the most part. */
import type { Value } from '../../builder.ts';
import { binary, cast, scalar, unary } from '../../compose.ts';
import type { Layer, Row, Rows } from '../layer.ts';
import { convolution } from './convolution.ts';
import { hardSigmoid, leaky, swish, tanhGelu } from './ops-activation.ts';
import { layerNorm, rmsNorm } from './ops-normalise.ts';
import { multiply, swapLast } from './product.ts';

const real = (l: Layer, index: number): Value => cast(l, l.operand(index), 'f32');
const realIf = (l: Layer, index: number): Value | undefined => {
  const x = l.optional(index);
  return x && cast(l, x, 'f32');
};
const plus = (l: Layer, x: Value, y: Value | undefined): Value => (y ? binary(l, 'add', x, y) : x);

/** alpha · A · B, either with its last two axes swapped. */
const matmul: Row = (l) => {
  if (l.flag('transBatchA', false) || l.flag('transBatchB', false))
    return l.fail('swaps the axes of batches', 'disable the optimiser’s fusion of products and transposes');
  const [a, b] = [real(l, 0), real(l, 1)];
  const product = multiply(
    l,
    l.flag('transA', false) ? swapLast(l, a) : a,
    l.flag('transB', false) ? swapLast(l, b) : b,
  );
  const alpha = l.float('alpha', 1);
  return alpha === 1 ? product : binary(l, 'mul', product, scalar(l, alpha, product));
};

/** The sum of both, normalised over the last axis; the sum itself is the fourth output. */
const skipNorm =
  (norm: (l: Layer, x: Value) => readonly Value[], biasAt: number): Row =>
  (l) => {
    const sum = plus(l, binary(l, 'add', real(l, 0), real(l, 1)), realIf(l, biasAt));
    if (l.failed || sum.type.shape.length === 0) return l.fail('normalises a single number');
    const [y, mean, inverse] = norm(l, sum);
    return [y, mean, inverse, sum];
  };

const skipLayer = skipNorm(
  (l, x) => layerNorm(l, x, x.type.shape.length - 1, l.float('epsilon', 1e-12), [real(l, 2), realIf(l, 3)]),
  4,
);

const skipRms = skipNorm((l, x) => {
  const [y, inverse] = rmsNorm(l, x, x.type.shape.length - 1, l.float('epsilon', 1e-12), real(l, 2));
  return [y, inverse, inverse];
}, 3);

/** What onnxruntime fuses into convolutions. */
function activated(l: Layer, x: Value): Value {
  const name = l.text('activation', '');
  const [a, b] = l.floats('activation_params', []);
  switch (name) {
    case '':
      return x;
    case 'Relu':
      return unary(l, 'relu', x);
    case 'Sigmoid':
      return unary(l, 'sigmoid', x);
    case 'Tanh':
      return unary(l, 'tanh', x);
    case 'LeakyRelu':
      return leaky(l, x, a ?? 0.01);
    case 'HardSigmoid':
      return hardSigmoid(l, x, a ?? 0.2, b ?? 0.5);
    case 'Clip':
      return binary(l, 'min', binary(l, 'max', x, scalar(l, a ?? -Infinity, x)), scalar(l, b ?? Infinity, x));
    default:
      return l.fail(`has the activation "${name}"`, 'disable the optimiser’s fusion of activations');
  }
}

/** A convolution, a value that is added to it, and an activation. */
const fusedConvolution: Row = (l) => {
  const y = convolution(l, { x: real(l, 0), weights: real(l, 1), bias: realIf(l, 2) });
  return activated(l, plus(l, y, realIf(l, 3)));
};

export const microsoftRows: Rows = {
  BiasGelu: (l) => unary(l, 'gelu', plus(l, real(l, 0), real(l, 1))),
  FastGelu: (l) => tanhGelu(l, plus(l, real(l, 0), realIf(l, 1))),
  FusedConv: fusedConvolution,
  FusedMatMul: matmul,
  Gelu: (l) => unary(l, 'gelu', real(l, 0)),
  QuickGelu: (l) => swish(l, real(l, 0), l.float('alpha', 1.702)),
  SkipLayerNormalization: skipLayer,
  SkipSimplifiedLayerNormalization: skipRms,
};
