/** What the operators of the loop language compute, in JavaScript numbers. f32 results are rounded once, those of `%` at every step. */
import { bug } from '../diagnostic.ts';
import type { BinaryOp, Scalar, UnaryOp } from './loop.ts';

type Binary = (a: number, b: number) => number;

const shared = {
  min: (a, b) => (b < a ? b : a),
  max: (a, b) => (a < b ? b : a),
  '<': (a, b) => Number(a < b),
  '<=': (a, b) => Number(a <= b),
  '==': (a, b) => Number(a === b),
  '!=': (a, b) => Number(a !== b),
} satisfies Partial<Record<BinaryOp, Binary>>;

const integersOnly =
  (op: string): Binary =>
  () =>
    bug(`"${op}" takes integers`);

const positive = (op: string, divisor: number): number =>
  divisor > 0 ? divisor : bug(`"${op}" takes divisors above zero and is given ${divisor}`);

const f32: Readonly<Record<BinaryOp, Binary>> = {
  ...shared,
  '+': (a, b) => Math.fround(a + b),
  '-': (a, b) => Math.fround(a - b),
  '*': (a, b) => Math.fround(a * b),
  '/': (a, b) => Math.fround(a / b),
  '%': (a, b) => Math.fround(a - Math.fround(Math.floor(Math.fround(a / b)) * b)),
  pow: (a, b) => Math.fround(a ** b),
  quotient: integersOnly('quotient'),
  remainder: (a, b) => a % b,
  '&': integersOnly('&'),
  '|': integersOnly('|'),
  '^': integersOnly('^'),
  '<<': integersOnly('<<'),
  '>>': integersOnly('>>'),
};

const i32: Readonly<Record<BinaryOp, Binary>> = {
  ...shared,
  '+': (a, b) => (a + b) | 0,
  '-': (a, b) => (a - b) | 0,
  '*': Math.imul,
  '/': (a, b) => Math.floor(a / positive('/', b)) | 0,
  '%': (a, b) => (a - Math.floor(a / positive('%', b)) * b) | 0,
  quotient: (a, b) => (b === 0 ? 0 : (a / b) | 0),
  remainder: (a, b) => (b === 0 ? a : (a % b) | 0),
  pow: power,
  '&': (a, b) => a & b,
  '|': (a, b) => a | b,
  '^': (a, b) => a ^ b,
  '<<': (a, b) => a << b,
  '>>': (a, b) => (a >>> b) | 0,
};

export const binaryMeaning: Readonly<Record<Scalar, Readonly<Record<BinaryOp, Binary>>>> = { f32, i32 };

export const unaryMeaning: Readonly<Record<UnaryOp, (x: number) => number>> = {
  neg: (x) => -x,
  abs: Math.abs,
  sqrt: Math.sqrt,
  floor: Math.floor,
  ceil: Math.ceil,
  round: roundTiesToEven,
  exp: Math.exp,
  log: Math.log,
  tanh: Math.tanh,
  erf,
  sin: Math.sin,
  cos: Math.cos,
  atan: Math.atan,
  popcount,
};

/** a^b by repeated squaring, wrapping around. Below 0 there is a whole power of 1 and −1 alone. */
function power(a: number, b: number): number {
  if (b < 0) return a === 1 || (a === -1 && b % 2 === 0) ? 1 : a === -1 ? -1 : 0;
  let [result, base] = [1, a];
  for (let left = b; left > 0; left >>= 1) {
    if (left & 1) result = Math.imul(result, base);
    base = Math.imul(base, base);
  }
  return result;
}

/** Keeps the sign of what becomes 0. */
export function roundTiesToEven(x: number): number {
  const low = Math.floor(x);
  const rest = x - low;
  const rounded = rest < 0.5 || (rest === 0.5 && low % 2 === 0) ? low : low + 1;
  return rounded === 0 && x < 0 ? -0 : rounded;
}

function popcount(x: number): number {
  let count = 0;
  for (let bits = x >>> 0; bits !== 0; bits &= bits - 1) count++;
  return count;
}

/**
 * erf in double precision: its Maclaurin series below 2.5, the continued fraction of erfc above
 * (Abramowitz and Stegun 7.1.5 and 7.1.14). Error below 1e-14.
 */
export function erf(x: number): number {
  const t = Math.abs(x);
  if (Number.isNaN(x)) return NaN;
  if (t > 6) return Math.sign(x);
  if (t < 2.5) {
    let [term, total] = [x, x];
    for (let n = 1; Math.abs(term) > 1e-17 * Math.abs(total); n++) {
      term *= (-x * x) / n;
      total += term / (2 * n + 1);
    }
    return (2 / Math.sqrt(Math.PI)) * total;
  }
  let fraction = t;
  for (let k = 60; k > 0; k--) fraction = t + k / 2 / fraction;
  return Math.sign(x) * (1 - Math.exp(-t * t) / (Math.sqrt(Math.PI) * fraction));
}
