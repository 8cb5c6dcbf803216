/**
 * Functions that WebAssembly has no instruction for. Those of f32 compute in f64, so that but for a few
 * arguments in a million the result is the float32 nearest to the true value.
 */
import type { Routine } from '../../src/plan/kernel.ts';

const routine = (name: string, needs: readonly Routine[] = []): Routine => ({
  name,
  template: `wasm/math/${name}.wat.hbs`,
  view: {},
  needs,
});

const exp64 = routine('exp64');
const log64 = routine('log64');
const exp = routine('exp', [exp64]);
const sinCos = routine('sin-cos');

export const math = {
  /** The value of 16 bits as IEEE 754 binary16. */
  f16: routine('f16'),
  /** Division of i32 and its remainder, rounding towards minus infinity. */
  floorDiv: routine('floor-div'),
  floorMod: routine('floor-mod', [routine('floor-div')]),
  /** a − ⌊a / b⌋ · b, rounded once. */
  floorModF32: routine('floor-mod-f32'),
  exp,
  log: routine('log', [log64]),
  tanh: routine('tanh', [exp64]),
  erf: routine('erf', [exp64]),
  sin: routine('sin', [sinCos]),
  cos: routine('cos', [sinCos]),
  pow: routine('pow', [exp64, log64]),
} satisfies Record<string, Routine>;
