/** Functions of one or two numbers: what the elementwise operators and the fused activations compute. */

import type { BinaryOp, Expr } from '../loop/loop.ts';
import { add, binary, both, cast, div, f32, i32, max, min, mul, select, sub, typeOf, unary } from '../loop/loop.ts';
import { binaryMeaning, erf, roundTiesToEven } from '../loop/meaning.ts';
import { fromBfloat16, toBfloat16 as nearestBfloat16 } from '../tensor/bfloat16.ts';
import { fromF16, toF16 } from '../tensor/f16.ts';
import { toBfloat16, toFloat16 } from './rounding.ts';
import { acos, acosh, asin, asinh, atanh, cosh, sinh, tan } from './trigonometry.ts';

interface Unary {
  /** In double precision. */
  readonly evaluate: (x: number) => number;
  readonly lower: (x: Expr) => Expr;
  /** The meaning on i32, which wraps around. Absent where it takes f32 only. */
  readonly integers?: (x: number) => number;
  /** A condition: the result is i32, 0 or 1. */
  readonly test?: true;
}

interface Binary {
  readonly evaluate: (a: number, b: number) => number;
  readonly lower: (a: Expr, b: Expr) => Expr;
  /** The meaning on i32, which wraps around. Absent where it takes f32 only. */
  readonly integers?: (a: number, b: number) => number;
  /** It takes i32 only. */
  readonly wholeOnly?: true;
  /** A comparison: the result is i32, 0 or 1. */
  readonly test?: true;
}

const literal = (like: Expr, value: number): Expr => (typeOf(like) === 'f32' ? f32(value) : i32(value));
const clamp = (x: Expr, low: number, high: number): Expr => min(max(x, literal(x, low)), literal(x, high));
const larger = (a: number, b: number): number => (a < b ? b : a);
const smaller = (a: number, b: number): number => (b < a ? b : a);
const clip = (x: number, low: number, high: number): number => smaller(larger(x, low), high);
const logistic = (x: Expr): Expr => div(f32(1), add(f32(1), unary('exp', unary('neg', x))));
const positive = (x: Expr): Expr => max(x, zero(x));
const zero = (x: Expr): Expr => literal(x, 0);
const isTrue = (x: Expr): Expr => binary('!=', x, zero(x));

const sumOf = (a: number, b: number): number => a + b;

/** A comparison gives 0 or 1, on f32 and i32 alike. */
function test(holds: (a: number, b: number) => boolean, lower: Binary['lower']): Binary {
  const evaluate = (a: number, b: number): number => Number(holds(a, b));
  return { evaluate, integers: evaluate, lower, test: true };
}

/** On f32 and i32 alike. */
const alike = (evaluate: (x: number) => number, lower: Unary['lower']): Unary => ({
  evaluate,
  integers: evaluate,
  lower,
});

/** A condition gives 0 or 1. */
const condition = (holds: (x: number) => boolean, lower: Unary['lower']): Unary => ({
  evaluate: (x) => Number(holds(x)),
  lower,
  test: true,
});

/** A function of whole numbers alone, as the loop language has it. */
function whole(op: BinaryOp): Binary {
  const integers = binaryMeaning.i32[op];
  return { evaluate: integers, integers, lower: (a, b) => binary(op, a, b), wholeOnly: true };
}

/** 1 where a division towards zero leaves a rest of another sign than the divisor has: where it is not the floor. */
function isAbove(a: Expr, b: Expr): Expr {
  const rest = binary('remainder', a, b);
  const signs = binary('!=', binary('<', rest, 0), binary('<', b, 0));
  return both(both(binary('!=', rest, 0), binary('!=', b, 0)), signs);
}

/** e^x (e^x + 2) is (1 + e^x)² − 1; beyond 20 its share of itself and 2 is 1. */
function mish(x: Expr): Expr {
  const e = unary('exp', min(x, f32(20)));
  const n = mul(e, add(e, f32(2)));
  return mul(x, div(n, add(n, f32(2))));
}

