/** Which known function a function of one number is. */
import type { UnaryName } from '../../src/ops/scalar.ts';
import { unaryFunction, unaryFunctions } from '../../src/ops/scalar.ts';
import { elements } from '../../src/tensor/type.ts';
import type { Cone } from './cone.ts';

export type Recognised =
  | { readonly kind: 'identity' }
  | { readonly kind: 'unary'; readonly fn: UnaryName }
  /** One slope for each position. */
  | { readonly kind: 'prelu'; readonly slopes: Float32Array<ArrayBuffer> };

/** factor · fn(x), the same factor at each position. */
export interface Scaled {
  readonly fn: UnaryName;
  readonly factor: number;
}

/** All that give f32. */
const known = (Object.keys(unaryFunctions) as readonly UnaryName[]).filter((name) => !unaryFunction(name).test);

/** The function of `cone`, if it has a name: the same at every position, or a PReLU with a slope at each. */
export function recognise(cone: Cone): Recognised | undefined {
  const count = elements(cone.positions);
  const everywhere = (f: (x: number) => number): boolean => isEverywhere(cone, f);
  if (everywhere((x) => x)) return boundsInfinities(cone) ? undefined : { kind: 'identity' };
  const fn = known.find((name) => everywhere(unaryFunction(name).evaluate));
  if (fn) return { kind: 'unary', fn };
  const slopes = Float32Array.from({ length: count }, (_, p) => -cone.exact(-1, p));
  const leaky = (p: number) => (x: number) => (x < 0 ? x * slopes[p] : x);
  const isPrelu = slopes.every((_, p) => isSame(cone, p, leaky(p), p === 0 ? everyProbe : fewProbes));
  return isPrelu ? { kind: 'prelu', slopes } : undefined;
}

/** A bound at the largest float32 is a guard: a row of a softmax that is masked twice is −∞ without it, and NaN. */
const boundsInfinities = ({ exact, positions }: Cone): boolean =>
  Array.from({ length: elements(positions) }).some((_, p) =>
    [Infinity, -Infinity].some((x) => Number.isFinite(exact(x, p))),
  );

/**
 * A multiple of a known function, where spelling it as one saves calls: constants rounded to half precision make
 * such multiples of what was meant.
 */
export function recogniseScaled(cone: Cone): Scaled | undefined {
  if (cone.calls < 3) return undefined;
  for (const fn of known) {
    const { evaluate } = unaryFunction(fn);
    const factor = Math.fround(cone.exact(2, 0) / evaluate(2));
    if (!Number.isFinite(factor) || factor === 0) continue;
    if (isEverywhere(cone, (x) => factor * evaluate(x))) return { fn, factor };
  }
  return undefined;
}

function isEverywhere(cone: Cone, f: (x: number) => number): boolean {
  if (!isSame(cone, 0, f, everyProbe)) return false;
  for (let p = 1; p < elements(cone.positions); p++) if (!isSame(cone, p, f, fewProbes)) return false;
  return true;
}

/** First those that tell the most functions apart, then a fine grid, then every size that a float32 has. */
const telling = [1, -1, 2.5, -2.5, 0.3, -0.3, 7, -7];
const grid = Array.from({ length: 257 }, (_, i) => (i - 128) / 16);
const sizes = Array.from({ length: 961 }, (_, i) => 2 ** ((i - 480) / 4)).flatMap((x) => [x, -x]);
const fewProbes = [...telling, ...sizes.filter((_, i) => i % 64 < 2)];
const everyProbe = [...telling, ...grid, ...sizes];

/**
 * Whether the cone computes `f` at one position: in double precision to one part in a million, and in float32 not
 * far from it. The allowance shrinks with x, so that a guard against zero, as in log(x + 1e-10), is never taken for
 * nothing, and does not grow with large x, so that neither is a bound on x in 1 / x. Where the spelling overflows and
 * `f` does not, `f` is what was meant.
 */
function isSame({ exact, rounded }: Cone, p: number, f: (x: number) => number, probes: readonly number[]): boolean {
  return probes.every((probe) => {
    const x = Math.fround(probe);
    const [want, got, low] = [f(x), exact(x, p), rounded(x, p)];
    if (!Number.isFinite(got)) return Object.is(got, want) || Math.abs(x) > 64;
    if (!Number.isFinite(want)) return false;
    const size = Math.abs(want);
    if (Math.abs(got - want) > 1e-6 * (size + 1e-6 * Math.min(Math.abs(x), 64))) return false;
    return !Number.isFinite(low) || Math.abs(low - want) <= 1e-5 * (size + Math.abs(x));
  });
}
