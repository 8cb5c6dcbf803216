/**
 * Functions that WebAssembly has no instruction for. Those of f32 compute in f64, so that but for a few
 * arguments in a million the result is the float32 nearest to the true value.
 */
import type { Routine } from '../../src/plan/kernel.ts';

const routine = (name: string, needs: readonly Routine[] = [], view: object = {}): Routine => ({
  name,
  template: `wasm/math/${name}.wat.hbs`,
  view,
  needs,
});

/** The same function of four numbers, one by one. */
const lanes4 = (of: Routine): Routine => ({
  name: `${of.name}4`,
  template: 'wasm/math/lanes4.wat.hbs',
  view: { of: of.name },
  needs: [of],
});

const exp64 = routine('exp64');
const log64 = routine('log64');
const exp = routine('exp', [exp64]);
const log = routine('log', [log64]);
const erf = routine('erf', [exp64]);
const sinCos = routine('sin-cos');
// 1/720 down to 1/2, in the order of Horner's rule; the template has 1/5040 and the first two terms.
const exp4 = routine('exp4', [routine('power4')], {
  coefficients: [1.38888889e-3, 8.33333333e-3, 4.16666667e-2, 1.66666667e-1, 0.5],
});

export const math = {
  /** The value of 16 bits as IEEE 754 binary16. */
  f16: routine('f16'),
  /** Division of i32 and its remainder, rounding towards minus infinity. */
  floorDiv: routine('floor-div'),
  floorMod: routine('floor-mod', [routine('floor-div')]),
  /** a − ⌊a / b⌋ · b, rounded once. */
  floorModF32: routine('floor-mod-f32'),
  /** Of i32, towards zero, without a trap. */
  quotientI32: routine('quotient-i32'),
  remainderI32: routine('remainder-i32'),
  powI32: routine('pow-i32'),
  /** Of f32, with the sign of the dividend. */
  remainder: routine('remainder'),
  exp,
  log,
  tanh: routine('tanh', [exp64]),
  erf,
  sin: routine('sin', [sinCos]),
  cos: routine('cos', [sinCos]),
  atan: routine('atan'),
  pow: routine('pow', [exp64, log64]),
  /** Four at a time: within about an ulp. */
  exp4,
  tanh4: routine('tanh4', [exp4], {
    first: -0.005717045060486955,
    coefficients: [0.02065058730116513, -0.05374349808234053, 0.13331491287002803, -0.3333328392528472],
  }),
  log4: lanes4(log),
  erf4: lanes4(erf),
} satisfies Record<string, Routine>;
