/**
 * Masks: which elements of a weight are kept. They come in the model, as an initializer NAME_mask or as a product of
 * NAME_orig and NAME_mask, or from beside it. What is not kept becomes 0; what is kept stays so if it is 0.
 */
import type { Numbers } from '../../tensor/numbers.ts';
import { sameShape } from '../../tensor/type.ts';
import type { Value } from '../builder.ts';

export type Mask = Uint8Array<ArrayBuffer>;

/** By the name of a weight. */
export type Masks = Readonly<Record<string, Mask>>;

/** Zeros and ones, or undefined where there is anything else. */
export function asMask(data: Numbers): Mask | undefined {
  const mask = new Uint8Array(data.length);
  for (let i = 0; i < data.length; i++) {
    if (data[i] !== 0 && data[i] !== 1) return undefined;
    mask[i] = data[i];
  }
  return mask;
}

/** The mask for a weight from beside the model, or why it does not fit. */
export function maskFor(name: string, { type, data }: Value, masks: Masks): Mask | string | undefined {
  const given = Object.hasOwn(masks, name) ? masks[name] : undefined;
  if (!given || given.length === data?.length) return given;
  return `the mask has ${given.length} elements and the weight [${type.shape.join(', ')}] has ${data?.length ?? 0}`;
}

/** A known value of which less is kept. What whole numbers make 0 is known once they are real: the mask waits with them. */
export function masked(value: Value, mask: Mask | undefined): Value {
  const { data, mask: before } = value;
  if (!mask || !data) return value;
  const kept = mask.map((m, i) => Number(m !== 0 && before?.[i] !== 0));
  if (!(data instanceof Float32Array)) return { ...value, mask: kept };
  return { ...value, data: data.map((x, i) => (kept[i] === 1 ? x : 0)), mask: kept };
}

/** PyTorch's `torch.nn.utils.prune` writes a weight as NAME_orig · NAME_mask: the weight, if the two operands are these. */
export function prunedWeight(a: Value, b: Value): Value | undefined {
  const [weight, mask] = a.origin?.endsWith('_orig') === true ? [a, b] : [b, a];
  const name = weight.origin?.replace(/_orig$/, '');
  if (name === undefined || name === weight.origin || mask.origin !== `${name}_mask`) return undefined;
  const kept = mask.data && sameShape(mask.type.shape, weight.type.shape) ? asMask(mask.data) : undefined;
  return kept && weight.data instanceof Float32Array ? { ...masked(weight, kept), origin: name } : undefined;
}
