/**
 * Convolutions and dense layers as products on tensor cores, in numbers of fewer bits: all weights, half of every few (2:4), whole
 * tiles, or what is left of columns that rows share (V:N:M). Which way is best is estimated; small layers of 2:4 weights stay dense.
 */
import type { Kernel } from '../../../src/plan/kernel.ts';
import { endingOf } from '../ending.ts';
import type { Choose } from '../tensor/calls.ts';
import { best, callsFor } from '../tensor/calls.ts';
import type { Element } from '../tensor/elements.ts';
import { tensorLayers } from '../tensor/layer.ts';
import type { Common } from '../tensor/ways.ts';

export const tensorKernel = (element: Element, common: Common, choose: Choose = best): Kernel => ({
  name: 'tensor',
  doc: `products on tensor cores, in ${element.name}`,

  pieces: true,

  match(site) {
    const layers = tensorLayers(site, element);
    if (typeof layers === 'string') return layers;
    const calls = callsFor(site, layers, endingOf(site), { element, common, choose });
    return typeof calls === 'string' ? calls : { calls };
  },
});
