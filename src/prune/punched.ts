/**
 * Block-punched: Fb filters x Cb channels share their taps. Block and tap are cut together by the sum over the channels of
 * the L2 norm over the filters, here for each weight of it. As in YOLObile (Cai et al., 2020), after Gong et al.,
 * "Automatic Mapping of the Best-Suited DNN Pruning Schemes", 2022.
 */
import { largestTile } from './block.ts';
import { parseTile } from './parts.ts';
import type { Pattern } from './pruner.ts';
import { tilePruner } from './tiles.ts';

export const punched: Pattern = {
  name: 'punched',
  doc: 'filters x channels share their taps',
  example: 'punched:8x4:0.75',

  parse(parts) {
    const read = parseTile(parts, 'the filters and channels of a block', largestTile);
    if (typeof read === 'string') return read;
    const { ratio, ...tile } = read;
    return tilePruner(tile, ratio, (squares, from, columns, height) => {
      let sum = 0;
      for (let k = from; k < from + columns; k++) sum += Math.sqrt(squares[k]);
      return sum / (columns * Math.sqrt(height));
    });
  },
};
