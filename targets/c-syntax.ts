/** C and what is printed like it, as the loop printer needs it: targets name the functions of one operand. */
import { bug } from '../src/diagnostic.ts';
import type { BinaryOp, Scalar, UnaryOp } from '../src/loop/loop.ts';
import { scalarOf } from '../src/loop/loop.ts';
import { ctype, printNumber } from './c.ts';
import type { Syntax } from './print.ts';
import { bare } from './print.ts';

/** Operators that C lacks, or gives another meaning: functions of the target's templates, or of the library. */
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

export const syntaxWith = (functions: Readonly<Record<Exclude<UnaryOp, 'neg'>, string>>): Syntax => ({
  loop: (i, from, to) => `for (int32_t ${i} = ${from}; ${i} < ${to}; ++${i})`,
  declare: (name, type, value, constant) => `${constant ? 'const ' : ''}${ctype[type]} ${name} = ${value}`,
  number: printNumber,

  load({ name, dtype }, index) {
    const element = `${name}[${index}]`;
    if (dtype === 'f16') return `half_to_float(${element})`;
    if (dtype === 'bf16') bug(`"${name}" is bf16, which C has no function for`);
    return dtype === 'u32' ? `(int32_t)${element}` : element;
  },

  store({ name, dtype }, index, value) {
    const element = `${name}[${index}]`;
    if (dtype === 'f16') return `${element} = float_to_half(${value})`;
    if (dtype === 'bf16') bug(`"${name}" is bf16, which C has no function for`);
    return ctype[dtype] === ctype[scalarOf(dtype)]
      ? `${element} = ${value}`
      : `${element} = (${ctype[dtype]})(${value})`;
  },

  unary(op, type, of) {
    if (op === 'neg') return type === 'i32' ? `wrap_sub(0, ${bare(of)})` : `(-${of})`;
    if (type === 'i32') return `${op === 'abs' ? 'abs_i32' : functions[op]}(${bare(of)})`;
    return `${functions[op]}(${bare(of)})`;
  },

  binary(op, type, left, right) {
    const name = binaryFunction[type][op];
    if (name) return `${name}(${bare(left)}, ${bare(right)})`;
    if (type === 'i32' && (op === '&' || op === '|' || op === '^')) return `(${left} ${op} ${right})`;
    return bug(`"${op}" has no meaning on ${type}`);
  },

  cast: (to, of) => (to === 'f32' ? `(float)${of}` : `float_to_int(${bare(of)})`),
});
