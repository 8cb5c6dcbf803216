/** Attention: products of queries and keys, softmax along the keys, and products of these shares and the values. */
import type { Kernel, KernelSite } from '../../../src/plan/kernel.ts';
import type { AttentionProducts } from '../../gpu/products.ts';
import { attentionOf } from '../../gpu/products.ts';
import { real, whole } from '../kernel.ts';
import type { Finish } from '../product.ts';
import { productCall } from '../product.ts';
import { softmaxCall } from './softmax.ts';

export const attention: Kernel = {
  name: 'attention',
  doc: 'products of queries and keys, softmax, and products with the values, in tiles of f32',

  match(site) {
    const parts = attentionOf(site);
    if (typeof parts === 'string') return parts;
    const { scores, lines } = parts;
    const first = productCall(parts.first, scaled(site, parts));
    const second = productCall(parts.second);
    if (typeof first === 'string') return first;
    if (typeof second === 'string') return second;
    return { calls: [first, softmaxCall(scores, scores, lines), second] };
  },
};

/** Scores with their scale, and what hides some of them. */
function scaled(site: KernelSite, { scale, mask }: AttentionProducts): Finish {
  const factor = { declare: 'float scale', argument: { f32: scale } };
  if (!mask) return { kind: 'scaled', parameters: [factor], text: 'sum * scale' };
  const steps = ['outer', 'head', 'down', 'across'].map((step, i) => whole(`mask_${step}`, mask[i]));
  return {
    kind: 'masked',
    parameters: [factor, real('mask', site.arrays.mask), ...steps],
    text: 'sum * scale + mask[outer * mask_outer + head * mask_head + row * mask_down + column * mask_across]',
  };
}
