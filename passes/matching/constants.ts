/** Constants that stand for one number, or for one number a channel, whatever their shape. */
import type { Origin } from '../../src/diagnostic.ts';
import type { Constant, Id, Node } from '../../src/graph/graph.ts';
import type { Emitter } from '../../src/graph/rewrite.ts';
import { scaledUnits, withQuantity } from '../../src/tensor/quantity.ts';
import type { Shape } from '../../src/tensor/type.ts';
import { elements, tensor } from '../../src/tensor/type.ts';

export type ById = ReadonlyMap<Id, Node>;

/** The constant of this id whose numbers are float32, if it is one. */
export function floatsOf(id: Id | undefined, byId: ById): Floats | undefined {
  const node = id === undefined ? undefined : byId.get(id);
  return node?.kind === 'constant' && node.data instanceof Float32Array ? { ...node, data: node.data } : undefined;
}

/** A constant of float32. */
export interface Floats extends Constant {
  readonly data: Float32Array<ArrayBuffer>;
}

/** The one number that all elements are, if they are. */
export const uniformValue = ({ data }: Pick<Constant, 'data'>): number | undefined =>
  data.every((v) => v === data[0]) ? data[0] : undefined;

/**
 * One number for each of `channels`, when the constant, broadcast against a value with that many channels on its
 * last axis, repeats along every other axis.
 */
export function channelValues({ type, data }: Floats, channels: number): Float32Array<ArrayBuffer> | undefined {
  const one = uniformValue({ data });
  if (one !== undefined) return new Float32Array(channels).fill(one);
  const last = type.shape.at(-1);
  return last === channels && elements(type.shape) === channels ? data : undefined;
}

/** Weights made of units of powers of two, each filter with a factor: still made of such. Undefined where they are not. */
export function scaledUnitsOf(weights: Floats, factors: ArrayLike<number>, { fresh }: Emitter): Constant | undefined {
  const { quantity, shape } = weights.type;
  const { decomposition } = quantity ?? {};
  const scaled = quantity && decomposition && scaledUnits({ ...quantity, decomposition }, shape, factors);
  if (!scaled) return undefined;
  return { ...weights, id: fresh(weights.id), type: withQuantity(weights.type, scaled.quantity), data: scaled.data };
}

/** A new constant of float32, rounded from double precision where it comes so. */
export const floats = (
  id: Id,
  shape: Shape,
  data: Iterable<number>,
  { origin }: { readonly origin?: Origin['name'] },
): Constant => ({
  kind: 'constant',
  id,
  type: tensor('f32', shape),
  data: data instanceof Float32Array ? (data as Float32Array<ArrayBuffer>) : Float32Array.from(data),
  ...(origin === undefined ? {} : { origin }),
});
