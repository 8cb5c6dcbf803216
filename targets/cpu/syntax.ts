/** C11, as the loop printer needs it: functions of templates/cpu/parts, or of the library. */
import { syntaxWith } from '../c-syntax.ts';

export const syntax = syntaxWith({
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
});
