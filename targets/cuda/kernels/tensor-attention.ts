/**
 * Attention in one pass over keys, on tensor cores (Dao, FlashAttention-2, arXiv:2307.08691): scores and sums of values stay in the
 * registers of the warp that has their queries. Wide heads are products of matrices with a softmax between.
 */
import type { Kernel, KernelSite, RoutineCall } from '../../../src/plan/kernel.ts';
import type { AttentionSides, Side } from '../../gpu/products.ts';
import { attentionOf } from '../../gpu/products.ts';
import { h100 } from '../devices.ts';
import { callOf, real, result as written } from '../kernel.ts';
import { mostGroups } from '../product.ts';
import { scoreOf, sidesTold } from '../scores.ts';
import type { AttentionTile } from '../tensor/attention-tiles.ts';
import { attentionTileFor } from '../tensor/attention-tiles.ts';
import type { Element } from '../tensor/elements.ts';
import { tensorProductCall, tileFor } from '../tensor/matrices.ts';
import { inWord, packOf } from '../tensor/narrowing.ts';
import { loadMatrices, loadMatricesTurned, multiplyDense } from '../tensor/product.ts';
import { anew, tileCopies } from '../tensor/tile-copies.ts';
import { withSoftmax } from './attention.ts';

/** `choose`: how heads are cut; the best unless a test wants another. */
export const tensorAttention = (element: Element, choose = attentionTileFor, device = h100): Kernel => ({
  name: 'tensor-attention',
  doc: `attention in one pass over keys, on tensor cores in ${element.name}`,

  match(site) {
    const sides = attentionOf(site);
    if (typeof sides === 'string') return sides;
    const tile = choose(sides, element, device);
    if (tile && sides.outer * sides.heads <= mostGroups) return { calls: [fusedCall(site, sides, tile, element)] };
    return withSoftmax(site, sides, (product, finish) =>
      tensorProductCall(product, element, finish, tileFor(product, device)),
    );
  },
});

function fusedCall(site: KernelSite, sides: AttentionSides, tile: AttentionTile, element: Element): RoutineCall {
  const { q, k, v, result, queries, outer, heads } = sides;
  const { name: type } = element;
  const { deep, wide, keys, warps, tiles } = tile;
  const threads = 32 * warps;
  const finish = scoreOf(site, sides, 'sums[i][j][e]');
  const words = (numbers: number): number => numbers / inWord(element);
  const aligned = ({ outer, head, down }: Side, count: number): boolean =>
    [outer, head, down, count].every((n) => n % 4 === 0);
  const [kAligned, vAligned] = [aligned(k, sides.deep), aligned(v, sides.wide)];
  return callOf({
    name: [
      ...['tensor-attention', type, `${16 * tiles * warps}x${keys}`, `${deep}x${wide}`],
      ...[...(kAligned && vAligned ? [] : [`ragged${kAligned ? '-v' : vAligned ? '-k' : ''}`]), finish.kind],
    ].join('-'),
    template: 'tensor/attention',
    view: {
      ...{ type, inWord: inWord(element), tiles, keys, queries: 16 * tiles * warps },
      ...{ deepWords: words(deep), wideWords: words(wide), kAligned, vAligned, score: finish.text },
      ...{ kFours: Math.ceil((keys * deep) / 4 / threads), vFours: Math.ceil((keys * wide) / 4 / threads) },
    },
    needs: [
      ...[anew, packOf(element), tileCopies('lines', element), loadMatrices, multiplyDense(element)],
      {
        name: `times-values-${type}`,
        template: `cuda/kernels/tensor/times-values-${element.bytes === 2 ? 'halves' : 'words'}.cu.hbs`,
        view: { type },
        needs: [...(element.bytes === 2 ? [loadMatricesTurned] : []), multiplyDense(element), packOf(element)],
      },
    ],
    parameters: [
      ...[real('q', q.array), real('k', k.array), real('v', v.array), written('result', result.array)],
      ...sidesTold(sides),
      ...finish.parameters,
    ],
    ...{ groups: [Math.ceil(queries / (16 * tiles * warps)), outer * heads], threads },
  });
}
