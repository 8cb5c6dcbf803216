/** How much each layer keeps of what a pattern is to keep of all of them. */
import type { Matrix } from '../tensor/matrix.ts';
import type { Shape } from '../tensor/type.ts';
import { elements } from '../tensor/type.ts';
import type { RankedPruner } from './pruner.ts';
import { keepHighest } from './ranking.ts';

/**
 *   layer    the same share of every layer
 *   global   the units with the highest scores of all layers together
 *   erk      densities that fall with the size of a layer: Erdős–Rényi-Kernel, of Evci et al.,
 *            "Rigging the Lottery", 2020
 */
export const scopes = ['layer', 'global', 'erk'] as const;

export type Scope = (typeof scopes)[number];

export interface ScopedLayer {
  readonly matrix: Matrix;
  /** Of the weights: [o, kh, kw, i] or [out, in]. */
  readonly shape: Shape;
}

/** The number of weights that each layer keeps. */
export function budgetsFor(scope: Scope, layers: readonly ScopedLayer[], pruner: RankedPruner): readonly number[] {
  const most = layers.map(({ matrix }) => pruner.most(matrix));
  const density = 1 - pruner.ratio;
  if (scope === 'layer') return most.map((m) => m * density);
  if (scope === 'global') {
    const pools = layers.map(({ matrix }) => pruner.units(matrix));
    const kept = keepHighest(pools, density * most.reduce((sum, m) => sum + m, 0));
    return pools.map(({ sizes }, i) =>
      kept[i].reduce((sum, k, u) => sum + k * (typeof sizes === 'number' ? sizes : sizes[u]), 0),
    );
  }
  const densities = erkDensities(
    layers.map(({ shape }, i) => ({ shape, most: most[i] })),
    density,
  );
  return most.map((m, i) => m * densities[i]);
}

interface Sized {
  readonly shape: Shape;
  /** Weights where nothing is cut. */
  readonly most: number;
}

/**
 * Densities in proportion to (the sum of a layer's sizes) / (their product), with which the layers keep `density` of all
 * weights together. A layer that would keep more than it has keeps all, and the others share what is left.
 */
export function erkDensities(layers: readonly Sized[], density: number): readonly number[] {
  const raw = layers.map(({ shape }) => shape.reduce((sum, d) => sum + d, 0) / elements(shape));
  const total = layers.reduce((sum, { most }) => sum + most, 0);
  const whole = layers.map(() => false);
  for (;;) {
    const sum = (of: (layer: Sized, i: number) => number): number => layers.reduce((s, l, i) => s + of(l, i), 0);
    const left = density * total - sum(({ most }, i) => (whole[i] ? most : 0));
    const scale = left / sum(({ most }, i) => (whole[i] ? 0 : raw[i] * most));
    const full = raw.map((r, i) => !whole[i] && r * scale > 1);
    if (!full.includes(true)) return raw.map((r, i) => (whole[i] ? 1 : r * scale));
    full.forEach((f, i) => {
      whole[i] ||= f;
    });
  }
}
