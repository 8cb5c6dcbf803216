/** A C program that measures our functions against those of libm in double precision, over floats of every exponent. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Arr } from '../src/loop/loop.ts';
import { load, store } from '../src/loop/loop.ts';
import type { UnaryName } from '../src/ops/scalar.ts';
import { unaryFunction } from '../src/ops/scalar.ts';
import { partsFor } from '../targets/cpu/parts.ts';
import { syntax } from '../targets/cpu/syntax.ts';
import { printLoops } from '../targets/print.ts';
import { render, run } from './cpu-build.ts';

/** Units in the last place that templates/cpu/parts promise. */
export const promised = {
  exp: 1.05,
  log: 0.83,
  tanh: 1.4,
  erf: 2.2,
  sin: 1.7,
  cos: 1.7,
  atan: 1.9,
  pow: 0.51,
  /** In 2^-24 of the number given. */
  gelu: 2.2,
  swish: 2,
  /** In 2^-24. */
  sigmoid: 2,
} as const;

/** Units in the last place that functions made of others may be off. */
export const composed = {
  tan: 4,
  asin: 4,
  acos: 4,
  sinh: 4,
  cosh: 4,
  asinh: 4,
  acosh: 4,
  atanh: 4,
} as const satisfies Partial<Record<UnaryName, number>>;

const unary = ['exp', 'log', 'tanh', 'erf', 'sin', 'cos', 'atan'] as const;
const made = Object.keys(composed) as readonly (keyof typeof composed)[];

/** The function of the loops, as C. */
function madeOf(fn: UnaryName): string {
  const [x, y]: Arr[] = ['x', 'y'].map((name) => ({ name, dtype: 'f32', length: 1 }));
  const body = printLoops([store(y, 0, unaryFunction(fn).lower(load(x, 0)))], syntax, { reserved: [] });
  return `static float our_${fn}(float given) {\n  float x[1] = {given}, y[1];\n  ${body}\n  return y[0];\n}`;
}

