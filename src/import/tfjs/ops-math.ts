/** TensorFlow operators that work element by element. */
import type { BinaryName, UnaryName } from '../../ops/scalar.ts';
import type { Value } from '../builder.ts';
import { binary, cast, reshape, scalar, unary } from '../compose.ts';
import type { Scope } from '../scope.ts';
import type { Layer, Row, Rows } from './layer.ts';

const one =
  (fn: UnaryName): Row =>
  (l) =>
    unary(l, fn, l.operand(0));

const two =
  (fn: BinaryName): Row =>
  (l) =>
    binary(l, fn, l.operand(0), l.operand(1));

const truth =
  (fn: 'and' | 'or'): Row =>
  (l) =>
    binary(l, fn, cast(l, l.operand(0), 'i32'), cast(l, l.operand(1), 'i32'));

/** A function of one real number made of others. */
const made =
  (compute: (l: Layer, x: Value) => Value): Row =>
  (l) =>
    compute(l, cast(l, l.operand(0), 'f32'));

/** Whole numbers are divided with the remainder thrown away, downwards, as TensorFlow.js does. */
const divide: Row = (l) => {
  const [a, b] = [l.operand(0), l.operand(1)];
  return binary(l, a.type.dtype === 'i32' && b.type.dtype === 'i32' ? 'floor-div' : 'div', a, b);
};

/** λ · (x where positive, α · (eˣ − 1) elsewhere): https://arxiv.org/abs/1706.02515. */
export function selu(scope: Scope, x: Value): Value {
  const [alpha, lambda] = [1.6732632423543772, 1.0507009873554805].map((v) => scalar(scope, v, x));
  const zero = scalar(scope, 0, x);
  const negative = unary(scope, 'elu', binary(scope, 'min', x, zero));
  return binary(
    scope,
    'mul',
    lambda,
    binary(scope, 'add', unary(scope, 'relu', x), binary(scope, 'mul', alpha, negative)),
  );
}

/** x where positive, slope · x elsewhere. */
export const leaky = (scope: Scope, x: Value, slope: number): Value =>
  binary(scope, 'prelu', cast(scope, x, 'f32'), scope.known(Float32Array.of(slope), []));

/** √(x² ± 1). */
const root = (l: Layer, x: Value, fn: 'add' | 'sub'): Value =>
  unary(l, 'sqrt', binary(l, fn, unary(l, 'square', x), scalar(l, 1, x)));

const halved = (fn: 'add' | 'sub'): Row =>
  made((l, x) => {
    const halves = binary(l, fn, unary(l, 'exp', x), unary(l, 'exp', unary(l, 'neg', x)));
    return binary(l, 'mul', scalar(l, 0.5, x), halves);
  });

const clip: Row = (l) => {
  const x = l.operand(0);
  const bound = (index: number, attribute: string): Value =>
    index < l.operands.length ? l.operand(index) : scalar(l, l.float(attribute), x);
  return binary(l, 'min', binary(l, 'max', x, bound(1, 'clip_value_min')), bound(2, 'clip_value_max'));
};

/** A condition of one element, or one that broadcasts. The oldest form, one per row, is told from it by its rank. */
const select: Row = (l) => {
  const [condition, yes, no] = [l.operand(0), l.operand(1), l.operand(2)];
  const [c, y] = [condition.type.shape, yes.type.shape];
  const to = yes.type.dtype === 'i32' && no.type.dtype === 'i32' ? 'i32' : 'f32';
  const rows = l.operator === 'Select' && c.length === 1 && y.length > 1 ? [c[0], ...y.slice(1).fill(1)] : c;
  return l.call({ kind: 'select' }, reshape(l, cast(l, condition, 'i32'), rows), cast(l, yes, to), cast(l, no, to));
};

