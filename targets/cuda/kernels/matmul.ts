/** Products of matrices that are computed, in tiles of f32. */
import type { Kernel } from '../../../src/plan/kernel.ts';
import { matmulOf } from '../../gpu/products.ts';
import { productCall } from '../product.ts';

export const matmul: Kernel = {
  name: 'matmul',
  doc: 'products of matrices that are computed, in tiles of 64 by 64 of f32',

  match(site) {
    const product = matmulOf(site);
    if (typeof product === 'string') return product;
    const call = productCall(product);
    return typeof call === 'string' ? call : { calls: [call] };
  },
};
