/** Blocks of rows x input channels at one tap, by the root of the mean of their squares. 4x1 is that of MEST (Yuan et al., 2021). */
import { leftOver, parsePair, parseRatio } from './parts.ts';
import type { Pattern } from './pruner.ts';
import { tilePruner } from './tiles.ts';

/** Rows and channels of a block. */
export const largestTile = 4096;

export const block: Pattern = {
  name: 'block',
  doc: 'blocks of rows x input channels at one tap',
  example: 'block:4x1:0.9',

  parse(parts) {
    const size = leftOver(parts, 2) ?? parsePair(parts[0], 'x', 'the rows and input channels of a block', largestTile);
    if (typeof size === 'string') return size;
    const ratio = parseRatio(parts[1]);
    if (typeof ratio === 'string') return ratio;
    const [r, c] = size;
    return tilePruner({ r, c }, ratio, (squares, from, columns, height) => {
      let sum = 0;
      for (let k = from; k < from + columns; k++) sum += squares[k];
      return Math.sqrt(sum / (columns * height));
    });
  },
};
