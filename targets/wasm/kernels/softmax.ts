/** Softmax along the last axis of plain values. */
import type { Kernel, Routine } from '../../../src/plan/kernel.ts';
import { elements } from '../../../src/tensor/type.ts';
import { math } from '../math.ts';
import { sum4 } from './sum4.ts';

export const softmax: Kernel = {
  name: 'softmax',
  doc: 'softmax along the last axis',

  match({ call: { op }, types: { x }, arrays, result: { type, array } }) {
    if (op.kind !== 'softmax') return 'not a softmax';
    if (x.layout.kind !== 'plain' || type.layout.kind !== 'plain') return 'does not go from plain to plain';
    if (elements(type.shape.slice(op.axis + 1)) !== 1) return 'is not along the last axis';
    const n = type.shape[op.axis];
    return { calls: [{ routine, args: [arrays.x, array, array.length / n, n] }] };
  },
};

const routine: Routine = {
  name: 'softmax-rows',
  template: 'wasm/kernels/softmax-rows.wat.hbs',
  view: {},
  needs: [math.exp4, sum4],
};