export const unaryFunctions = {
  relu: alike((x) => larger(x, 0), positive),
  relu6: alike(
    (x) => clip(x, 0, 6),
    (x) => clamp(x, 0, 6),
  ),
  sigmoid: { evaluate: (x) => 1 / (1 + Math.exp(-x)), lower: logistic },
  tanh: { evaluate: Math.tanh, lower: (x) => unary('tanh', x) },
  /** x · sigmoid(x), also called SiLU. */
  swish: { evaluate: (x) => x / (1 + Math.exp(-x)), lower: (x) => mul(x, logistic(x)) },
  /** clip(x + 3, 0, 6) / 6. */
  'hard-sigmoid': {
    evaluate: (x) => clip(x + 3, 0, 6) / 6,
    lower: (x) => mul(clamp(add(x, f32(3)), 0, 6), f32(1 / 6)),
  },
  /** x · clip(x + 3, 0, 6) / 6. */
  'hard-swish': {
    evaluate: (x) => (x * clip(x + 3, 0, 6)) / 6,
    lower: (x) => mul(x, mul(clamp(add(x, f32(3)), 0, 6), f32(1 / 6))),
  },
  elu: {
    evaluate: (x) => (x > 0 ? x : Math.expm1(x)),
    lower: (x) => select(binary('<', f32(0), x), x, sub(unary('exp', x), f32(1))),
  },
  /** log(1 + exp(x)). */
  softplus: {
    evaluate: (x) => larger(x, 0) + Math.log1p(Math.exp(-Math.abs(x))),
    lower: (x) => add(positive(x), unary('log', add(f32(1), unary('exp', unary('neg', unary('abs', x)))))),
  },
  /** x · Φ(x), with the exact normal distribution function. */
  gelu: {
    evaluate: (x) => 0.5 * x * (1 + erf(x / Math.SQRT2)),
    lower: (x) => mul(mul(f32(0.5), x), add(f32(1), unary('erf', mul(x, f32(Math.SQRT1_2))))),
  },
  exp: { evaluate: Math.exp, lower: (x) => unary('exp', x) },
  log: { evaluate: Math.log, lower: (x) => unary('log', x) },
  sqrt: { evaluate: Math.sqrt, lower: (x) => unary('sqrt', x) },
  rsqrt: { evaluate: (x) => 1 / Math.sqrt(x), lower: (x) => div(f32(1), unary('sqrt', x)) },
  erf: { evaluate: erf, lower: (x) => unary('erf', x) },
  sin: { evaluate: Math.sin, lower: (x) => unary('sin', x) },
  cos: { evaluate: Math.cos, lower: (x) => unary('cos', x) },
  tan: { evaluate: Math.tan, lower: tan },
  asin: { evaluate: Math.asin, lower: asin },
  acos: { evaluate: Math.acos, lower: acos },
  atan: { evaluate: Math.atan, lower: (x) => unary('atan', x) },
  sinh: { evaluate: Math.sinh, lower: sinh },
  cosh: { evaluate: Math.cosh, lower: cosh },
  asinh: { evaluate: Math.asinh, lower: asinh },
  acosh: { evaluate: Math.acosh, lower: acosh },
  atanh: { evaluate: Math.atanh, lower: atanh },
  /** x / (1 + |x|). */
  softsign: { evaluate: (x) => x / (1 + Math.abs(x)), lower: (x) => div(x, add(f32(1), unary('abs', x))) },
  /** x · tanh(log(1 + exp(x))). */
  mish: { evaluate: (x) => x * Math.tanh(Math.log1p(Math.exp(x))), lower: mish },
  square: { evaluate: (x) => x * x, integers: (x) => Math.imul(x, x), lower: (x) => mul(x, x) },
  reciprocal: { evaluate: (x) => 1 / x, lower: (x) => div(f32(1), x) },
  neg: alike(
    (x) => -x,
    (x) => unary('neg', x),
  ),
  abs: alike(Math.abs, (x) => unary('abs', x)),
  floor: { evaluate: Math.floor, lower: (x) => unary('floor', x) },
  ceil: { evaluate: Math.ceil, lower: (x) => unary('ceil', x) },
  /** To the nearest number that 16 bits hold, which stays f32: IEEE 754 binary16. */
  'to-float16': { evaluate: (x) => fromF16(toF16(x)), lower: toFloat16 },
  /** To the nearest number that the upper half of an f32 holds. */
  'to-bfloat16': { evaluate: (x) => fromBfloat16(nearestBfloat16(x)), lower: toBfloat16 },
  /** Ties to even. */
  round: { evaluate: roundTiesToEven, lower: (x) => unary('round', x) },
  sign: alike(
    (x) => Number(0 < x) - Number(x < 0),
    (x) => cast(typeOf(x), sub(binary('<', zero(x), x), binary('<', x, zero(x)))),
  ),
  /** Whether it is 0. */
  not: {
    ...alike(
      (x) => Number(x === 0),
      (x) => binary('==', x, zero(x)),
    ),
    test: true,
  },
  'is-nan': condition(Number.isNaN, (x) => binary('!=', x, x)),
  /** Whether it is infinite, of either sign. */
  'is-inf': condition(
    (x) => Math.abs(x) === Infinity,
    (x) => binary('==', unary('abs', x), f32(Infinity)),
  ),
} satisfies Record<string, Unary>;

