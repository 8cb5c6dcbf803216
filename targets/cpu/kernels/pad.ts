/** Constant borders along one axis, where along it values lie in blocks: plain values, and the channels of panels. */
import type { Kernel } from '../../../src/plan/kernel.ts';
import { copyBlocks, fillBlocks, leastBlock, rowsAlong } from '../blocks.ts';

export const pad: Kernel = {
  name: 'pad',
  doc: 'constant borders along one axis, by copying blocks',

  match({ call: { op }, types: { x }, arrays, result: { type, array } }) {
    if (op.kind !== 'pad') return 'not a border';
    if (op.mode !== 'constant') return 'the border depends on the value';
    const axes = type.shape.flatMap((_, axis) => (op.before[axis] + op.after[axis] > 0 ? [axis] : []));
    if (axes.length !== 1) return 'not along one axis';
    const [axis] = axes;
    const [from, to] = [rowsAlong(x, axis), rowsAlong(type, axis)];
    if (!from || !to || from.step !== to.step) return 'the values are not laid out alike, in blocks along the axis';
    if (from.length < leastBlock) return `there are blocks of less than ${leastBlock} numbers`;
    const { count, length, step } = from;
    const [before, after] = [op.before[axis] * step, op.after[axis] * step];
    const border = (first: number, width: number) =>
      width === 0
        ? []
        : [fillBlocks({ count, length: width }, { y: array, yFirst: first, yStep: to.length }, op.value)];
    return {
      calls: [
        ...border(0, before),
        copyBlocks({ count, length }, { x: arrays.x, xStep: length }, { y: array, yFirst: before, yStep: to.length }),
        ...border(before + length, after),
      ],
    };
  },
};
