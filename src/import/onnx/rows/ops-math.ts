/** ONNX operators that compute a number from each number, or from each two. */
import type { BinaryName, UnaryName } from '../../../ops/scalar.ts';
import type { Value } from '../../builder.ts';
import { binary, cast, scalar, unary } from '../../compose.ts';
import type { Layer, Row, Rows } from '../layer.ts';
import { prunedWeight } from '../masks.ts';
import { wrapped } from './whole.ts';

const one =
  (fn: UnaryName): Row =>
  (l) =>
    wrapped(l, unary(l, fn, l.operand(0)), l.element(0));

const two =
  (fn: BinaryName): Row =>
  (l) =>
    wrapped(l, binary(l, fn, l.operand(0), l.operand(1)), l.element(0));

const isWhole = (l: Layer): boolean => l.operand(0).type.dtype === 'i32' && l.operand(1).type.dtype === 'i32';

const product: Row = (l) => prunedWeight(l.operand(0), l.operand(1)) ?? two('mul')(l);

/** Whole numbers are divided towards zero. */
const divide: Row = (l) => two(isWhole(l) ? 'trunc-div' : 'div')(l);

/** The remainder has the sign of the divisor, or with `fmod` that of the dividend. */
const remainder: Row = (l) => two(l.flag('fmod', false) ? 'fmod' : 'floor-mod')(l);

/** The result has the type of the base, whatever that of the exponent. */
const power: Row = (l) => {
  const [x, y] = [l.operand(0), l.operand(1)];
  l.gives(l.element(0));
  const exponent = y.data?.length === 1 ? y.data[0] : undefined;
  const fits = y.type.shape.length <= x.type.shape.length;
  if (fits && (exponent === 2 || exponent === 3)) {
    const square = unary(l, 'square', x);
    return wrapped(l, exponent === 2 ? square : binary(l, 'mul', square, x), l.element(0));
  }
  if (x.type.dtype === 'f32') return binary(l, 'pow', x, y);
  return wrapped(l, y.type.dtype === 'i32' ? binary(l, 'pow', x, y) : wholePower(l, x, y), l.element(0));
};

/** A power of whole numbers is exact where the exponent is whole too, and drops the fraction elsewhere. */
function wholePower(l: Layer, x: Value, y: Value): Value {
  const whole = cast(l, y, 'i32');
  const exact = binary(l, 'pow', x, whole);
  const isExact = binary(l, 'equal', cast(l, whole, 'f32'), y);
  if (isExact.data?.every((v) => v === 1)) return exact;
  return l.call({ kind: 'select' }, isExact, exact, cast(l, binary(l, 'pow', x, y), 'i32'));
}

/** Several values, the first with the second, and so on. */
const together = (l: Layer, fn: BinaryName): Value =>
  l.operands.reduce<Value>((a, _, i) => (i === 0 ? a : binary(l, fn, a, l.operand(i))), l.operand(0));

const several =
  (fn: BinaryName): Row =>
  (l) =>
    wrapped(l, together(l, fn), l.element(0));

const mean: Row = (l) => {
  const total = cast(l, together(l, 'add'), 'f32');
  return l.operands.length === 1 ? total : binary(l, 'mul', total, scalar(l, 1 / l.operands.length, total));
};

/** Attributes once, and inputs since version 11. A bound beyond all numbers is none. */
const clip: Row = (l) => {
  const bound = (index: number, attribute: string): Value | undefined => {
    if (l.opset >= 11) return l.optional(index);
    return l.has(attribute) ? scalar(l, l.float(attribute), l.operand(0)) : undefined;
  };
  const [low, high] = [bound(1, 'min'), bound(2, 'max')];
  const x = l.operand(0);
  const unbounded = ({ type, data }: Value, sign: 1 | -1): boolean =>
    type.dtype === 'f32' && data !== undefined && data.every((v) => sign * v >= largest);
  const above = low && !unbounded(low, -1) ? binary(l, 'max', x, low) : x;
  return high && !unbounded(high, 1) ? binary(l, 'min', above, high) : above;
};

/** The largest f32. */
const largest = (2 - 2 ** -23) * 2 ** 127;

export const mathRows: Rows = {
  Abs: one('abs'),
  Acos: one('acos'),
  Acosh: one('acosh'),
  Add: two('add'),
  Asin: one('asin'),
  Asinh: one('asinh'),
  Atan: one('atan'),
  Atanh: one('atanh'),
  Ceil: one('ceil'),
  Clip: clip,
  Cos: one('cos'),
  Cosh: one('cosh'),
  Div: divide,
  Erf: one('erf'),
  Exp: one('exp'),
  Floor: one('floor'),
  Log: one('log'),
  Max: several('max'),
  Mean: mean,
  Min: several('min'),
  Mod: remainder,
  Mul: product,
  Neg: one('neg'),
  Pow: power,
  Reciprocal: one('reciprocal'),
  Round: one('round'),
  Sign: one('sign'),
  Sin: one('sin'),
  Sinh: one('sinh'),
  Sqrt: one('sqrt'),
  Sub: two('sub'),
  Sum: several('add'),
  Tan: one('tan'),
};
