/** The largest elements of every row, or where they are, in one pass over it. */
import type { Kernel } from '../../../src/plan/kernel.ts';
import { elements } from '../../../src/tensor/type.ts';
import { vector } from '../panels.ts';
import type { CpuRoutine } from '../routine.ts';
import { call } from '../routine.ts';

export const topK: Kernel = {
  name: 'top-k',
  doc: 'the largest elements of plain rows, kept in order while a row is read once',
  integers: true,

  match({ call: { op }, types: { x }, arrays, result: { type, array }, scratch }) {
    if (op.kind !== 'top-k') return 'does not look for the largest';
    if (x.dtype !== 'f32') return 'not of f32';
    if (x.layout.kind !== 'plain' || type.layout.kind !== 'plain') return 'not plain';
    const { k, output } = op;
    const size = x.shape[x.shape.length - 1];
    const found = output === 'indices' ? { indices: array } : { values: array, indices: scratch('indices', 'i32', k) };
    const ranks = scratch('ranks', 'f32', k);
    return {
      calls: [
        call(routine, {
          values: 0,
          ...found,
          x: arrays.x,
          ranks,
          rows: elements(x.shape) / size,
          size,
          k,
          kept: output === 'indices' ? k : 0,
        }),
      ],
    };
  },
};

const members = 'x values ranks indices rows size k kept' as const;

const routine: CpuRoutine<typeof members> = {
  name: 'top-k',
  template: 'cpu/kernels/top-k.c.hbs',
  view: {},
  needs: [vector],
  struct: 'top_k',
  members,
};
