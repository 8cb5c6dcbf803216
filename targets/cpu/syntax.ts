/** C11, as the loop printer needs it. */
import { bug } from '../../src/diagnostic.ts';
import type { BinaryOp, Scalar, UnaryOp } from '../../src/loop/loop.ts';
import { scalarOf } from '../../src/loop/loop.ts';
import type { DType } from '../../src/tensor/type.ts';
import type { Syntax } from '../print.ts';
import { bare } from '../print.ts';

export const ctype: Readonly<Record<DType, string>> = {
  f32: 'float',
  f16: 'uint16_t',
  i32: 'int32_t',
  u32: 'uint32_t',
  i16: 'int16_t',
  u16: 'uint16_t',
  i8: 'int8_t',
  u8: 'uint8_t',
};

/** Operators that C lacks, or gives another meaning: functions of templates/cpu/parts. */
const binaryFunction: Readonly<Record<Scalar, Partial<Record<BinaryOp, string>>>> = {
  f32: { min: 'min_f32', max: 'max_f32', pow: 'pow_f32', '%': 'floor_mod_f32', remainder: 'fmodf' },
  i32: {
    min: 'min_i32',
    max: 'max_i32',
    '+': 'wrap_add',
    '-': 'wrap_sub',
    '*': 'wrap_mul',
    '/': 'floor_div',
    '%': 'floor_mod',
    quotient: 'quotient_i32',
    remainder: 'remainder_i32',
    pow: 'pow_i32',
    '<<': 'shift_left',
    '>>': 'shift_right',
  },
};

const unaryFunction: Readonly<Record<UnaryOp, string>> = {
  neg: '-',
  abs: 'fabsf',
  sqrt: 'sqrtf',
  floor: 'floorf',
  ceil: 'ceilf',
  round: 'rintf',
  exp: 'exp_f32',
  log: 'log_f32',
  tanh: 'tanh_f32',
  erf: 'erf_f32',
  sin: 'sin_f32',
  cos: 'cos_f32',
  atan: 'atan_f32',
  popcount: 'popcount',
};

export const syntax: Syntax = {
  loop: (i, from, to) => `for (int32_t ${i} = ${from}; ${i} < ${to}; ++${i})`,
  declare: (name, type, value, constant) => `${constant ? 'const ' : ''}${ctype[type]} ${name} = ${value}`,
  number: printNumber,

  load({ name, dtype }, index) {
    const element = `${name}[${index}]`;
    if (dtype === 'f16') return `half_to_float(${element})`;
    return dtype === 'u32' ? `(int32_t)${element}` : element;
  },

  store({ name, dtype }, index, value) {
    const element = `${name}[${index}]`;
    if (dtype === 'f16') return `${element} = float_to_half(${value})`;
    return ctype[dtype] === ctype[scalarOf(dtype)]
      ? `${element} = ${value}`
      : `${element} = (${ctype[dtype]})(${value})`;
  },

  unary(op, type, of) {
    if (op === 'neg') return type === 'i32' ? `wrap_sub(0, ${bare(of)})` : `(-${of})`;
    if (type === 'i32') return `${op === 'abs' ? 'abs_i32' : unaryFunction[op]}(${bare(of)})`;
    return `${unaryFunction[op]}(${bare(of)})`;
  },

  binary(op, type, left, right) {
    const name = binaryFunction[type][op];
    if (name) return `${name}(${bare(left)}, ${bare(right)})`;
    if (type === 'i32' && (op === '&' || op === '|' || op === '^')) return `(${left} ${op} ${right})`;
    return bug(`"${op}" has no meaning on ${type}`);
  },

  cast: (to, of) => (to === 'f32' ? `(float)${of}` : `float_to_int(${bare(of)})`),
};

export function printNumber(value: number, type: Scalar): string {
  if (type === 'i32') return value === -(2 ** 31) ? '(-2147483647 - 1)' : value < 0 ? `(${value})` : String(value);
  if (Number.isNaN(value)) return 'NAN';
  if (!Number.isFinite(value)) return value < 0 ? '(-INFINITY)' : 'INFINITY';
  const digits = shortest(value);
  const literal = `${/[.e]/.test(digits) ? digits : `${digits}.0`}f`;
  return literal.startsWith('-') ? `(${literal})` : literal;
}

/** The fewest decimal digits that read back as the same float. */
function shortest(value: number): string {
  if (Object.is(value, -0)) return '-0';
  for (let digits = 1; digits < 9; digits++) {
    const text = String(Number(value.toPrecision(digits)));
    if (Math.fround(Number(text)) === value) return text;
  }
  return String(Number(value.toPrecision(9)));
}
