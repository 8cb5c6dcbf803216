/** Convolutions and dense layers of whole numbers on tensor cores, where weights and what they are multiplied with have 8 bits: the same to the last bit. */
import type { Bounds } from '../../../src/graph/bounds.ts';
import type { Kernel } from '../../../src/plan/kernel.ts';
import type { Ending } from '../ending.ts';
import type { Choose, Common } from '../tensor/calls.ts';
import { best, callsFor } from '../tensor/calls.ts';
import type { Element } from '../tensor/elements.ts';
import { elements } from '../tensor/elements.ts';
import { tensorLayers } from '../tensor/layer.ts';

export const tensorWholeKernel = (common: Common, choose: Choose = best): Kernel => ({
  name: 'tensor-whole',
  doc: 'products of whole numbers of 8 bits on tensor cores',
  integers: true,

  match(site) {
    const { call, types, arrays, result } = site;
    const { op } = call;
    if (result.type.dtype !== 'i32' || types.x?.dtype !== 'i32') return 'takes whole numbers';
    const isRectified = 'activation' in op && op.activation === 'relu';
    if ('activation' in op && op.activation !== 'none' && !isRectified) return 'takes no activation but "relu"';
    if (types.residual) return 'takes no residual';
    const bounds = site.bounds('x');
    if (!bounds) return 'takes what is known to have 8 bits';
    const element = elementFor(bounds);
    if (!element) return `takes 8 bits, and is given ${bounds.low} to ${bounds.high}`;
    const layers = tensorLayers(site, element, fewest);
    if (typeof layers === 'string') return layers;
    const ending: Ending = {
      kind: isRectified ? 'whole-relu' : 'whole',
      parameters: [{ declare: 'const int *__restrict__ bias', argument: arrays.bias }],
      result: (sum, row) => {
        const added = `wrap_add(${sum}, bias[${row}])`;
        return isRectified ? `max(${added}, 0)` : added;
      },
      needs: [],
    };
    const calls = callsFor(site, layers, ending, element, common, choose);
    return typeof calls === 'string' ? calls : { calls };
  },
});

/** Loops are all that there is for smaller ones. */
const fewest = { pixels: 1, rows: 4, columns: 4 };

/** With signs, or without; none where neither does. */
function elementFor({ low, high }: Bounds): Element | undefined {
  if (low >= -128 && high <= 127) return elements.s8;
  return low >= 0 && high <= 255 ? elements.u8 : undefined;
}
