/** What becomes of a score of attention: its scale, and what hides some. */
import type { KernelSite } from '../../src/plan/kernel.ts';
import type { AttentionSides, Side } from '../gpu/products.ts';
import type { Parameter } from './kernel.ts';
import { real, whole } from './kernel.ts';
import type { Finish } from './product.ts';

/** `sum` is C++ of the product of a query and a key, of `outer`, `head`, `row` and `column`. */
export function scoreOf(site: KernelSite, { scale, mask }: AttentionSides, sum: string): Finish {
  const factor = { declare: 'float scale', argument: { f32: scale } };
  if (!mask) return { kind: 'scaled', parameters: [factor], text: `${sum} * scale` };
  const steps = ['outer', 'head', 'down', 'across'].map((step, i) => whole(`mask_${step}`, mask[i]));
  return {
    kind: 'masked',
    parameters: [factor, real('mask', site.arrays.mask), ...steps],
    text: `${sum} * scale + mask[outer * mask_outer + head * mask_head + row * mask_down + column * mask_across]`,
  };
}

/** Where queries, keys, values and results lie, and how many there are. */
export function sidesTold({ q, k, v, result, queries, keys, deep, wide, heads }: AttentionSides): readonly Parameter[] {
  const steps = (name: string, side: Pick<Side, 'outer' | 'head' | 'down'>): readonly Parameter[] =>
    (['outer', 'head', 'down'] as const).map((step) => whole(`${name}_${step}`, side[step]));
  return [
    ...[...steps('q', q), ...steps('k', k), ...steps('v', v), ...steps('to', result)],
    ...Object.entries({ rows: queries, keys, deep, wide, heads }).map(([name, size]) => whole(name, size)),
  ];
}