export const binaryFunctions = {
  add: { evaluate: sumOf, integers: sumOf, lower: add },
  sub: { evaluate: (a, b) => a - b, integers: (a, b) => a - b, lower: sub },
  mul: { evaluate: (a, b) => a * b, integers: Math.imul, lower: mul },
  div: { evaluate: (a, b) => a / b, lower: div },
  /** 0 where the divisor is 0. */
  'div-no-nan': {
    evaluate: (a, b) => (b === 0 ? 0 : a / b),
    lower: (a, b) => select(binary('==', b, f32(0)), f32(0), div(a, b)),
  },
  /** The floor of the f32 quotient. On i32, 0 where the divisor is 0. */
  'floor-div': {
    evaluate: (a, b) => Math.floor(Math.fround(a / b)),
    integers: (a, b) => (b === 0 ? 0 : Math.floor(a / b)),
    lower: (a, b) => (typeOf(a) === 'f32' ? unary('floor', div(a, b)) : sub(binary('quotient', a, b), isAbove(a, b))),
  },
  /** a − floor(a / b) · b, on f32 rounded at every step, since it jumps. On i32, a where the divisor is 0. */
  'floor-mod': {
    evaluate: binaryMeaning.f32['%'],
    integers: (a, b) => (b === 0 ? a : a - Math.floor(a / b) * b),
    lower: (a, b) => (typeOf(a) === 'f32' ? binary('%', a, b) : add(binary('remainder', a, b), mul(isAbove(a, b), b))),
  },
  /** The quotient without its fraction. 0 where the divisor is 0, and −2^31 / −1 wraps around. */
  'trunc-div': whole('quotient'),
  /** What `trunc-div` leaves of a, with the sign of a; a where the divisor is 0. On f32, exact as `fmod` of C. */
  fmod: {
    evaluate: binaryMeaning.f32.remainder,
    integers: binaryMeaning.i32.remainder,
    lower: (a, b) => binary('remainder', a, b),
  },
  min: { evaluate: smaller, integers: smaller, lower: min },
  max: { evaluate: larger, integers: larger, lower: max },
  /** On i32 it wraps around, and powers below 0 drop the fraction; that of 0 is 0. */
  pow: { evaluate: (a, b) => a ** b, integers: binaryMeaning.i32.pow, lower: (a, b) => binary('pow', a, b) },
  'squared-difference': {
    evaluate: (a, b) => (a - b) * (a - b),
    integers: (a, b) => Math.imul(a - b, a - b),
    lower: (a, b) => mul(sub(a, b), sub(a, b)),
  },
  /** a where it is not negative, a · b elsewhere: PReLU with slope b. */
  prelu: { evaluate: (a, b) => (a < 0 ? a * b : a), lower: (a, b) => select(binary('<', a, f32(0)), mul(a, b), a) },
  equal: test(
    (a, b) => a === b,
    (a, b) => binary('==', a, b),
  ),
  'not-equal': test(
    (a, b) => a !== b,
    (a, b) => binary('!=', a, b),
  ),
  less: test(
    (a, b) => a < b,
    (a, b) => binary('<', a, b),
  ),
  'less-equal': test(
    (a, b) => a <= b,
    (a, b) => binary('<=', a, b),
  ),
  greater: test(
    (a, b) => a > b,
    (a, b) => binary('<', b, a),
  ),
  'greater-equal': test(
    (a, b) => a >= b,
    (a, b) => binary('<=', b, a),
  ),
  /** Whether both are other than 0. */
  and: test(
    (a, b) => a !== 0 && b !== 0,
    (a, b) => both(isTrue(a), isTrue(b)),
  ),
  /** Whether either is other than 0. */
  or: test(
    (a, b) => a !== 0 || b !== 0,
    (a, b) => binary('|', isTrue(a), isTrue(b)),
  ),
  /** Whether one is other than 0, and not both. */
  xor: test(
    (a, b) => (a !== 0) !== (b !== 0),
    (a, b) => binary('!=', isTrue(a), isTrue(b)),
  ),
  'bit-and': whole('&'),
  'bit-or': whole('|'),
  'bit-xor': whole('^'),
  /** By b modulo 32 bits; to the right zeros come in. */
  'shift-left': whole('<<'),
  'shift-right': whole('>>'),
} satisfies Record<string, Binary>;

export type UnaryName = keyof typeof unaryFunctions;
export type BinaryName = keyof typeof binaryFunctions;

export const unaryFunction = (name: UnaryName): Unary => unaryFunctions[name];
export const binaryFunction = (name: BinaryName): Binary => binaryFunctions[name];

/** Fused into a layer: nothing, a function of one number, or `prelu` with its slopes as one more operand. */
export type Activation = 'none' | 'prelu' | UnaryName;

export const lowerActivation = (activation: Activation, x: Expr, slope: () => Expr): Expr => {
  if (activation === 'none') return x;
  return activation === 'prelu' ? binaryFunctions.prelu.lower(x, slope()) : unaryFunction(activation).lower(x);
};
