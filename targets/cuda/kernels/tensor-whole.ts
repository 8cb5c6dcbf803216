/** Convolutions and dense layers of whole numbers on tensor cores, where weights and what they are multiplied with have 8 bits: the same to the last bit. */
import type { Kernel } from '../../../src/plan/kernel.ts';
import type { Ending } from '../ending.ts';
import type { Choose } from '../tensor/calls.ts';
import { best, callsFor } from '../tensor/calls.ts';
import { tensorLayers } from '../tensor/layer.ts';
import { fewestWhole, wholeElement } from '../tensor/predict.ts';
import type { Common } from '../tensor/ways.ts';

export const tensorWholeKernel = (common: Common, choose: Choose = best): Kernel => ({
  name: 'tensor-whole',
  doc: 'products of whole numbers of 8 bits on tensor cores',
  integers: true,
  pieces: true,

  match(site) {
    const { call, types, arrays } = site;
    const element = wholeElement(call, types, site.bounds('x'));
    if (typeof element === 'string') return element;
    const layers = tensorLayers(site, element, fewestWhole);
    if (typeof layers === 'string') return layers;
    const isRectified = 'activation' in call.op && call.op.activation === 'relu';
    const ending: Ending = {
      kind: isRectified ? 'whole-relu' : 'whole',
      parameters: [{ declare: 'const int *__restrict__ bias', argument: arrays.bias }],
      result: (sum, row) => {
        const added = `wrap_add(${sum}, bias[${row}])`;
        return isRectified ? `max(${added}, 0)` : added;
      },
      needs: [],
    };
    const calls = callsFor(site, layers, ending, { element, common, choose, least: fewestWhole });
    return typeof calls === 'string' ? calls : { calls };
  },
});
