/**
 * Functions that WGSL lacks, or leaves too free: its sines may be wrong by 2^-11, its powers of negative numbers and its
 * remainders by anything. What it has within a few units in the last place is used as it is.
 */
import type { Routine } from '../../src/plan/kernel.ts';

const routine = (name: string, needs: readonly Routine[] = []): Routine => ({
  name,
  template: `webgpu/math/${name}.wgsl.hbs`,
  view: {},
  needs,
});

const quadrant = routine('quadrant');
const infinity = routine('infinity');

export const math = {
  minF32: routine('min-f32'),
  maxF32: routine('max-f32'),
  floorDiv: routine('floor-div'),
  floorMod: routine('floor-mod', [routine('floor-div')]),
  floorModF32: routine('floor-mod-f32'),
  quotientI32: routine('quotient-i32'),
  remainderI32: routine('remainder-i32'),
  remainderF32: routine('remainder-f32'),
  powI32: routine('pow-i32'),
  powF32: routine('pow-f32'),
  tanh: routine('tanh-f32'),
  erf: routine('erf-f32'),
  sin: routine('sin-f32', [quadrant]),
  cos: routine('cos-f32', [quadrant]),
  atan: routine('atan-f32'),
  infinity,
  log: routine('log-f32', [infinity]),
  loadU8: routine('load-u8'),
  loadI8: routine('load-i8', [routine('load-u8')]),
  loadU16: routine('load-u16'),
  loadI16: routine('load-i16', [routine('load-u16')]),
  loadF16: routine('load-f16'),
  loadCode: routine('load-code'),
  loadCodes: routine('load-codes'),
  oneOfFour: routine('one-of-four'),
  tableFour: routine('table-four'),
  readOne: routine('read-one'),
  readFour: routine('read-four'),
  writeFour: routine('write-four'),
} satisfies Record<string, Routine>;
