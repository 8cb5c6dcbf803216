/** Layer normalisation of plain values, a row after the other. */
import type { Kernel, Routine } from '../../../src/plan/kernel.ts';
import { sum4 } from './sum4.ts';

export const layerNorm: Kernel = {
  name: 'layer-norm',
  doc: 'layer normalisation',

  match({ call: { op }, types: { x }, arrays, result }) {
    if (op.kind !== 'layer-norm') return 'not a layer normalisation';
    if (x.layout.kind !== 'plain' || result.type.layout.kind !== 'plain') return 'does not go from plain to plain';
    const { scale, offset } = arrays;
    const n = scale.length;
    const args = [arrays.x, result.array, scale, offset, arrays.x.length / n, n, { f32: op.epsilon }];
    return { calls: [{ routine, args }] };
  },
};

const routine: Routine = {
  name: 'layer-norm',
  template: 'wasm/kernels/layer-norm.wat.hbs',
  view: {},
  needs: [sum4],
};
