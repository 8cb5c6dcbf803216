/** TensorFlow operators with weights or windows: convolutions, dense layers, normalisation, pooling. */
import type { UnaryName } from '../../ops/scalar.ts';
import type { Value } from '../builder.ts';
import { binary, cast, reshape, transpose } from '../compose.ts';
import type { Padding } from '../geometry.ts';
import { padOf } from '../geometry.ts';
import type { Epilogue } from '../layers.ts';
import { convolve, convolveTransposed, dense } from '../layers.ts';
import type { Layer, Row, Rows } from './layer.ts';

const rowsFirst = (l: Layer): void => {
  const format = l.text('data_format', 'NHWC');
  if (format !== 'NHWC' && format !== 'NWC')
    l.fail(
      `has its channels first: data_format "${format}"`,
      'convert the model with channels last (NHWC); TensorFlow.js runs no other on the CPU',
    );
};

/** The two in the middle of an attribute that has one number per axis of [n, h, w, c]. */
function spatial(l: Layer, attribute: string, otherwise?: readonly number[]): readonly number[] {
  const values = l.ints(attribute, otherwise);
  if (values.length === 4 && values[0] === 1 && values[3] === 1) return values.slice(1, 3);
  l.fail(`has [${values.join(', ')}] as attribute "${attribute}", where [1, rows, columns, 1] is meant`);
  return [1, 1];
}

function padding(l: Layer): Padding {
  const word = l.text('padding');
  if (word === 'SAME') return 'same';
  if (word === 'VALID') return 'valid';
  const pads = l.ints('explicit_paddings', []);
  if (word === 'EXPLICIT' && pads.length === 8) return [pads[2], pads[4], pads[3], pads[5]];
  l.fail(`has padding "${word}" with ${pads.length} numbers`, 'SAME, VALID, and EXPLICIT with 8 numbers are read');
  return 'valid';
}

const fusable: Readonly<Record<string, UnaryName>> = {
  Relu: 'relu',
  Relu6: 'relu6',
  Elu: 'elu',
  Sigmoid: 'sigmoid',
  Tanh: 'tanh',
  GeluExact: 'gelu',
};

interface Fused extends Epilogue {
  /** Scale, offset, mean and variance of a normalisation in place of a bias. */
  readonly normalisation?: readonly Value[];
}

/** What a fused operator does after the layer; its operands come after x and the weights. */
function fused(l: Layer): Fused {
  const steps = l.texts('fused_ops', []);
  const [first, step] = steps;
  const taken = first === undefined ? 2 : first === 'BiasAdd' ? 3 : 6;
  const used = taken + Number(step === 'Prelu');
  const isRead =
    (first === undefined || first === 'BiasAdd' || first === 'FusedBatchNorm') &&
    (step === undefined || step === 'Prelu' || step === 'LeakyRelu' || Object.hasOwn(fusable, step));
  if (!isRead || steps.length > 2) l.fail(`fuses "${steps.join(', ')}", which is not read`);
  if (l.operands.length !== used) l.fail(`has ${l.operands.length} inputs, and what it fuses takes ${used}`);
  const head: Fused = {
    ...(first === 'BiasAdd' && { bias: l.operand(2) }),
    ...(first === 'FusedBatchNorm' && { normalisation: [2, 3, 4, 5].map((i) => l.operand(i)) }),
  };
  if (l.failed || step === undefined) return head;
  if (step === 'Prelu') return { ...head, activation: 'prelu', slope: l.operand(taken) };
  if (step !== 'LeakyRelu') return { ...head, activation: fusable[step] };
  return {
    ...head,
    activation: 'prelu',
    slope: l.known(Float32Array.of(l.float('leakyrelu_alpha', 0.2)), [1], 'slope'),
  };
}

const normalise = (l: Layer, x: Value, parameters: readonly Value[], epsilon: number): Value =>
  l.call({ kind: 'batch-norm', epsilon }, cast(l, x, 'f32'), ...parameters);

const convolution =
  (depthwise: boolean): Row =>
  (l) => {
    rowsFirst(l);
    const { normalisation, ...epilogue } = fused(l);
    const layer = {
      x: l.operand(0),
      kernel: l.operand(1),
      depthwise,
      stride: spatial(l, 'strides'),
      dilation: spatial(l, 'dilations', [1, 1, 1, 1]),
      padding: padding(l),
    };
    if (!normalisation) return convolve(l, { ...layer, ...epilogue });
    const normal = normalise(l, convolve(l, layer), normalisation, l.float('epsilon', 1e-4));
    if (epilogue.activation === undefined) return normal;
    return epilogue.activation === 'prelu' && epilogue.slope
      ? binary(l, 'prelu', normal, epilogue.slope)
      : l.call({ kind: 'unary', fn: epilogue.activation as UnaryName }, normal);
  };

