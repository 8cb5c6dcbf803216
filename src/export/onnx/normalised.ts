/** Layer normalisation, which graphs have as arithmetic, as the operator that it is: (x − mean) / √(variance + ε), then scale and offset. */
import { sameShape } from '../../tensor/type.ts';
import type { Tensor } from './file.ts';
import { float, int } from './file.ts';
import type { Layer } from './layer.ts';

/** The operands of a node, if the tensor is made by one of the kind. */
const madeBy = (l: Layer, tensor: Tensor, opType: string): readonly Tensor[] | undefined => {
  const node = l.maker(tensor);
  return node?.opType === opType ? node.inputs : undefined;
};

/** How long the last axis of a tensor is: of the tensor, whose axes need not stand as those of the value do. */
const lastOf = (l: Layer, tensor: Tensor): number => l.sizeOf(tensor)?.at(-1) ?? 0;

/** The mean along the last axis, which stays: what it is the mean of. */
function averaged(l: Layer, tensor: Tensor): Tensor | undefined {
  const node = l.maker(tensor);
  const last = l.type.shape.length - 1;
  if (node?.opType !== 'ReduceMean' || node.attributes.keepdims?.i !== 1) return undefined;
  return sameShape(node.attributes.axes?.ints ?? [], [last]) ? node.inputs[0] : undefined;
}

/** More than any layer has, and few enough to write a 1 for each. */
const longest = 2 ** 16;

/** A quotient that ends a normalisation: what lies apart from the mean over the deviation `below`. */
export function normalised(l: Layer, apart: Tensor, below: Tensor): Tensor | undefined {
  const [x, mean] = madeBy(l, apart, 'Sub') ?? [];
  const [variance, epsilon] = madeBy(l, madeBy(l, below, 'Sqrt')?.[0] ?? '', 'Add') ?? [];
  const [a, b] = madeBy(l, averaged(l, variance ?? '') ?? '', 'Mul') ?? [];
  const small = l.numberOf(epsilon ?? '');
  if (x === undefined || averaged(l, mean) !== x || a !== apart || b !== apart || small === undefined) return undefined;
  const size = lastOf(l, apart);
  if (size === 0 || size > longest) return undefined;
  return l.node('LayerNormalization', [x, ones(l, size)], { axis: int(-1), epsilon: float(small) });
}

const ones = (l: Layer, size: number): Tensor => l.constant('float', [size], Array<number>(size).fill(1), 'ones');

/** A product that ends a normalisation, or that scales what is normalised. */
export function normalisedProduct(l: Layer, a: Tensor, b: Tensor): Tensor | undefined {
  const ended = madeBy(l, b, 'Reciprocal');
  if (ended) return normalised(l, a, ended[0]);
  const node = l.maker(a);
  if (node?.opType !== 'LayerNormalization' || node.inputs.length !== 2 || !isRow(l, b, lastOf(l, a))) return undefined;
  if (node.inputs[1] !== ones(l, lastOf(l, a))) return undefined;
  return l.node('LayerNormalization', [node.inputs[0], b], node.attributes);
}

/** A sum that offsets what is normalised. */
export function normalisedSum(l: Layer, a: Tensor, b: Tensor): Tensor | undefined {
  const node = l.maker(a);
  if (node?.opType !== 'LayerNormalization' || node.inputs.length !== 2 || !isRow(l, b, lastOf(l, a))) return undefined;
  return l.node('LayerNormalization', [...node.inputs, b], node.attributes);
}

/** A number for each index of the last axis, known. */
const isRow = (l: Layer, tensor: Tensor, size: number): boolean =>
  l.elementOf(tensor) === 'float' && sameShape(l.sizeOf(tensor) ?? [], [size]);
