/** CUDA C++, as the loop printer needs it. Functions are those of its library but where the loop language means something else. */
import { syntaxWith } from '../c-syntax.ts';
import type { Syntax } from '../print.ts';

const common = syntaxWith({
  abs: 'fabsf',
  sqrt: 'sqrtf',
  floor: 'floorf',
  ceil: 'ceilf',
  round: 'rintf',
  exp: 'expf',
  log: 'logf',
  tanh: 'tanhf',
  erf: 'erff',
  sin: 'sinf',
  cos: 'cosf',
  atan: 'atanf',
  popcount: '__popc',
});

export const syntax: Syntax = {
  ...common,
  load: (array, index) =>
    array.dtype === 'bf16' ? `bf16_to_float(${array.name}[${index}])` : common.load(array, index),
  store(array, index, value) {
    const element = `${array.name}[${index}]`;
    if (array.dtype === 'f16') return `${element} = held_as_half(${value})`;
    return array.dtype === 'bf16' ? `${element} = float_to_bf16(${value})` : common.store(array, index, value);
  },
};
