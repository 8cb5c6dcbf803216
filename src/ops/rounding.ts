/**
 * f32 rounded to fewer digits by f32 arithmetic alone (T. J. Dekker's splitting, after Veltkamp): with p = (2^s + 1) x, rounded,
 * the number p + (x − p) is x without its last s binary digits, to nearest, ties to even. Factors are powers of two, so that products
 * are exact and nothing changes where they are fused with sums.
 */
import type { Expr } from '../loop/loop.ts';
import { add, binary, f32, mul, select, sub, unary } from '../loop/loop.ts';

function withoutLast(digits: number, x: Expr): Expr {
  const p = add(mul(x, f32(2 ** digits)), x);
  return add(p, sub(x, p));
}

const isBelow = (size: Expr, limit: number): Expr => binary('<', size, f32(limit));

/** The nearest half: of fixed steps where halves are subnormal, and infinite from 65520 on. */
export function toFloat16(x: Expr): Expr {
  const size = unary('abs', x);
  const tiny = sub(add(x, f32(0.75)), f32(0.75));
  const usual = select(isBelow(size, 65520), withoutLast(13, x), mul(x, f32(Infinity)));
  return select(isBelow(size, 2 ** -14), tiny, usual);
}

/** The nearest bfloat16; below 2^−126, where f32 has fewer digits too, with a few digits more than there are. */
export function toBfloat16(x: Expr): Expr {
  const size = unary('abs', x);
  const huge = mul(withoutLast(16, mul(x, f32(2 ** -64))), f32(2 ** 64));
  return select(isBelow(size, 2 ** 100), withoutLast(16, x), select(isBelow(size, Infinity), huge, x));
}
