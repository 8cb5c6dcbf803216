/** Calls that readers of layers make again and again, with the types made to agree. */
import { broadcast } from '../ops/broadcast.ts';
import type { BinaryName, UnaryName } from '../ops/scalar.ts';
import { binaryFunction, unaryFunction } from '../ops/scalar.ts';
import type { Shape } from '../tensor/type.ts';
import { sameShape } from '../tensor/type.ts';
import type { Value } from './builder.ts';
import { broken } from './builder.ts';
import type { Scope } from './scope.ts';

/** Functions that give whole numbers for whole numbers; the others are of real numbers. */
const wholeFunctions: ReadonlySet<UnaryName> = new Set(['relu', 'relu6', 'square', 'neg', 'abs', 'sign', 'not']);
/** Functions that change nothing about whole numbers. */
const rounding: ReadonlySet<UnaryName> = new Set(['floor', 'ceil', 'round']);

export function cast(scope: Scope, x: Value, to: 'f32' | 'i32'): Value {
  if (x.type.dtype === to || x === broken) return x;
  if (isEmpty(x.type.shape)) return emptyOf(scope, x, x.type.shape, to);
  return scope.call({ kind: 'cast', to }, x);
}

/** Shape arithmetic takes nothing of a value at times, and no call may. */
export const isEmpty = (shape: Shape): boolean => shape.includes(0);

/** Nothing, of a value that is known: what is computed from the input must hold something. */
export function emptyOf(scope: Scope, x: Value, shape: Shape, dtype = x.type.dtype): Value {
  if (!x.data) return scope.fail(`would give nothing: its result has the shape [${shape.join(', ')}]`);
  return scope.known(dtype === 'i32' ? new Int32Array(0) : new Float32Array(0), shape);
}

export function unary(scope: Scope, fn: UnaryName, x: Value): Value {
  const isWhole = x.type.dtype === 'i32';
  if (isWhole && rounding.has(fn)) return x;
  const y = isWhole && !wholeFunctions.has(fn) ? cast(scope, x, 'f32') : x;
  if (isEmpty(y.type.shape)) return emptyOf(scope, y, y.type.shape, unaryFunction(fn).test ? 'i32' : y.type.dtype);
  return scope.call({ kind: 'unary', fn }, y);
}

/** Where one operand is real, both are. */
export function binary(scope: Scope, fn: BinaryName, a: Value, b: Value): Value {
  const to = a.type.dtype === 'i32' && b.type.dtype === 'i32' ? 'i32' : 'f32';
  const shape = isEmpty([...a.type.shape, ...b.type.shape]) ? broadcast(a.type.shape, b.type.shape) : undefined;
  if (shape) return emptyOf(scope, a.data ? b : a, shape, binaryFunction(fn).test ? 'i32' : to);
  return scope.call({ kind: 'binary', fn }, cast(scope, a, to), cast(scope, b, to));
}

/** One number of the element type that `like` has. */
export const scalar = (scope: Scope, value: number, like: Value): Value =>
  scope.known(like.type.dtype === 'i32' ? Int32Array.of(value) : Float32Array.of(value), []);

export function reshape(scope: Scope, x: Value, shape: Shape): Value {
  if (sameShape(x.type.shape, shape) || x === broken) return x;
  if (isEmpty(shape) && isEmpty(x.type.shape)) return emptyOf(scope, x, shape);
  return scope.call({ kind: 'reshape', shape }, x);
}

export function transpose(scope: Scope, x: Value, perm: readonly number[]): Value {
  const { shape } = x.type;
  if (perm.length === shape.length && perm.every((axis, i) => axis === i)) return x;
  const sizes = perm.map((axis) => shape[axis] ?? 1);
  return isEmpty(shape) && sizes.length === shape.length
    ? emptyOf(scope, x, sizes)
    : scope.call({ kind: 'transpose', perm }, x);
}

/** Repeats sizes of 1 until the value has the shape. */
export function broadcastTo(scope: Scope, x: Value, shape: Shape): Value {
  const from = [...Array<number>(Math.max(0, shape.length - x.type.shape.length)).fill(1), ...x.type.shape];
  if (from.length !== shape.length || !from.every((d, i) => d === shape[i] || d === 1))
    return scope.fail(`cannot make [${shape.join(', ')}] of [${x.type.shape.join(', ')}]`);
  if (isEmpty(shape)) return emptyOf(scope, x, shape);
  const repeats = shape.map((d, i) => d / from[i]);
  const same = reshape(scope, x, from);
  return repeats.every((r) => r === 1) ? same : scope.call({ kind: 'tile', repeats }, same);
}

/** From `begin`, `size` elements along each axis. */
export function slice(scope: Scope, x: Value, begin: readonly number[], size: readonly number[]): Value {
  if (sameShape(size, x.type.shape)) return x;
  if (isEmpty(size)) return emptyOf(scope, x, size);
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
  const full = parts.filter((p) => !isEmpty(p.type.shape));
  if (full.length === 0) {
    const [first] = parts;
    if (!first) return scope.fail('has nothing to put together');
    const size = parts.reduce((n, p) => n + (p.type.shape[axis] ?? 0), 0);
    return emptyOf(scope, first, first.type.shape.with(axis, size));
  }
  if (full.length === 1) return full[0];
  const to = full.every((p) => p.type.dtype === 'i32') ? 'i32' : 'f32';
  return scope.call({ kind: 'concat', axis, count: full.length }, ...full.map((p) => cast(scope, p, to)));
}
