/** Layers with weights, as both kinds of TensorFlow.js model have them: kernels brought into canonical order. */
import type { Activation, UnaryName } from '../ops/scalar.ts';
import { elements } from '../tensor/type.ts';
import type { Value } from './builder.ts';
import { broken } from './builder.ts';
import { binary, cast, reshape, transpose, unary } from './compose.ts';
import type { Padding } from './geometry.ts';
import { padOf } from './geometry.ts';
import type { Scope } from './scope.ts';

/** What follows a layer: a function of one number, or PReLU with a slope that broadcasts to the result. */
export interface Epilogue {
  readonly bias?: Value | undefined;
  readonly activation?: UnaryName | 'prelu' | undefined;
  readonly slope?: Value | undefined;
}

export interface Convolution extends Epilogue {
  readonly x: Value;
  /** [kh, kw, i, o]; [kh, kw, c, multiplier] where depthwise. */
  readonly kernel: Value;
  readonly depthwise: boolean;
  readonly stride: readonly number[];
  readonly dilation: readonly number[];
  readonly padding: Padding;
}

export function convolve(
  scope: Scope,
  { x, kernel, depthwise, stride, dilation, padding, ...rest }: Convolution,
): Value {
  if (!isKnown(scope, kernel, 4) || !hasRank(scope, x, 4)) return broken;
  const [kh, kw, i, o] = kernel.type.shape;
  const [, h, w, c] = x.type.shape;
  const outputs = depthwise ? i * o : o;
  // [kh, kw, c, m] → [c, m, kh, kw] → [c·m, kh, kw, 1]
  const weights = depthwise
    ? reshape(scope, transpose(scope, kernel, [2, 3, 0, 1]), [outputs, kh, kw, 1])
    : transpose(scope, kernel, [3, 0, 1, 2]);
  const groups = depthwise || c % i !== 0 ? (depthwise ? i : 1) : c / i;
  const pad = padOf(padding, [h, w], { size: [kh, kw], stride, dilation });
  return finish(scope, outputs, rest, (activation, bias, ...slope) =>
    scope.call(
      { kind: 'conv2d', stride, dilation, pad, groups, activation },
      cast(scope, x, 'f32'),
      weights,
      bias,
      ...slope,
    ),
  );
}

export interface Transposed extends Epilogue {
  readonly x: Value;
  /** [kh, kw, o, i]. */
  readonly kernel: Value;
  readonly stride: readonly number[];
  readonly dilation: readonly number[];
  readonly padding: Padding;
  /** Height and width of the result. */
  readonly size: readonly number[];
}

/** The gradient of a convolution: what `convolve` would take from a result of `size` to x. */
export function convolveTransposed(scope: Scope, layer: Transposed): Value {
  const { x, kernel, stride, dilation, padding, size, ...rest } = layer;
  if (!isKnown(scope, kernel, 4) || !hasRank(scope, x, 4)) return broken;
  const [kh, kw, o] = kernel.type.shape;
  const weights = transpose(scope, kernel, [2, 0, 1, 3]);
  const pad = padOf(padding, size, { size: [kh, kw], stride, dilation });
  return finish(scope, o, rest, (activation, bias, ...slope) =>
    scope.call({ kind: 'conv-transpose2d', stride, dilation, pad, size, activation }, x, weights, bias, ...slope),
  );
}

export interface Dense extends Epilogue {
  readonly x: Value;
  /** [in, out]. */
  readonly kernel: Value;
}

export function dense(scope: Scope, { x, kernel, ...rest }: Dense): Value {
  if (!isKnown(scope, kernel, 2)) return broken;
  const weights = transpose(scope, kernel, [1, 0]);
  return finish(scope, kernel.type.shape[1], rest, (activation, bias, ...slope) =>
    scope.call({ kind: 'linear', activation }, cast(scope, x, 'f32'), weights, bias, ...slope),
  );
}

type Compute = (activation: Activation, bias: Value, ...slope: readonly Value[]) => Value;

/** Bias and activation inside the layer where it can hold them, and as calls after it elsewhere. */
function finish(scope: Scope, outputs: number, { bias, activation, slope }: Epilogue, compute: Compute): Value {
  const inner = bias && perOutput(scope, bias, outputs);
  const zero = scope.known(new Float32Array(outputs), [outputs], 'bias');
  const fits = bias === undefined || inner !== undefined;
  const shared = slope && elements(slope.type.shape) === 1 && slope !== broken;
  const slopes = slope && (shared ? reshape(scope, slope, [1]) : perOutput(scope, slope, outputs));
  if (fits && activation !== 'prelu') return compute(activation ?? 'none', inner ?? zero);
  if (fits && slopes) return compute('prelu', inner ?? zero, slopes);
  const plain = compute('none', inner ?? zero);
  const biased = bias && !inner ? binary(scope, 'add', plain, bias) : plain;
  if (activation === 'prelu')
    return slope ? binary(scope, 'prelu', biased, slope) : scope.fail('has PReLU and no slope');
  return activation === undefined ? biased : unary(scope, activation, biased);
}

/** A value with one element per output as a vector; undefined where it is something else. */
function perOutput(scope: Scope, value: Value, outputs: number): Value | undefined {
  const { shape } = value.type;
  if (value === broken || shape.at(-1) !== outputs || elements(shape) !== outputs) return undefined;
  return reshape(scope, cast(scope, value, 'f32'), [outputs]);
}

function hasRank(scope: Scope, x: Value, rank: number): boolean {
  if (x.type.shape.length === rank || x === broken) return x !== broken;
  scope.fail(`takes a ${rank}-D value and is given one of shape [${x.type.shape.join(', ')}]`);
  return false;
}

function isKnown(scope: Scope, kernel: Value, rank: number): boolean {
  if (kernel === broken) return false;
  if (kernel.data === undefined)
    scope.fail('has weights that are computed from the input', 'only weights that are stored in the model are read');
  return kernel.data !== undefined && hasRank(scope, kernel, rank);
}
