/** Parts of values along one axis, where along it values lie in blocks: plain values, and the channels of panels. */
import type { Kernel } from '../../../src/plan/kernel.ts';
import { copyBlocks, leastBlock, rowsAlong } from '../blocks.ts';

export const slice: Kernel = {
  name: 'slice',
  doc: 'neighbouring elements along one axis, by copying blocks',

  match({ call: { op }, types: { x }, arrays, result: { type, array } }) {
    if (op.kind !== 'slice') return 'not a slice';
    const axes = type.shape.flatMap((size, axis) => (size !== x.shape[axis] || op.step[axis] !== 1 ? [axis] : []));
    const axis = axes[0] ?? 0;
    if (axes.length > 1 || op.step[axis] !== 1) return 'not neighbours along one axis';
    const [from, to] = [rowsAlong(x, axis), rowsAlong(type, axis)];
    if (!from || !to || from.step !== to.step) return 'the values are not laid out alike, in blocks along the axis';
    if (to.length < leastBlock) return `there are blocks of less than ${leastBlock} numbers`;
    const first = { x: arrays.x, xFirst: op.begin[axis] * from.step, xStep: from.length };
    return { calls: [copyBlocks(to, first, { y: array, yStep: to.length })] };
  },
};
