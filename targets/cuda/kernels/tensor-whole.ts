/** Convolutions and dense layers of whole numbers on tensor cores, where weights and what they are multiplied with have 8 bits: the same to the last bit. */
import type { Kernel } from '../../../src/plan/kernel.ts';
import type { Ending } from '../ending.ts';
import type { Choose, Common } from '../tensor/calls.ts';
import { best, callsFor } from '../tensor/calls.ts';
import { elements } from '../tensor/elements.ts';
import { tensorLayer } from '../tensor/layer.ts';

export const tensorWholeKernel = (common: Common, choose: Choose = best): Kernel => ({
  name: 'tensor-whole',
  doc: 'products of whole numbers of 8 bits on tensor cores',
  integers: true,

  match(site) {
    const { call, types, arrays, result } = site;
    const { op } = call;
    if (result.type.dtype !== 'i32' || types.x?.dtype !== 'i32') return 'takes whole numbers';
    if ('activation' in op && op.activation !== 'none') return 'takes no activation';
    if (types.residual) return 'takes no residual';
    const bounds = site.bounds('x');
    if (!bounds) return 'takes what is known to have 8 bits';
    if (bounds.low < -128 || bounds.high > 127) return `takes 8 bits, and is given ${bounds.low} to ${bounds.high}`;
    const layer = tensorLayer(site, elements.s8);
    if (typeof layer === 'string') return layer;
    const ending: Ending = {
      kind: 'whole',
      parameters: [{ declare: 'const int *__restrict__ bias', argument: arrays.bias }],
      result: (sum, row) => `wrap_add(${sum}, bias[${row}])`,
      needs: [],
    };
    const calls = callsFor(site, layer, ending, elements.s8, common, choose);
    return typeof calls === 'string' ? calls : { calls };
  },
});
