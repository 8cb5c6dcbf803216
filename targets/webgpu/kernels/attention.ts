/** Attention: products of queries and keys, softmax along the keys, and products of these shares and the values. */
import type { Kernel, KernelSite } from '../../../src/plan/kernel.ts';
import type { AttentionSides } from '../../gpu/products.ts';
import { attentionOf, productsOf } from '../../gpu/products.ts';
import type { Finish } from './product.ts';
import { bufferOf, productCall } from './product.ts';
import { softmaxCall } from './softmax.ts';

export const attention: Kernel = {
  name: 'attention',
  doc: 'products of queries and keys, softmax, and products with the values, in tiles of 32 by 32',

  match(site) {
    const sides = attentionOf(site);
    if (typeof sides === 'string') return sides;
    const parts = productsOf(site, sides);
    if (typeof parts === 'string') return parts;
    const { scores, lines } = parts;
    const first = productCall(site, parts.first, scaled(site, sides));
    const second = productCall(site, parts.second);
    if (typeof first === 'string') return first;
    if (typeof second === 'string') return second;
    return { calls: [first, softmaxCall(scores, scores, lines), second] };
  },
};

/** Scores with their scale, and what hides some of them. */
function scaled(site: KernelSite, { scale, mask }: AttentionSides): Finish {
  const factor = { f32: scale };
  if (!mask) return { kind: 'scaled', names: ['scale'], args: [factor], text: 'sum * bitcast<f32>(scale)' };
  const from = bufferOf(site, 'mask');
  return {
    kind: `masked-${from}`,
    names: ['scale', 'mask', 'mask_outer', 'mask_head', 'mask_down', 'mask_across'],
    args: [factor, site.arrays.mask, ...mask],
    text: `sum * bitcast<f32>(scale) + bitcast<f32>(${from}[mask + outer * mask_outer + head * mask_head + row * mask_down + column * mask_across])`,
  };
}
