/** CUDA C++, as the loop printer needs it. Functions are those of its library but where the loop language means something else. */
import { syntaxWith } from '../c-syntax.ts';

export const syntax = syntaxWith({
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
