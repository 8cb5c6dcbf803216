/**
 * Whole output channels, by the root of the mean of their squares. Their rows become zero; they are taken out when the
 * model is compiled. The channels of last layers are the model's outputs.
 */
import type { Matrix } from '../tensor/matrix.ts';
import { leftOver, parseRatio } from './parts.ts';
import type { Mask, Pattern, Units } from './pruner.ts';
import { keepHighest } from './ranking.ts';

export const channel: Pattern = {
  name: 'channel',
  doc: 'whole output channels',
  example: 'channel:0.5',

  parse(parts) {
    const ratio = leftOver(parts, 1) ?? parseRatio(parts[0]);
    if (typeof ratio === 'string') return ratio;
    return {
      kind: 'ranked',
      ratio,
      exempt: ['first', 'last', 'depthwise'],
      refuse: () => undefined,
      most: ({ data }) => data.length,
      units: rankRows,
      keep: (m, budget) => {
        const [kept] = keepHighest([rankRows(m)], budget);
        const mask: Mask = new Uint8Array(m.data.length);
        for (let row = 0; row < m.rows; row++) mask.fill(kept[row], row * m.columns, (row + 1) * m.columns);
        return mask;
      },
    };
  },
};

function rankRows({ rows, columns, data }: Matrix): Units {
  const scores = new Float32Array(rows);
  for (let row = 0, at = 0; row < rows; row++) {
    let sum = 0;
    for (const end = at + columns; at < end; at++) sum += data[at] * data[at];
    scores[row] = Math.sqrt(sum / columns);
  }
  return { scores, sizes: columns };
}
