/** Orders of axes through a reshape. */
import type { Shape } from '../../src/tensor/type.ts';
import type { Perm } from './roots.ts';

/** Neighbouring axes of one shape that are, together, neighbouring axes of another. */
export interface Block {
  readonly from: readonly number[];
  readonly to: readonly number[];
}

/**
 * The order that the axes of a result have when the operand of a reshape is transposed by `perm`, if a reshape can
 * still make it: where axes that are joined or split stay together.
 */
export function throughReshape(from: Shape, to: Shape, perm: Perm): Perm | undefined {
  const order = perm.filter((axis) => from[axis] > 1);
  const blocks = blocksOf(from, to);
  const start = ({ from: [first] }: Block): number => order.indexOf(first);
  if (blocks.some((b) => b.from.some((axis, i) => order[start(b) + i] !== axis))) return undefined;
  const long = blocks.toSorted((a, b) => start(a) - start(b)).flatMap((b) => b.to);
  return withOnes(long, to);
}

export function blocksOf(from: Shape, to: Shape): readonly Block[] {
  const long = (shape: Shape): number[] => shape.flatMap((size, axis) => (size > 1 ? [axis] : []));
  const [left, right] = [long(from), long(to)];
  const blocks: Block[] = [];
  while (left.length > 0 && right.length > 0) {
    const block = { from: left.splice(0, 1), to: right.splice(0, 1) };
    let [a, b] = [from[block.from[0]], to[block.to[0]]];
    while (a !== b) {
      const side = a < b ? block.from : block.to;
      const next = (a < b ? left : right).shift();
      if (next === undefined) return blocks;
      side.push(next);
      if (a < b) a *= from[next];
      else b *= to[next];
    }
    blocks.push(block);
  }
  return blocks;
}

/** Axes of size one go where the longer axis goes that comes after them, and those in front stay there. */
function withOnes(long: readonly number[], shape: Shape): Perm {
  const [first, last] = [Math.min(...long), Math.max(...long)];
  const axes = [...shape.keys()];
  const before = (axis: number): readonly number[] => {
    const ones: number[] = [];
    for (let at = axis - 1; at > first && shape[at] === 1; at--) ones.unshift(at);
    return ones;
  };
  const order = long.flatMap((axis) => [...before(axis), axis, ...(axis === last ? axes.slice(last + 1) : [])]);
  return [...axes.filter((axis) => axis < first), ...order];
}