/** The largest error of each function in units in the last place; every `step`-th float is looked at. */
export function measure(compiler: string, flags: readonly string[], step: number): Readonly<Record<string, number>> {
  const folder = mkdtempSync(join(tmpdir(), 'cpu-math-'));
  try {
    writeFileSync(join(folder, 'math.c'), program(step));
    run(folder, compiler, [
      '-std=c11',
      '-O2',
      '-Wall',
      '-Wextra',
      '-Wconversion',
      '-Werror',
      ...flags,
      'math.c',
      '-lm',
      '-o',
      'math',
    ]);
    run(folder, './math', []);
    return JSON.parse(readFileSync(join(folder, 'errors.json'), 'utf8')) as Readonly<Record<string, number>>;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const program = (step: number): string => `#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define INLINE static inline __attribute__((unused))

${partsFor([...[...unary, 'pow', 'gelu', 'sigmoid'].map((fn) => `${fn}_f32`), ...made.map(madeOf)].join(' '), render)}

/* One over how far floats lie apart around a finite number. */
static double per_spacing(double wanted) {
  uint64_t bits;
  memcpy(&bits, &wanted, sizeof bits);
  const int exponent = (int)(bits >> 52 & 0x7ff) - 1022 - 24;
  bits = (uint64_t)(1023 - (exponent < -149 ? -149 : exponent)) << 52;
  double factor;
  memcpy(&factor, &bits, sizeof factor);
  return factor;
}

/* In units in the last place. Signs of zeros and which numbers are infinite or NaN must agree with the rounded result. */
static double error_of(float got, double wanted) {
  const float rounded = (float)wanted;
  if (got != got || rounded != rounded) return (got != got) == (rounded != rounded) ? 0.0 : INFINITY;
  if (isinf(got) || isinf(rounded)) return got == rounded ? 0.0 : INFINITY;
  if (got == 0.0f && rounded == 0.0f && signbit(got) != signbit(rounded)) return INFINITY;
  return fabs((double)got - wanted) * per_spacing(wanted);
}

static double largest(float (*ours)(float), double (*theirs)(double)) {
  double most = 0.0;
  for (uint64_t bits = 0; bits < 0x100000000u; bits += ${step}) {
    /* The last bits take turns, so that they are not always those of the step. */
    const float x = float_of((uint32_t)(bits ^ (bits >> 9) % ${step}));
    const double error = error_of(ours(x), theirs((double)x));
    if (!(error <= most)) most = error;
  }
  return most;
}

${unary.map((fn) => `static float our_${fn}(float x) { return ${fn}_f32(x); }`).join('\n')}

${made.map(madeOf).join('\n')}

static double largest_pow(void) {
  static const float special[] = {0.0f, -0.0f, 1.0f, -1.0f, 2.0f, -2.0f, 3.0f, 0.5f, -0.5f, 1e-45f, -1e-45f, 3e38f, -3e38f, 16777216.0f, -16777215.0f, 33554432.0f, INFINITY, -INFINITY, NAN};
  enum { COUNT = sizeof special / sizeof special[0] };
  double most = 0.0;
  for (int i = 0; i < COUNT; ++i)
    for (int j = 0; j < COUNT; ++j) {
      const float a = special[i], b = special[j];
      /* Where C and JavaScript differ. */
      const int undefined = b != b || (fabsf(a) == 1.0f && isinf(b));
      const double error = error_of(pow_f32(a, b), undefined ? (double)NAN : pow((double)a, (double)b));
      if (!(error <= most)) most = error;
    }
  uint64_t state = 1;
  for (int i = 0; i < ${Math.ceil(3e8 / step)}; ++i) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    const float a = float_of((uint32_t)(state >> 33)), wide = 300.0f / (fabsf(log2f(a)) + 0.001f);
    state = state * 6364136223846793005u + 1442695040888963407u;
    const float b = ((float)(state >> 40) * 0x1p-24f - 0.5f) * (state & 1 ? wide : 8.0f);
    if (!(a > 0.0f) || isinf(a) || b != b) continue;
    const double error = error_of(pow_f32(a, b), pow((double)a, (double)b));
    if (!(error <= most)) most = error;
  }
  return most;
}

/* In 2^-24 of the number given. */
static double largest_of_given(float (*ours)(float), double (*wanted)(double)) {
  double most = 0.0;
  for (uint64_t bits = 0; bits < 0x100000000u; bits += ${step}) {
    const float x = float_of((uint32_t)(bits ^ (bits >> 9) % ${step}));
    if (!(fabsf(x) > 1e-30f) || isinf(x)) continue;
    const double error = fabs((double)ours(x) - wanted((double)x));
    if (!(error / fabs((double)x) * 0x1p24 <= most)) most = error / fabs((double)x) * 0x1p24;
  }
  const int ends = isinf(ours(INFINITY)) && ours(-INFINITY) != ours(-INFINITY);
  return ends && ours(NAN) != ours(NAN) ? most : INFINITY;
}

static double gelu(double x) { return 0.5 * x * erfc(-x * 0.70710678118654752); }
static double sigmoid(double x) { return 1.0 / (1.0 + exp(-x)); }
static double swish(double x) { return x * sigmoid(x); }

/* In 2^-24. */
static double largest_sigmoid(void) {
  double most = 0.0;
  for (uint64_t bits = 0; bits < 0x100000000u; bits += ${step}) {
    const float x = float_of((uint32_t)(bits ^ (bits >> 9) % ${step}));
    const double error = x != x ? (sigmoid_f32(x) != sigmoid_f32(x) ? 0.0 : INFINITY) : fabs((double)sigmoid_f32(x) - sigmoid((double)x));
    if (!(error * 0x1p24 <= most)) most = error * 0x1p24;
  }
  return most;
}

int main(void) {
  FILE *const file = fopen("errors.json", "w");
  if (file == NULL) return 1;
${[...unary, ...made].map((fn) => `  fprintf(file, "${fn === 'exp' ? '{' : ','}\\"${fn}\\":%.4g", fmin(largest(our_${fn}, ${fn}), 1e9));`).join('\n')}
  fprintf(file, ",\\"pow\\":%.4g,\\"gelu\\":%.4g", fmin(largest_pow(), 1e9), fmin(largest_of_given(gelu_f32, gelu), 1e9));
  fprintf(file, ",\\"swish\\":%.4g,\\"sigmoid\\":%.4g}", fmin(largest_of_given(swish_f32, swish), 1e9), fmin(largest_sigmoid(), 1e9));
  return fclose(file);
}
`;
