/** Which results are quantised numbers, as far as calls and known operands tell. */
import type { Op } from '../ops/index.ts';
import type { Numbers } from '../tensor/numbers.ts';
import type { Quantity } from '../tensor/quantity.ts';
import {
  farthest,
  quantityFault,
  reshapedQuantity,
  runsAlong,
  transposedQuantity,
  withQuantity,
} from '../tensor/quantity.ts';
import type { Shape, TensorType } from '../tensor/type.ts';

/** An operand, with its data where it is known. */
export interface Operand {
  readonly type: TensorType;
  readonly data?: Numbers;
}

/** The type of a result, with the quantity that the call gives it. Real numbers have one only where all is known. */
export function quantified(type: TensorType, op: Op, inputs: readonly Operand[]): TensorType {
  const quantity = quantityAfter(op, inputs, type.shape);
  const known = inputs.every(({ data }) => data);
  return withQuantity(type, type.dtype === 'f32' && !known ? undefined : quantity);
}

function quantityAfter(op: Op, inputs: readonly Operand[], shape: Shape): Quantity | undefined {
  const [x] = inputs;
  switch (op.kind) {
    case 'reshape':
      return x.type.quantity && reshapedQuantity(x.type.quantity, x.type.shape, shape);
    case 'transpose':
      return x.type.quantity && transposedQuantity(x.type.quantity, op.perm);
    case 'relayout':
      return x.type.quantity;
    case 'quantize':
      return given(op.axis, inputs, shape);
    case 'dequantize': {
      const quantity = given(op.axis, inputs, shape);
      return quantity && x.data && isNear(x.data, quantity, shape) ? quantity : undefined;
    }
    default:
      return undefined;
  }
}

/** The quantity that operands say, where they are known and make sense. */
function given(axis: number, [, scale, zero]: readonly Operand[], shape: Shape): Quantity | undefined {
  if (!scale.data || !zero.data) return undefined;
  const quantity = { scale: Array.from(scale.data), zero: Array.from(zero.data), axis };
  return quantityFault(quantity, shape) === undefined ? quantity : undefined;
}

/** Scales with which every whole number within reach gives a product that f32 holds to its last digit. */
const [least, most] = [2 ** -126, 2 ** 100];

/** Whether every whole number is one that f32 tells from its neighbours, scaled. */
function isNear(wholes: Numbers, quantity: Quantity, shape: Shape): boolean {
  const { scale, zero } = quantity;
  if (!scale.every((s) => s >= least && s <= most)) return false;
  for (const { pair, from, to } of runsAlong(quantity.axis, shape)) {
    const [low, high] = [zero[pair] - farthest, zero[pair] + farthest];
    for (let i = from; i < to; i++) if (wholes[i] < low || wholes[i] > high) return false;
  }
  return true;
}