const convert: Row = (l) => {
  const x = l.operand(0);
  const to = l.dtype('DstT', 'float32');
  if (to === 'bool') return binary(l, 'not-equal', x, scalar(l, 0, x));
  if (to !== 'float32' && to !== 'int32')
    return l.fail(`makes values of type "${to}"`, 'only float32, int32 and bool are read');
  return cast(l, x, to === 'int32' ? 'i32' : 'f32');
};

export const mathRows: Rows = {
  Abs: one('abs'),
  Add: two('add'),
  AddN: (l) => l.operands.slice(1).reduce((a, b) => binary(l, 'add', a, b), l.operand(0)),
  AddV2: two('add'),
  Acosh: made((l, x) => unary(l, 'log', binary(l, 'add', x, root(l, x, 'sub')))),
  Asinh: made((l, x) => {
    // Of the absolute value, which loses nothing where x is negative and large.
    const size = unary(l, 'abs', x);
    return binary(l, 'mul', unary(l, 'sign', x), unary(l, 'log', binary(l, 'add', size, root(l, size, 'add'))));
  }),
  Atanh: made((l, x) => {
    const [above, below] = [binary(l, 'add', scalar(l, 1, x), x), binary(l, 'sub', scalar(l, 1, x), x)];
    return binary(l, 'mul', scalar(l, 0.5, x), unary(l, 'log', binary(l, 'div', above, below)));
  }),
  Cast: convert,
  Ceil: one('ceil'),
  ClipByValue: clip,
  Cos: one('cos'),
  Cosh: halved('add'),
  Div: divide,
  DivNoNan: (l) => binary(l, 'div-no-nan', cast(l, l.operand(0), 'f32'), cast(l, l.operand(1), 'f32')),
  Elu: one('elu'),
  Equal: two('equal'),
  Erf: one('erf'),
  Exp: one('exp'),
  Expm1: made((l, x) => binary(l, 'sub', unary(l, 'exp', x), scalar(l, 1, x))),
  Floor: one('floor'),
  FloorDiv: two('floor-div'),
  FloorMod: two('floor-mod'),
  Greater: two('greater'),
  GreaterEqual: two('greater-equal'),
  IsFinite: made((l, x) => binary(l, 'less', unary(l, 'abs', x), scalar(l, Infinity, x))),
  IsInf: made((l, x) => binary(l, 'equal', unary(l, 'abs', x), scalar(l, Infinity, x))),
  IsNan: (l) => binary(l, 'not-equal', l.operand(0), l.operand(0)),
  LeakyRelu: (l) => leaky(l, l.operand(0), l.float('alpha', 0.2)),
  Less: two('less'),
  LessEqual: two('less-equal'),
  Log: one('log'),
  Log1p: made((l, x) => unary(l, 'log', binary(l, 'add', x, scalar(l, 1, x)))),
  LogicalAnd: truth('and'),
  LogicalNot: (l) => binary(l, 'equal', l.operand(0), scalar(l, 0, l.operand(0))),
  LogicalOr: truth('or'),
  Maximum: two('max'),
  Minimum: two('min'),
  Mod: two('floor-mod'),
  Mul: two('mul'),
  Neg: one('neg'),
  NotEqual: two('not-equal'),
  Pow: two('pow'),
  Prelu: (l) => binary(l, 'prelu', cast(l, l.operand(0), 'f32'), l.operand(1)),
  RealDiv: divide,
  Reciprocal: one('reciprocal'),
  Relu: one('relu'),
  Relu6: one('relu6'),
  Round: one('round'),
  Rsqrt: one('rsqrt'),
  Select: select,
  SelectV2: select,
  Selu: made(selu),
  Sigmoid: one('sigmoid'),
  Sign: one('sign'),
  Sin: one('sin'),
  Sinh: halved('sub'),
  Softplus: one('softplus'),
  Sqrt: one('sqrt'),
  Square: one('square'),
  SquaredDifference: two('squared-difference'),
  Sub: two('sub'),
  Tan: made((l, x) => binary(l, 'div', unary(l, 'sin', x), unary(l, 'cos', x))),
  Tanh: one('tanh'),
};
