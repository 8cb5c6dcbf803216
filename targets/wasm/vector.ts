/** Functions of one or two vectors of four f32, as expressions in instructions and calls. */

import type { BinaryName, UnaryName } from '../../src/ops/scalar.ts';
import type { Routine } from '../../src/plan/kernel.ts';
import { math } from './math.ts';
import type { Wat } from './text.ts';
import { literal } from './text.ts';

export interface VectorFunction {
  /** In the locals `$v`, or `$a` and `$b`. */
  readonly value: Wat;
  readonly needs: readonly Routine[];
}

const splat = (x: number): Wat => ['v128.const', 'f32x4', ...Array<string>(4).fill(literal('f32', x))];
const get = (name: string): Wat => ['local.get', `$${name}`];
const op =
  (name: string) =>
  (...args: readonly Wat[]): Wat => [`f32x4.${name}`, ...args];
const [add, sub, mul, div, neg, abs, sqrt, pmin, pmax, lt] = [
  'add',
  'sub',
  'mul',
  'div',
  'neg',
  'abs',
  'sqrt',
  'pmin',
  'pmax',
  'lt',
].map(op);
const call = (routine: Routine, x: Wat): Wat => ['call', `$${routine.name}`, x];
const choose = (yes: Wat, no: Wat, condition: Wat): Wat => ['v128.bitselect', yes, no, condition];
const [v, a, b] = ['v', 'a', 'b'].map(get);
const [zero, one, three, six] = [0, 1, 3, 6].map(splat);

/** `pmax(x, y)` is `x < y ? y : x` and `pmin(x, y)` is `y < x ? y : x`, as in the loop language. */
const clamp = (x: Wat, low: Wat, high: Wat): Wat => pmin(pmax(x, low), high);
const logistic = (x: Wat): Wat => div(one, add(one, call(math.exp4, neg(x))));
const hard = (x: Wat): Wat => mul(clamp(add(x, three), zero, six), splat(Math.fround(1 / 6)));

const plain = (value: Wat): VectorFunction => ({ value, needs: [] });
const using = (value: Wat, ...needs: readonly Routine[]): VectorFunction => ({ value, needs });

export const unaryVectors: Readonly<Partial<Record<UnaryName, VectorFunction>>> = {
  relu: plain(pmax(v, zero)),
  relu6: plain(clamp(v, zero, six)),
  sigmoid: using(logistic(v), math.exp4),
  tanh: using(call(math.tanh4, v), math.tanh4),
  swish: using(mul(v, logistic(v)), math.exp4),
  'hard-sigmoid': plain(hard(v)),
  'hard-swish': plain(mul(v, hard(v))),
  elu: using(choose(v, sub(call(math.exp4, v), one), lt(zero, v)), math.exp4),
  softplus: using(add(pmax(v, zero), call(math.log4, add(one, call(math.exp4, neg(abs(v)))))), math.log4, math.exp4),
  gelu: using(mul(mul(splat(0.5), v), add(one, call(math.erf4, mul(v, splat(Math.SQRT1_2))))), math.erf4),
  exp: using(call(math.exp4, v), math.exp4),
  log: using(call(math.log4, v), math.log4),
  erf: using(call(math.erf4, v), math.erf4),
  sqrt: plain(sqrt(v)),
  rsqrt: plain(div(one, sqrt(v))),
  square: plain(mul(v, v)),
  reciprocal: plain(div(one, v)),
  neg: plain(neg(v)),
  abs: plain(abs(v)),
  floor: plain(op('floor')(v)),
  ceil: plain(op('ceil')(v)),
  round: plain(op('nearest')(v)),
};

export const binaryVectors: Readonly<Partial<Record<BinaryName, VectorFunction>>> = {
  add: plain(add(a, b)),
  sub: plain(sub(a, b)),
  mul: plain(mul(a, b)),
  div: plain(div(a, b)),
  min: plain(pmin(a, b)),
  max: plain(pmax(a, b)),
  'squared-difference': plain(mul(sub(a, b), sub(a, b))),
  prelu: plain(choose(mul(a, b), a, lt(a, zero))),
};
