/**
 * Attention in one pass over keys (Dao et al., FlashAttention, arXiv:2205.14135): a block has 64 queries of a head, and brings 64 keys and their
 * values at a time; sums shrink where a larger score comes, so that no score is ever held in memory. Heads with wide values
 * are products of matrices with a softmax between.
 */
import type { Kernel, KernelMatch, KernelSite, RoutineCall } from '../../../src/plan/kernel.ts';
import type { AttentionSides, Product } from '../../gpu/products.ts';
import { attentionOf, productsOf } from '../../gpu/products.ts';
import { callOf, real, result as written } from '../kernel.ts';
import type { Finish } from '../product.ts';
import { mostGroups, productCall } from '../product.ts';
import { scoreOf, sidesTold } from '../scores.ts';
import { softmaxCalls } from './softmax.ts';

export const attention: Kernel = {
  name: 'attention',
  doc: 'attention in one pass over keys, in tiles of 64 by 64 of f32',

  match(site) {
    const sides = attentionOf(site);
    if (typeof sides === 'string') return sides;
    const fused = fusedCall(site, sides);
    return fused ? { calls: [fused] } : withSoftmax(site, sides, productCall);
  },
};

/** Products of matrices, with a softmax between. */
export function withSoftmax(
  site: KernelSite,
  sides: AttentionSides,
  times: (product: Product, finish?: Finish) => RoutineCall | string,
): KernelMatch | string {
  const parts = productsOf(site, sides);
  if (typeof parts === 'string') return parts;
  const { scores, lines } = parts;
  const first = times(parts.first, scoreOf(site, sides, 'sum'));
  const second = times(parts.second);
  if (typeof first === 'string') return first;
  if (typeof second === 'string') return second;
  return { calls: [first, ...softmaxCalls(site, scores, scores, lines), second] };
}

/** Queries of a block. */
const tile = 64;

/** Numbers of a value that threads hold sums of in registers. */
const mostWide = 128;

/** Undefined where values are too wide for it, or products too many. */
function fusedCall(site: KernelSite, sides: AttentionSides): RoutineCall | undefined {
  const { q, k, v, result, queries, wide, outer, heads } = sides;
  if (wide > mostWide || outer * heads > mostGroups) return undefined;
  const fours = Math.ceil(wide / tile);
  const finish = scoreOf(site, sides, 'sums[y][x]');
  return callOf({
    name: `attention-${fours * tile}-${finish.kind}`,
    template: 'attention',
    view: { columns: 4 * fours, wide: fours * tile, pitch: fours * tile + 4, score: finish.text },
    parameters: [
      ...[real('q', q.array), real('k', k.array), real('v', v.array), written('result', result.array)],
      ...sidesTold(sides),
      ...finish.parameters,
    ],
    ...{ groups: [Math.ceil(queries / tile), outer * heads], threads: 256 },
  });
}