const convolution1d: Row = (l) => {
  rowsFirst(l);
  const [x, kernel] = [l.operand(0), l.operand(1)];
  const [n, w, c] = x.type.shape;
  const [k, i, o] = kernel.type.shape;
  if (x.type.shape.length !== 3 || kernel.type.shape.length !== 3) return l.fail('takes a 3-D value and a 3-D kernel');
  const result = convolve(l, {
    x: reshape(l, x, [n, 1, w, c]),
    kernel: reshape(l, kernel, [1, k, i, o]),
    depthwise: false,
    stride: [1, l.int('stride')],
    dilation: [1, l.int('dilation', 1)],
    padding: padding(l),
  });
  const { shape } = result.type;
  return reshape(l, result, [shape[0], shape[2], shape[3]]);
};

const transposed: Row = (l) => {
  rowsFirst(l);
  return convolveTransposed(l, {
    x: l.operand(2),
    kernel: l.operand(1),
    size: l.numbers(0, 'output shape').slice(1, 3),
    stride: spatial(l, 'strides'),
    dilation: spatial(l, 'dilations', [1, 1, 1, 1]),
    padding: padding(l),
  });
};

const pooling =
  (fn: 'max' | 'avg'): Row =>
  (l) => {
    rowsFirst(l);
    const x = cast(l, l.operand(0), 'f32');
    const [window, stride] = [spatial(l, 'ksize'), spatial(l, 'strides')];
    const pad = padOf(padding(l), x.type.shape.slice(1, 3), { size: window, stride, dilation: [1, 1] });
    return l.call({ kind: 'pool2d', fn, window, stride, pad, countPad: false }, x);
  };

/** A product with stored weights is a dense layer; one of two computed values is not. */
const product: Row = (l) => {
  const [a, b] = [l.operand(0), l.operand(1)];
  const batched = l.operator.startsWith('Batch');
  const transposeA = l.bool(batched ? 'adj_x' : 'transpose_a', false);
  const transposeB = l.bool(batched ? 'adj_y' : 'transpose_b', false);
  const { normalisation, ...epilogue } = fused(l);
  if (normalisation) return l.fail('fuses "FusedBatchNorm", which is not read');
  const leading = b.type.shape.slice(0, -2);
  if (b.data && !a.data && b.type.shape.length >= 2 && leading.every((d) => d === 1)) {
    const matrix = reshape(l, b, b.type.shape.slice(-2));
    const rank = a.type.shape.length;
    const swapped = a.type.shape.map((_, axis) => (axis < rank - 2 ? axis : 2 * rank - 3 - axis));
    const x = transposeA ? transpose(l, a, swapped) : a;
    return dense(l, { x, kernel: transposeB ? transpose(l, matrix, [1, 0]) : matrix, ...epilogue });
  }
  const plain = l.call({ kind: 'matmul', transposeA, transposeB }, cast(l, a, 'f32'), cast(l, b, 'f32'));
  const biased = epilogue.bias ? binary(l, 'add', plain, epilogue.bias) : plain;
  if (epilogue.activation === undefined) return biased;
  return epilogue.activation === 'prelu' && epilogue.slope
    ? binary(l, 'prelu', biased, epilogue.slope)
    : l.call({ kind: 'unary', fn: epilogue.activation as UnaryName }, biased);
};

const batchNormalisation: Row = (l) => {
  rowsFirst(l);
  if (l.bool('is_training', false))
    return l.fail('normalises by the batch at hand, as in training', 'convert the model for inference');
  const parameters = [1, 2, 3, 4].map((i) => l.operand(i));
  return normalise(l, l.operand(0), parameters, l.float('epsilon', 1e-3));
};

export const layerRows: Rows = {
  AvgPool: pooling('avg'),
  BatchMatMul: product,
  BatchMatMulV2: product,
  BiasAdd: (l) => {
    rowsFirst(l);
    return binary(l, 'add', l.operand(0), l.operand(1));
  },
  Conv1D: convolution1d,
  Conv2D: convolution(false),
  Conv2DBackpropInput: transposed,
  DepthwiseConv2d: convolution(true),
  DepthwiseConv2dNative: convolution(true),
  FusedBatchNorm: batchNormalisation,
  FusedBatchNormV2: batchNormalisation,
  FusedBatchNormV3: batchNormalisation,
  FusedDepthwiseConv2dNative: convolution(true),
  MatMul: product,
  MaxPool: pooling('max'),
  MaxPoolWithArgmax: pooling('max'),
  _FusedConv2D: convolution(false),
  _FusedMatMul: product,
};
