/** Activations by the names that Keras gives them. */
import type { UnaryName } from '../../ops/scalar.ts';
import type { Value } from '../builder.ts';
import { axisOf, binary, scalar, unary } from '../compose.ts';
import { logSoftmax } from '../compose-reduce.ts';
import { suggestion } from '../nearest.ts';
import type { Scope } from '../scope.ts';
import { selu } from '../tfjs/ops-math.ts';
import type { KerasLayer } from './layer.ts';

/** Those that a layer with weights can hold. */
const simple: Readonly<Record<string, UnaryName>> = {
  elu: 'elu',
  exponential: 'exp',
  gelu: 'gelu',
  relu: 'relu',
  relu6: 'relu6',
  sigmoid: 'sigmoid',
  silu: 'swish',
  softplus: 'softplus',
  swish: 'swish',
  tanh: 'tanh',
};

const composed: Readonly<Record<string, (scope: Scope, x: Value) => Value>> = {
  /** clip(0.2 · x + 0.5, 0, 1): Keras has had another one since its third version. */
  hardsigmoid: (s, x) => {
    const line = binary(s, 'add', binary(s, 'mul', x, scalar(s, 0.2, x)), scalar(s, 0.5, x));
    return binary(s, 'min', binary(s, 'max', line, scalar(s, 0, x)), scalar(s, 1, x));
  },
  linear: (_, x) => x,
  logsoftmax: (s, x) => logSoftmax(s, x, axisOf(s, -1, x.type.shape.length)),
  mish: (s, x) => binary(s, 'mul', x, unary(s, 'tanh', unary(s, 'softplus', x))),
  selu,
  softmax: (s, x) => s.call({ kind: 'softmax', axis: axisOf(s, -1, x.type.shape.length) }, x),
  softsign: (s, x) => binary(s, 'div', x, binary(s, 'add', unary(s, 'abs', x), scalar(s, 1, x))),
};

/** `hard_sigmoid` and `hardSigmoid` are one. Some files hold an object with the name inside. */
function nameOf(layer: KerasLayer, field: string): string {
  const value = layer.field(field) ?? 'linear';
  const inner =
    typeof value === 'object' && value !== null && 'class_name' in value
      ? (value as { class_name: unknown }).class_name
      : value;
  if (typeof inner === 'string') return inner.replaceAll('_', '').toLowerCase();
  layer.fail(`has no name as "${field}"`);
  return 'linear';
}

/** The activation as a function that the layer itself can hold, if it is one. */
export function fusedActivation(layer: KerasLayer): UnaryName | undefined {
  const name = nameOf(layer, 'activation');
  return Object.hasOwn(simple, name) ? simple[name] : undefined;
}

/** What is left to do of the activation after a layer that holds what it can. */
export function activate(layer: KerasLayer, x: Value): Value {
  const name = nameOf(layer, 'activation');
  if (Object.hasOwn(simple, name)) return x;
  if (Object.hasOwn(composed, name)) return composed[name](layer, x);
  const known = [...Object.keys(simple), ...Object.keys(composed)];
  return layer.fail(
    `has the activation "${String(layer.field('activation'))}", which is not read`,
    suggestion(name, known) || undefined,
  );
}

/** The whole activation as calls. */
export function applyActivation(layer: KerasLayer, x: Value): Value {
  const fn = fusedActivation(layer);
  return fn === undefined ? activate(layer, x) : unary(layer, fn, x);
}
