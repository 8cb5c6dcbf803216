/**
 * Attention in one pass over keys (Dao et al., FlashAttention, arXiv:2205.14135): a block has 64 queries of a head, and brings 64 keys and their
 * values at a time; sums shrink where a larger score comes, so that no score is ever held in memory. Heads with wide values
 * are products of matrices with a softmax between.
 */
import type { Kernel, KernelSite, RoutineCall } from '../../../src/plan/kernel.ts';
import type { AttentionSides, Side } from '../../gpu/products.ts';
import { attentionOf, productsOf } from '../../gpu/products.ts';
import type { Parameter } from '../kernel.ts';
import { callOf, real, whole, result as written } from '../kernel.ts';
import type { Finish } from '../product.ts';
import { productCall } from '../product.ts';
import { softmaxCall } from './softmax.ts';

export const attention: Kernel = {
  name: 'attention',
  doc: 'attention in one pass over keys, in tiles of 64 by 64 of f32',

  match(site) {
    const sides = attentionOf(site);
    if (typeof sides === 'string') return sides;
    const fused = fusedCall(site, sides);
    if (fused) return { calls: [fused] };
    const parts = productsOf(site, sides);
    if (typeof parts === 'string') return parts;
    const { scores, lines } = parts;
    const first = productCall(parts.first, scaled(site, sides, 'sum'));
    const second = productCall(parts.second);
    if (typeof first === 'string') return first;
    if (typeof second === 'string') return second;
    return { calls: [first, softmaxCall(scores, scores, lines), second] };
  },
};

/** Queries of a block. */
const tile = 64;

/** Numbers of a value that threads hold sums of in registers. */
const mostWide = 128;

/** Along the second dimension of a grid. */
const mostGroups = 65535;

/** Undefined where values are too wide for it, or products too many. */
function fusedCall(site: KernelSite, sides: AttentionSides): RoutineCall | undefined {
  const { q, k, v, result, queries, keys, deep, wide, outer, heads } = sides;
  if (wide > mostWide || outer * heads > mostGroups) return undefined;
  const fours = Math.ceil(wide / tile);
  const finish = scaled(site, sides, 'sums[y][x]');
  const steps = (name: string, side: Pick<Side, 'outer' | 'head' | 'down'>): readonly Parameter[] =>
    (['outer', 'head', 'down'] as const).map((step) => whole(`${name}_${step}`, side[step]));
  return callOf({
    name: `attention-${fours * tile}-${finish.kind}`,
    template: 'attention',
    view: { columns: 4 * fours, wide: fours * tile, pitch: fours * tile + 4, score: finish.text },
    parameters: [
      ...[real('q', q.array), real('k', k.array), real('v', v.array), written('result', result.array)],
      ...[...steps('q', q), ...steps('k', k), ...steps('v', v), ...steps('to', result)],
      ...Object.entries({ rows: queries, keys, deep, wide, heads }).map(([name, size]) => whole(name, size)),
      ...finish.parameters,
    ],
    ...{ groups: [Math.ceil(queries / tile), outer * heads], threads: 256 },
  });
}

/** Scores with their scale, and what hides some of them. */
function scaled(site: KernelSite, { scale, mask }: AttentionSides, sum: string): Finish {
  const factor = { declare: 'float scale', argument: { f32: scale } };
  if (!mask) return { kind: 'scaled', parameters: [factor], text: `${sum} * scale` };
  const steps = ['outer', 'head', 'down', 'across'].map((step, i) => whole(`mask_${step}`, mask[i]));
  return {
    kind: 'masked',
    parameters: [factor, real('mask', site.arrays.mask), ...steps],
    text: `${sum} * scale + mask[outer * mask_outer + head * mask_head + row * mask_down + column * mask_across]`,
  };
}
