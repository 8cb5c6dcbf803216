/** Products of matrices that are computed, on tensor cores. */
import type { Kernel } from '../../../src/plan/kernel.ts';
import { matmulOf } from '../../gpu/products.ts';
import { h100 } from '../devices.ts';
import type { Element } from '../tensor/elements.ts';
import { tensorProductCall, tileFor } from '../tensor/matrices.ts';

/** `choose`: the tile of a product; the best unless a test wants another. */
export const tensorMatmul = (element: Element, choose = tileFor, device = h100): Kernel => ({
  name: 'tensor-matmul',
  doc: `products of matrices that are computed, on tensor cores in ${element.name}`,

  match(site) {
    const product = matmulOf(site);
    if (typeof product === 'string') return product;
    const call = tensorProductCall(product, element, undefined, choose(product, device));
    return typeof call === 'string' ? call : { calls: [call] };
  },
});
