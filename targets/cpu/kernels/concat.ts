/** Values one after the other, where along the axis they lie in blocks: plain values, and the channels of panels. */
import type { Kernel } from '../../../src/plan/kernel.ts';
import type { Rows } from '../blocks.ts';
import { copyBlocks, leastBlock, rowsAlong } from '../blocks.ts';

export const concat: Kernel = {
  name: 'concat',
  doc: 'values joined by copying blocks',

  match({ call: { op }, types, arrays, result }) {
    if (op.kind !== 'concat') return 'not a concatenation';
    const into = rowsAlong(result.type, op.axis);
    const names = Array.from({ length: op.count }, (_, i) => `x${i}`);
    const parts = names.map((name) => rowsAlong(types[name], op.axis));
    if (!into || !parts.every((part): part is Rows => part !== undefined && part.step === into.step))
      return 'the values are not laid out alike, in blocks along the axis';
    if (parts.some(({ length }) => length < leastBlock)) return `there are blocks of less than ${leastBlock} numbers`;
    let first = 0;
    return {
      calls: names.map((name, i) => {
        const { count, length } = parts[i];
        const to = { y: result.array, yFirst: first, yStep: into.length };
        first += length;
        return copyBlocks({ count, length }, { x: arrays[name], xStep: length }, to);
      }),
    };
  },
};
