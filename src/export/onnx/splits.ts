/** Reshapes seen as axes that are split and joined, so that those that are not keep their places whatever the order. */
import type { Shape } from '../../tensor/type.ts';
import type { Order } from './order.ts';
import { imageOrder, plainOrder, sameSequence } from './order.ts';

/** Axes longer than 1 that become others with as many elements: neighbours before and after. */
interface Block {
  readonly from: readonly number[];
  readonly to: readonly number[];
}

/** An order for what is reshaped, and the one of the result when its elements stay where they are. */
export interface Split {
  readonly from: Order;
  readonly to: Order;
}

/**
 * The orders that come closest to one of `side`: axes of a block stand together, and blocks stand as their first
 * axes do in that order.
 */
export function splitReshape(before: Shape, after: Shape, order: Order, side: 'operand' | 'result'): Split {
  const own = (block: Block): readonly number[] => (side === 'operand' ? block.from : block.to);
  const place = (block: Block): number => Math.min(...own(block).map((axis) => order.indexOf(axis)));
  const blocks = [...blocksOf(before, after)].sort((a, b) => place(a) - place(b));
  return {
    from: withUnits(
      blocks.flatMap((b) => b.from),
      before,
    ),
    to: withUnits(
      blocks.flatMap((b) => b.to),
      after,
    ),
  };
}

function blocksOf(before: Shape, after: Shape): readonly Block[] {
  const long = (shape: Shape): number[] => [...shape.keys()].filter((axis) => shape[axis] !== 1);
  const [left, right] = [long(before), long(after)];
  const blocks: Block[] = [];
  while (left.length > 0 || right.length > 0) {
    const block = { from: left.splice(0, 1), to: right.splice(0, 1) };
    let [a, b] = [before[block.from[0]] ?? 1, after[block.to[0]] ?? 1];
    while (a !== b) {
      const [list, more, shape] = a < b ? [left, block.from, before] : [right, block.to, after];
      const [axis] = list.splice(0, 1);
      more.push(axis);
      if (a < b) a *= shape[axis];
      else b *= shape[axis];
    }
    blocks.push(block);
  }
  return blocks;
}

/** With the axes of size 1 where they look best: as in plain order, as in pictures, or else after the axis before. */
function withUnits(axes: readonly number[], shape: Shape): Order {
  const plain = plainOrder(shape.length);
  const usual = [plain, ...(shape.length === 4 ? [imageOrder] : [])];
  const after = plain.reduce<readonly number[]>((order, axis) => {
    if (axes.includes(axis)) return order;
    const at = axis === 0 ? 0 : order.indexOf(axis - 1) + 1;
    return order.toSpliced(at, 0, axis);
  }, axes);
  return usual.find((order) => sameSequence(shape, order, after)) ?? after;
}
