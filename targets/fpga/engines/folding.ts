/** How many lanes and clusters a number of multipliers makes, and how many pixels a word is held for. */
import { hazard } from '../contract/engine.ts';
import type { Layer } from '../contract/layer.ts';

/**
 * One crossbar is as wide as this; beyond, clusters are as wide as the second at most, and not narrower than the
 * third.
 */
const [widest, wide, narrow] = [16, 8, 5];

export interface Split {
  readonly lanes: number;
  readonly clusters: number;
}

/** Multipliers as clusters of equal lanes, the widest that divide them; nothing where none do. */
export function splitLanes(total: number): Split | undefined {
  if (total <= widest) return { lanes: total, clusters: 1 };
  for (let lanes = wide; lanes >= narrow; lanes--) if (total % lanes === 0) return { lanes, clusters: total / lanes };
  return undefined;
}

/** Pixels in turn under one word: more than the hazard, and so that the fewest are computed past the end of a row. */
export function slotsFor(width: number, clusters: number): number {
  const computed = (q: number): number => Math.ceil(width / (q * clusters)) * q * clusters;
  const choices = Array.from({ length: 5 }, (_, i) => hazard + 1 + i);
  return choices.reduce((best, q) => (computed(q) < computed(best) ? q : best));
}

/** Lanes that read one value: more would not be fed. */
const broadest = 128;

/**
 * Multipliers of an engine whose lanes all walk through rows together: lanes that save a tile, then whole clusters of
 * all rows.
 */
export function clustered(layer: Layer, step: number): readonly number[] {
  const units = Math.ceil(layer.rows / step);
  const least = Math.ceil(units / Math.max(1, Math.floor(broadest / step)));
  const lanes = Array.from({ length: units }, (_, i) => units - i)
    .filter((tiles) => tiles >= least)
    .map((tiles) => Math.ceil(units / tiles) * step);
  const widest = lanes[lanes.length - 1];
  const clusters = Array.from({ length: Math.min(layer.output[1], 32) - 1 }, (_, i) => (i + 2) * widest);
  return [...new Set([...lanes, ...clusters])];
}

/** Multipliers as lanes and clusters, where lanes up to the rows come first. */
export function splitClusters(layer: Layer, folding: number): Split {
  const most = Math.ceil(layer.rows / Math.ceil(layer.rows / broadest));
  if (folding <= most) return { lanes: folding, clusters: 1 };
  for (let clusters = 2; clusters <= folding; clusters++)
    if (folding % clusters === 0 && folding / clusters <= most) return { lanes: folding / clusters, clusters };
  return { lanes: folding, clusters: 1 };
}
