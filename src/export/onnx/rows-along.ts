/** Along some axes: totals, softmax, the largest elements, borders. */
import type { Pad } from '../../ops/pad.ts';
import type { Reduce } from '../../ops/reduce.ts';
import type { Softmax } from '../../ops/softmax.ts';
import type { TopK } from '../../ops/top-k.ts';
import type { Tensor } from './file.ts';
import { elementOf, int, ints, text } from './file.ts';
import type { Layer, Row } from './layer.ts';
import { asItLies, held, list, number, same } from './layer.ts';
import { reordered, sameOrder } from './order.ts';

const totals: Readonly<Record<Reduce['fn'], string>> = {
  sum: 'ReduceSum',
  mean: 'ReduceMean',
  max: 'ReduceMax',
  min: 'ReduceMin',
  prod: 'ReduceProd',
};

/** Axes became an operand: of sums in set 13, of the others in set 18. */
export function total(l: Layer, fn: Reduce['fn'], x: Tensor, axes: readonly number[], keep: boolean): Tensor {
  const asOperand = fn === 'sum' || l.opset >= 18;
  return l.node(totals[fn], asOperand ? [x, list(l, axes, 'axes')] : [x], {
    ...(!asOperand && { axes: ints(axes) }),
    keepdims: int(Number(keep)),
  });
}

export const reduce: Row<Reduce> = ({ fn, axes, keep }, l) => {
  if (axes.length === 0) return same(l, 'x');
  const { tensor, order } = asItLies(l, 'x');
  const places = axes.map((axis) => order.indexOf(axis)).sort((a, b) => a - b);
  const result = (): Tensor => total(l, fn, tensor, places, keep);
  if (fn === 'mean' && keep && order.length === 4 && sameOrder(places, [2, 3]))
    return held(l, l.node('GlobalAveragePool', [tensor]), order);
  if (keep) return held(l, result(), order);
  const left = order.filter((axis) => !axes.includes(axis));
  const sorted = left.toSorted((a, b) => a - b);
  return held(
    l,
    result(),
    left.map((axis) => sorted.indexOf(axis)),
  );
};

export const softmax: Row<Softmax> = ({ axis }, l) => {
  const { tensor, order } = asItLies(l, 'x');
  return held(l, l.node('Softmax', [tensor], { axis: int(order.indexOf(axis)) }), order);
};

export const topK: Row<TopK> = ({ k, output }, l) => {
  const { tensor, order } = asItLies(l, 'x');
  const attributes = { axis: int(order.indexOf(order.length - 1)), largest: int(1), sorted: int(1) };
  const [values, indices] = l.nodes('TopK', [tensor, list(l, [k], 'k')], attributes, 2);
  return output === 'values' ? held(l, values, order) : { tensor: indices, order, element: 'int64' };
};

export const pad: Row<Pad> = ({ before, after, mode, value }, l) => {
  if ([...before, ...after].every((length) => length === 0)) return same(l, 'x');
  const { tensor, order } = asItLies(l, 'x');
  if (mode === 'symmetric') {
    const axes = before.flatMap((_, axis) => (before[axis] + after[axis] > 0 ? [axis] : []));
    const mirrored = axes.reduce(
      (x, axis) => mirror(l, x, order.indexOf(axis), l.types.x.shape[axis], before[axis], after[axis]),
      tensor,
    );
    return held(l, mirrored, order);
  }
  const borders = list(l, [...reordered(before, order), ...reordered(after, order)], 'pads');
  const filled = mode === 'constant' && value !== 0 ? [number(l, value, elementOf[l.type.dtype])] : [];
  return held(l, l.node('Pad', [tensor, borders, ...filled], { mode: text(mode) }), order);
};

/** Borders that mirror what is inside, the outermost element included: ONNX has those only without it. */
function mirror(l: Layer, x: Tensor, axis: number, size: number, before: number, after: number): Tensor {
  const backwards = (from: number, count: number): readonly Tensor[] => {
    if (count === 0) return [];
    const end = from - count < 0 ? -size - 1 : from - count;
    const numbers = { starts: [from], ends: [end], axes: [axis], steps: [-1] };
    return [l.node('Slice', [x, ...Object.entries(numbers).map(([name, value]) => list(l, value, name))])];
  };
  return l.node('Concat', [...backwards(before - 1, before), x, ...backwards(size - 1, after)], { axis: int(axis) });
}
