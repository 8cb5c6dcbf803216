/**
 * Circular and hyperbolic functions made of those that every target has, as f32 arithmetic that loses little: each is
 * within 4 units in the last place where those that it is made of are.
 */
import type { Expr } from '../loop/loop.ts';
import { add, binary, div, f32, mul, select, sub, unary } from '../loop/loop.ts';

const one = f32(1);
const half = f32(0.5);
const abs = (x: Expr): Expr => unary('abs', x);

/** The value for |x| with the sign of x, where the function keeps signs; −0 stays. */
const odd = (x: Expr, value: Expr): Expr =>
  select(binary('==', x, f32(0)), x, select(binary('<', x, f32(0)), unary('neg', value), value));

/** log(1 + x) as log(u) · x / (u − 1), u being the rounded sum: its error cancels (W. Kahan). */
function log1p(x: Expr): Expr {
  const u = add(one, x);
  // From here on the sum is the larger number, and may be infinite.
  const small = binary('<', u, f32(2 ** 24));
  return select(binary('==', u, one), x, mul(unary('log', u), select(small, div(x, sub(u, one)), one)));
}

/** sin x / cos x. */
export const tan = (x: Expr): Expr => div(unary('sin', x), unary('cos', x));

/** atan(x / √(1 − x²)). */
export const asin = (x: Expr): Expr => unary('atan', div(x, unary('sqrt', mul(sub(one, x), add(one, x)))));

/** 2 atan √((1 − x) / (1 + x)), which cancels nowhere. */
export const acos = (x: Expr): Expr => mul(f32(2), unary('atan', unary('sqrt', div(sub(one, x), add(one, x)))));

/** e^|x| / 2 by the root of e^|x|, which is finite wherever the result is, with 1 / (2 e^|x|) added or taken away. */
function halves(x: Expr, combine: (a: Expr, b: Expr) => Expr): Expr {
  const root = unary('exp', mul(half, abs(x)));
  return combine(mul(mul(half, root), root), div(div(half, root), root));
}

/** Its Taylor series below 1, where the two exponentials would cancel. */
export function sinh(x: Expr): Expr {
  const z = mul(x, x);
  const series = [1 / 362880, 1 / 5040, 1 / 120, 1 / 6].reduce((p, c) => add(mul(p, z), f32(c)), f32(1 / 39916800));
  const near = add(x, mul(x, mul(z, series)));
  return select(binary('<', abs(x), one), near, odd(x, halves(x, sub)));
}

export const cosh = (x: Expr): Expr => halves(x, add);

/** Above this, √(x² ± 1) is x to the last bit. */
const large = f32(4096);

/** log(2 x) for large x. */
const logTwice = (x: Expr): Expr => add(unary('log', x), f32(Math.LN2));

/** log(|x| + √(x² + 1)). */
export function asinh(x: Expr): Expr {
  const size = abs(x);
  const square = mul(size, size);
  const near = log1p(add(size, div(square, add(one, unary('sqrt', add(square, one))))));
  return odd(x, select(binary('<', large, size), logTwice(size), near));
}

/** log(x + √(x² − 1)). */
export function acosh(x: Expr): Expr {
  const t = sub(x, one);
  const near = log1p(add(t, unary('sqrt', mul(t, add(x, one)))));
  return select(binary('<', x, one), f32(Number.NaN), select(binary('<', large, x), logTwice(x), near));
}

/** log((1 + |x|) / (1 − |x|)) / 2. */
export function atanh(x: Expr): Expr {
  const size = abs(x);
  return odd(x, mul(half, log1p(div(add(size, size), sub(one, size)))));
}
