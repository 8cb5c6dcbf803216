/** Blocks of rows x input channels at one tap, by the root of the mean of their squares. 4x1 is that of MEST (Yuan et al., 2021). */
import { parseTile } from './parts.ts';
import type { Pattern } from './pruner.ts';
import { tilePruner } from './tiles.ts';

/** Rows and channels of a block. */
export const largestTile = 4096;

export const block: Pattern = {
  name: 'block',
  doc: 'blocks of rows x input channels at one tap',
  example: 'block:4x1:0.9',

  parse(parts) {
    const read = parseTile(parts, 'the rows and input channels of a block', largestTile);
    if (typeof read === 'string') return read;
    const { ratio, ...tile } = read;
    return tilePruner(tile, ratio, (squares, from, columns, height) => {
      let sum = 0;
      for (let k = from; k < from + columns; k++) sum += squares[k];
      return Math.sqrt(sum / (columns * height));
    });
  },
};
