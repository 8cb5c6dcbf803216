/** Whole numbers that stand for real ones: their scales and zeros as operands of a layer, per tensor, per axis or per block. */
import type { Quantity } from '../../../tensor/quantity.ts';
import { quantityFault } from '../../../tensor/quantity.ts';
import type { Shape } from '../../../tensor/type.ts';
import { elements, sameShape } from '../../../tensor/type.ts';
import type { Value } from '../../builder.ts';
import { broken } from '../../builder.ts';
import { axisOf, binary, cast, reshape, scalar, unary } from '../../compose.ts';
import type { Scope } from '../../scope.ts';
import type { Element } from '../elements.ts';
import { elementRow } from '../elements.ts';
import type { Layer } from '../layer.ts';
import { masked } from '../masks.ts';

/** What the whole numbers of a value stand for. */
export interface Pair {
  /** f32: [1], [c] along `axis`, or the shape of the value where it goes by blocks. */
  readonly scale: Value;
  /** i32, of the same shape. */
  readonly zero: Value;
  /** −1 for one pair per tensor; undefined for one for each element. */
  readonly axis: number | undefined;
}

/** More indices than this are not made for one axis. */
const longest = 2 ** 20;

/** Scale and zero of a value of this shape, which are operands of the layer; the zero may be left out. */
export function pairFor(l: Layer, shape: Shape, scaleAt: number, zeroAt: number): Pair | undefined {
  const scale = cast(l, l.operand(scaleAt), 'f32');
  if (l.failed) return undefined;
  const given = l.optional(zeroAt);
  const zero = given ? cast(l, given, 'i32') : cast(l, binary(l, 'mul', scale, scalar(l, 0, scale)), 'i32');
  const [s, z] = [scale.type.shape, zero.type.shape];
  if (!sameShape(s, z) && elements(s) !== elements(z))
    return void l.fail(`has scales of shape [${s.join(', ')}] and zeros of [${z.join(', ')}]`);
  const count = elements(s);
  const flat = (x: Value): Value => reshape(l, x, [count]);
  if (count === 1) return { scale: flat(scale), zero: flat(zero), axis: -1 };
  const axis = axisOf(l, l.int('axis', 1), shape.length);
  if (l.failed) return undefined;
  if (s.length === 1 && count === shape[axis]) return { scale, zero: flat(zero), axis };
  const block = l.int('block_size', 0);
  if (block > 0 && s.length === shape.length && s[axis] === Math.ceil(shape[axis] / block) && shape[axis] <= longest) {
    const indices = Int32Array.from({ length: shape[axis] }, (_, i) => Math.floor(i / block));
    const spread = (x: Value): Value =>
      l.call({ kind: 'gather', axis }, reshape(l, x, s), l.known(indices, [shape[axis]], 'blocks'));
    return { scale: spread(scale), zero: spread(zero), axis: undefined };
  }
  return void l.fail(`has scales of shape [${s.join(', ')}] for axis ${axis} of [${shape.join(', ')}]`);
}

/** Real numbers as whole ones of an element type. */
export function quantise(l: Scope, x: Value, { scale, zero, axis }: Pair, element: Element): Value {
  const [low, high] = elementRow(element).range;
  const real = cast(l, x, 'f32');
  if (axis !== undefined) return l.call({ kind: 'quantize', axis, low, high }, real, scale, zero);
  const steps = unary(l, 'round', binary(l, 'div', real, scale));
  const placed = binary(l, 'add', steps, cast(l, zero, 'f32'));
  const above = binary(l, 'max', scalar(l, low, placed), placed);
  return cast(l, binary(l, 'min', above, scalar(l, high, placed)), 'i32');
}

/** The real numbers that whole ones stand for. */
export function dequantise(l: Scope, x: Value, { scale, zero, axis }: Pair): Value {
  const whole = cast(l, x, 'i32');
  const real =
    axis === undefined
      ? binary(l, 'mul', cast(l, binary(l, 'sub', whole, zero), 'f32'), scale)
      : l.call({ kind: 'dequantize', axis }, whole, scale, zero);
  return masked(real, whole.mask);
}

/** Without its zero: a value of whole numbers with one zero for each tensor, or for each index of an axis. */
export function lessZero(l: Scope, x: Value, zero: Value | undefined, axis: number): Value {
  const whole = cast(l, x, 'i32');
  if (!zero || zero.data?.every((z) => z === 0)) return whole;
  return binary(l, 'sub', whole, along(l, cast(l, zero, 'i32'), whole.type.shape, axis));
}

/** One number, or numbers along one axis, in a shape that repeats along the others. Other shapes stay. */
export function along(l: Scope, x: Value, shape: Shape, axis: number): Value {
  const count = elements(x.type.shape);
  if (count === 1) return reshape(l, x, []);
  return x.type.shape.length > 1
    ? x
    : reshape(
        l,
        x,
        shape.map((_, i) => (i === axis ? count : 1)),
      );
}

export interface Target {
  /** What a step of the sums is worth, over what one of the result is: one, or a number for each index of an axis. */
  readonly factor: Value;
  readonly scale: Value;
  readonly zero: Value | undefined;
  readonly element: Element;
}

/**
 * Sums of products of whole numbers as whole numbers of a narrower type: round(sum · factor) + zero, within the type's
 * range. The factor is one number, as in onnxruntime: multiplying by one scale and dividing by the other would round
 * differently.
 */
export function requantise(l: Layer, sums: Value, { factor, scale, zero, element }: Target): Value {
  if (sums === broken || factor === broken) return broken;
  const z = zero ? cast(l, zero, 'i32') : l.known(Int32Array.of(0), [1], 'zero');
  if (elements(scale.type.shape) !== 1 || elements(z.type.shape) !== 1)
    return l.fail(`has a result with scales of shape [${scale.type.shape.join(', ')}]; one scale is read`);
  const [low, high] = elementRow(element).range;
  const one = l.known(Float32Array.of(1), [1], 'scale');
  const op = { kind: 'quantize', axis: -1, low, high } as const;
  const operands = [binary(l, 'mul', cast(l, sums, 'f32'), factor), one, reshape(l, z, [1])];
  const quantity = scale.data && z.data && quantityOf(scale.data, z.data);
  // What the result stands for is a matter of its own scale, which has gone into the factor.
  return quantity ? l.quantised(quantity, op, ...operands) : l.call(op, ...operands);
}

function quantityOf(scale: Iterable<number>, zero: Iterable<number>): Quantity | undefined {
  const quantity = { scale: [...scale], zero: [...zero], axis: -1 };
  return quantityFault(quantity, [1]) === undefined ? quantity : undefined;
}
