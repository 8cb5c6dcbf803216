/** Calls that readers of layers make again and again, with the types made to agree. */
import type { BinaryName, UnaryName } from '../ops/scalar.ts';
import type { Shape } from '../tensor/type.ts';
import { elements, sameShape } from '../tensor/type.ts';
import type { Value } from './builder.ts';
import { broken } from './builder.ts';
import type { Scope } from './scope.ts';

/** Functions that give whole numbers for whole numbers; the others are of real numbers. */
const wholeFunctions: ReadonlySet<UnaryName> = new Set(['relu', 'relu6', 'square', 'neg', 'abs', 'sign']);
/** Functions that change nothing about whole numbers. */
const rounding: ReadonlySet<UnaryName> = new Set(['floor', 'ceil', 'round']);

export const cast = (scope: Scope, x: Value, to: 'f32' | 'i32'): Value =>
  x.type.dtype === to || x === broken ? x : scope.call({ kind: 'cast', to }, x);

export function unary(scope: Scope, fn: UnaryName, x: Value): Value {
  const isWhole = x.type.dtype === 'i32';
  if (isWhole && rounding.has(fn)) return x;
  return scope.call({ kind: 'unary', fn }, isWhole && !wholeFunctions.has(fn) ? cast(scope, x, 'f32') : x);
}

/** Where one operand is real, both are. */
export function binary(scope: Scope, fn: BinaryName, a: Value, b: Value): Value {
  const to = a.type.dtype === 'i32' && b.type.dtype === 'i32' ? 'i32' : 'f32';
  return scope.call({ kind: 'binary', fn }, cast(scope, a, to), cast(scope, b, to));
}

/** One number of the element type that `like` has. */
export const scalar = (scope: Scope, value: number, like: Value): Value =>
  scope.known(like.type.dtype === 'i32' ? Int32Array.of(value) : Float32Array.of(value), []);

export const reshape = (scope: Scope, x: Value, shape: Shape): Value =>
  sameShape(x.type.shape, shape) ? x : scope.call({ kind: 'reshape', shape }, x);

export const transpose = (scope: Scope, x: Value, perm: readonly number[]): Value =>
  perm.every((axis, i) => axis === i) ? x : scope.call({ kind: 'transpose', perm }, x);

/** Repeats sizes of 1 until the value has the shape. */
export function broadcastTo(scope: Scope, x: Value, shape: Shape): Value {
  const from = [...Array<number>(Math.max(0, shape.length - x.type.shape.length)).fill(1), ...x.type.shape];
  if (from.length !== shape.length || !from.every((d, i) => d === shape[i] || d === 1))
    return scope.fail(`cannot make [${shape.join(', ')}] of [${x.type.shape.join(', ')}]`);
  const repeats = shape.map((d, i) => d / from[i]);
  const same = reshape(scope, x, from);
  return repeats.every((r) => r === 1) ? same : scope.call({ kind: 'tile', repeats }, same);
}

/** From `begin`, `size` elements along each axis. */
export function slice(scope: Scope, x: Value, begin: readonly number[], size: readonly number[]): Value {
  if (sameShape(size, x.type.shape)) return x;
  return scope.call({ kind: 'slice', begin, size, step: begin.map(() => 1) }, x);
}

/** The axis counted from the front; fails where there is none. */
export function axisOf(scope: Scope, axis: number, rank: number): number {
  const counted = axis < 0 ? axis + rank : axis;
  if (Number.isInteger(counted) && counted >= 0 && counted < rank) return counted;
  scope.fail(`works along axis ${axis} of a value with ${rank} axes`);
  return 0;
}

/** Values side by side along an axis. Empty ones are left out: shape arithmetic makes some. */
export function concat(scope: Scope, parts: readonly Value[], axis: number): Value {
  const full = parts.filter((p) => elements(p.type.shape) > 0);
  if (full.length === 0) return parts[0] ?? scope.fail('has nothing to put together');
  if (full.length === 1) return full[0];
  const to = full.every((p) => p.type.dtype === 'i32') ? 'i32' : 'f32';
  return scope.call({ kind: 'concat', axis, count: full.length }, ...full.map((p) => cast(scope, p, to)));
}
