/** Softmax along the last axis of plain values. */
import type { Kernel } from '../../../src/plan/kernel.ts';
import { elements } from '../../../src/tensor/type.ts';
import { vector } from '../panels.ts';
import type { CpuRoutine } from '../routine.ts';
import { call } from '../routine.ts';

export const softmax: Kernel = {
  name: 'softmax',
  doc: 'softmax along the last axis, sixteen sums at a time',

  match({ call: { op }, types: { x }, arrays, result: { type, array } }) {
    if (op.kind !== 'softmax') return 'not a softmax';
    if (x.layout.kind !== 'plain' || type.layout.kind !== 'plain') return 'not plain';
    if (elements(type.shape.slice(op.axis + 1)) !== 1) return 'not along the last axis';
    const size = type.shape[op.axis];
    return { calls: [call(routine, { x: arrays.x, y: array, rows: elements(type.shape) / size, size })] };
  },
};

const members = 'x y rows size' as const;

const routine: CpuRoutine<typeof members> = {
  name: 'softmax-rows',
  template: 'cpu/kernels/softmax-rows.c.hbs',
  view: {},
  needs: [vector],
  struct: 'softmax_rows',
  members,
};
