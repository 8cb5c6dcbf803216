/** The activations of ONNX's recurrent layers, by name, with their parameters. */
import type { Value } from '../../builder.ts';
import { binary, scalar, unary } from '../../compose.ts';
import type { Scope } from '../../scope.ts';
import type { Layer } from '../layer.ts';
import { elu, hardSigmoid, leaky, thresholded } from './ops-activation.ts';

export type Function1 = (scope: Scope, x: Value) => Value;

interface Kind {
  /** Defaults of the parameters; undefined where there is no such parameter. */
  readonly alpha?: number;
  readonly beta?: number;
  readonly compute: (scope: Scope, x: Value, alpha: number, beta: number) => Value;
}

const affine = (scope: Scope, x: Value, alpha: number, beta: number): Value =>
  binary(scope, 'add', binary(scope, 'mul', x, scalar(scope, alpha, x)), scalar(scope, beta, x));

const scaledTanh = (scope: Scope, x: Value, alpha: number, beta: number): Value => {
  const inner = unary(scope, 'tanh', binary(scope, 'mul', x, scalar(scope, beta, x)));
  return binary(scope, 'mul', inner, scalar(scope, alpha, x));
};

/** Names are compared without case. */
const kinds: Readonly<Record<string, Kind>> = {
  affine: { alpha: 1, beta: 0, compute: affine },
  elu: { alpha: 1, compute: (scope, x, alpha) => elu(scope, x, alpha) },
  hardsigmoid: { alpha: 0.2, beta: 0.5, compute: hardSigmoid },
  leakyrelu: { alpha: 0.01, compute: leaky },
  relu: { compute: (scope, x) => unary(scope, 'relu', x) },
  scaledtanh: { alpha: 1, beta: 1, compute: scaledTanh },
  sigmoid: { compute: (scope, x) => unary(scope, 'sigmoid', x) },
  softplus: { compute: (scope, x) => unary(scope, 'softplus', x) },
  softsign: { compute: (scope, x) => unary(scope, 'softsign', x) },
  tanh: { compute: (scope, x) => unary(scope, 'tanh', x) },
  thresholdedrelu: { alpha: 1, compute: thresholded },
};

/**
 * The functions of each direction, `defaults.length` for each. Parameters are taken, in order, by those functions that
 * have them.
 */
export function functionsOf(
  l: Layer,
  defaults: readonly string[],
  directions: number,
): readonly (readonly Function1[])[] {
  const every = Array.from({ length: directions }, () => defaults).flat();
  const names = l.texts('activations', every);
  const [alphas, betas] = [[...l.floats('activation_alpha', [])], [...l.floats('activation_beta', [])]];
  if (names.length !== every.length) l.fail(`takes ${every.length} activations and is given ${names.length}`);
  const functions = names.map((name): Function1 => {
    const lower = name.toLowerCase();
    const kind = Object.hasOwn(kinds, lower) ? kinds[lower] : undefined;
    if (!kind) {
      l.fail('has an activation that is not one of the standard’s', `those are ${Object.keys(kinds).join(', ')}`);
      return (_scope, x) => x;
    }
    const alpha = kind.alpha === undefined ? 0 : (alphas.shift() ?? kind.alpha);
    const beta = kind.beta === undefined ? 0 : (betas.shift() ?? kind.beta);
    return (scope, x) => kind.compute(scope, x, alpha, beta);
  });
  return Array.from({ length: directions }, (_, d) => functions.slice(d * defaults.length, (d + 1) * defaults.length));
}

/** Between −limit and limit; no limit where it is undefined. */
export function clipped(scope: Scope, x: Value, limit: number | undefined): Value {
  if (limit === undefined) return x;
  return binary(scope, 'min', binary(scope, 'max', x, scalar(scope, -limit, x)), scalar(scope, limit, x));
}
