/** Each weight on its own: |w|. */
import type { Matrix } from '../tensor/matrix.ts';
import { leftOver, parseRatio } from './parts.ts';
import type { Pattern, Units } from './pruner.ts';
import { keepHighest } from './ranking.ts';

export const unstructured: Pattern = {
  name: 'unstructured',
  doc: 'each weight on its own',
  example: 'unstructured:0.9',

  parse(parts) {
    const ratio = leftOver(parts, 1) ?? parseRatio(parts[0]);
    if (typeof ratio === 'string') return ratio;
    return {
      kind: 'ranked',
      ratio,
      refuse: () => undefined,
      most: ({ data }) => data.length,
      units: magnitudes,
      keep: (m, budget) => keepHighest([magnitudes(m)], budget)[0],
    };
  },
};

export function magnitudes({ data }: Matrix): Units {
  const scores = new Float32Array(data.length);
  for (let at = 0; at < data.length; at++) scores[at] = Math.abs(data[at]);
  return { scores, sizes: 1 };
}
