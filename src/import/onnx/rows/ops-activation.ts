/** ONNX activations: functions of one real number, some with parameters. */
import type { UnaryName } from '../../../ops/scalar.ts';
import type { Value } from '../../builder.ts';
import { binary, cast, scalar, unary } from '../../compose.ts';
import type { Scope } from '../../scope.ts';
import type { Layer, Row, Rows } from '../layer.ts';

const one =
  (fn: UnaryName): Row =>
  (l) =>
    unary(l, fn, l.operand(0));

/** A function of one real number made of others. */
const made =
  (compute: (l: Layer, x: Value) => Value): Row =>
  (l) =>
    compute(l, cast(l, l.operand(0), 'f32'));

const times = (scope: Scope, x: Value, factor: number): Value =>
  factor === 1 ? x : binary(scope, 'mul', x, scalar(scope, factor, x));
const plus = (scope: Scope, x: Value, term: number): Value =>
  term === 0 ? x : binary(scope, 'add', x, scalar(scope, term, x));
const isNear = (a: number, b: number): boolean => Math.abs(a - b) < 1e-5;

export const leaky = (scope: Scope, x: Value, slope: number): Value =>
  binary(scope, 'prelu', x, scalar(scope, slope, x));

/** x where positive, α · (e^(x / α') − 1) elsewhere. */
export function elu(scope: Scope, x: Value, alpha: number, inner = 1): Value {
  if (alpha === 1 && inner === 1) return unary(scope, 'elu', x);
  const negative = unary(scope, 'elu', times(scope, binary(scope, 'min', x, scalar(scope, 0, x)), 1 / inner));
  return binary(scope, 'add', unary(scope, 'relu', x), times(scope, negative, alpha));
}

/** clip(α x + β, 0, 1). */
export function hardSigmoid(scope: Scope, x: Value, alpha: number, beta: number): Value {
  if (isNear(alpha, 1 / 6) && beta === 0.5) return unary(scope, 'hard-sigmoid', x);
  const line = plus(scope, times(scope, x, alpha), beta);
  return binary(scope, 'min', binary(scope, 'max', line, scalar(scope, 0, x)), scalar(scope, 1, x));
}

/** x where it is more than α, and 0 elsewhere. */
export const thresholded = (scope: Scope, x: Value, alpha: number): Value =>
  scope.call({ kind: 'select' }, binary(scope, 'greater', x, scalar(scope, alpha, x)), x, scalar(scope, 0, x));

/** x · sigmoid(α x). */
export const swish = (scope: Scope, x: Value, alpha: number): Value =>
  alpha === 1 ? unary(scope, 'swish', x) : binary(scope, 'mul', x, unary(scope, 'sigmoid', times(scope, x, alpha)));

/** ½ x (1 + tanh(√(2 / π) (x + 0.044715 x³))): https://arxiv.org/abs/1606.08415. */
export function tanhGelu(scope: Scope, x: Value): Value {
  const cube = binary(scope, 'mul', unary(scope, 'square', x), x);
  const inner = times(scope, binary(scope, 'add', x, times(scope, cube, 0.044715)), Math.sqrt(2 / Math.PI));
  return binary(scope, 'mul', times(scope, x, 0.5), plus(scope, unary(scope, 'tanh', inner), 1));
}

const gelu = made((l, x) => {
  const how = l.text('approximate', 'none');
  if (how !== 'none' && how !== 'tanh')
    return l.fail(`has "${how}" as "approximate"; it is none or tanh`, 'export the model again');
  return how === 'tanh' ? tanhGelu(l, x) : unary(l, 'gelu', x);
});

/** Slopes repeat as in numpy. Whole numbers have whole slopes. */
const prelu: Row = (l) => {
  const [x, slope] = [l.operand(0), l.operand(1)];
  if (x.type.dtype === 'f32') return binary(l, 'prelu', x, slope);
  const negative = binary(l, 'less', x, scalar(l, 0, x));
  return l.call({ kind: 'select' }, negative, binary(l, 'mul', x, cast(l, slope, 'i32')), x);
};

/** Numbers nearer to 0 than λ become 0, and the others come nearer by the bias. */
const shrink = made((l, x) => {
  const [bias, lambda] = [l.float('bias', 0), l.float('lambd', 0.5)];
  const below = binary(l, 'less', x, scalar(l, -lambda, x));
  return l.call({ kind: 'select' }, below, plus(l, x, bias), shrunkAbove(l, x, lambda, bias));
});

const shrunkAbove = (l: Layer, x: Value, lambda: number, bias: number): Value =>
  l.call({ kind: 'select' }, binary(l, 'greater', x, scalar(l, lambda, x)), plus(l, x, -bias), scalar(l, 0, x));

export const activationRows: Rows = {
  Celu: made((l, x) => elu(l, x, l.float('alpha', 1), l.float('alpha', 1))),
  Elu: made((l, x) => elu(l, x, l.float('alpha', 1))),
  Gelu: gelu,
  HardSigmoid: made((l, x) => hardSigmoid(l, x, l.float('alpha', 0.2), l.float('beta', 0.5))),
  HardSwish: one('hard-swish'),
  LeakyRelu: made((l, x) => leaky(l, x, l.float('alpha', 0.01))),
  Mish: one('mish'),
  PRelu: prelu,
  Relu: one('relu'),
  Selu: made((l, x) => times(l, elu(l, x, l.float('alpha', 1.6732632423543772)), l.float('gamma', 1.0507009873554805))),
  Shrink: shrink,
  Sigmoid: one('sigmoid'),
  Softplus: one('softplus'),
  Softsign: one('softsign'),
  Swish: made((l, x) => swish(l, x, l.float('alpha', 1))),
  Tanh: one('tanh'),
  ThresholdedRelu: made((l, x) => thresholded(l, x, l.float('alpha', 1))),
};
