/** ONNX operators on truth values and on bits, and those that give truth values. */
import type { BinaryName } from '../../../ops/scalar.ts';
import type { Value } from '../../builder.ts';
import { binary, cast, scalar, unary } from '../../compose.ts';
import type { Layer, Row, Rows } from '../layer.ts';
import { wrapped } from './whole.ts';

/** A truth value, held as 0 or 1. */
const truth =
  (compute: (l: Layer) => Value): Row =>
  (l) => {
    l.gives('bool');
    return compute(l);
  };

const test = (fn: BinaryName): Row => truth((l) => binary(l, fn, l.operand(0), l.operand(1)));

/** Bits of whole numbers; of real ones there are none. */
const bits =
  (fn: BinaryName): Row =>
  (l) =>
    binary(l, fn, cast(l, l.operand(0), 'i32'), cast(l, l.operand(1), 'i32'));

/** Nothing is left of a number that is shifted by more bits than it has. */
const shift: Row = (l) => {
  const direction = l.text('direction');
  if (direction !== 'LEFT' && direction !== 'RIGHT')
    return l.fail(`has "${direction}" as "direction"; it is LEFT or RIGHT`, 'export the model again');
  const [x, by] = [cast(l, l.operand(0), 'i32'), cast(l, l.operand(1), 'i32')];
  const moved = binary(l, direction === 'LEFT' ? 'shift-left' : 'shift-right', x, by);
  const all = wrapped(l, moved, l.element(0));
  if (by.data?.every((b) => b >= 0 && b < 32)) return all;
  return l.call({ kind: 'select' }, binary(l, 'less', by, scalar(l, 32, by)), all, scalar(l, 0, all));
};

/** Infinities of the signs that are looked for. */
const infinite = truth((l) => {
  const x = cast(l, l.operand(0), 'f32');
  const [above, below] = [l.flag('detect_positive', true), l.flag('detect_negative', true)];
  if (above && below) return unary(l, 'is-inf', x);
  if (above || below) return binary(l, 'equal', x, scalar(l, above ? Infinity : -Infinity, x));
  return binary(l, 'less', x, scalar(l, -Infinity, x));
});

const where: Row = (l) => {
  const [yes, no] = [l.operand(1), l.operand(2)];
  const to = yes.type.dtype === 'i32' && no.type.dtype === 'i32' ? 'i32' : 'f32';
  l.gives(l.element(1));
  return l.call({ kind: 'select' }, cast(l, l.operand(0), 'i32'), cast(l, yes, to), cast(l, no, to));
};

export const compareRows: Rows = {
  And: test('and'),
  BitShift: shift,
  BitwiseAnd: bits('bit-and'),
  BitwiseNot: (l) => {
    const x = cast(l, l.operand(0), 'i32');
    return wrapped(l, binary(l, 'bit-xor', x, scalar(l, -1, x)), l.element(0));
  },
  BitwiseOr: bits('bit-or'),
  BitwiseXor: bits('bit-xor'),
  Equal: test('equal'),
  Greater: test('greater'),
  GreaterOrEqual: test('greater-equal'),
  IsInf: infinite,
  IsNaN: truth((l) => unary(l, 'is-nan', l.operand(0))),
  Less: test('less'),
  LessOrEqual: test('less-equal'),
  Not: truth((l) => unary(l, 'not', l.operand(0))),
  Or: test('or'),
  Where: where,
  Xor: test('xor'),
};
