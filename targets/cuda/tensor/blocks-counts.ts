/** What steps of weights in whole tiles do, for the estimate: of weights that are known, and of those that a format promises. */
import type { Band } from './blocks-arrange.ts';
import type { LiveTiles } from './blocks-live.ts';
import { has } from './blocks-live.ts';
import type { Layer } from './estimate.ts';
import type { Tile } from './tiles.ts';
import { headBytes, mostSegments, tileBytes, tileRows } from './tiles.ts';

export type BlockCounts = Pick<Layer, 'steps' | 'longest' | 'live' | 'loaded' | 'weightBytes'>;

/** Of what is multiplied in steps: each line of warps takes as long as the busiest. */
interface Sums {
  readonly steps: number;
  readonly longest: number;
  readonly tiles: number;
  /** Tiles that the busiest line of warps has in each step, all added up. */
  readonly busiest: number;
  /** Segments that lines of warps load, added up over these. */
  readonly loads: number;
}

const countsOf = ({ rows, rowsPerWarp }: Tile, { steps, longest, tiles, busiest, loads }: Sums): BlockCounts => {
  const down = rows / rowsPerWarp;
  const all = Math.max(1, steps * mostSegments);
  return {
    ...{ steps, longest },
    live: (busiest * down) / (all * (rows / tileRows)),
    loaded: loads / (all * down),
    weightBytes: headBytes + (tiles * tileBytes) / Math.max(1, steps),
  };
};

export function countsOfBands(bands: readonly Band[], { lines }: LiveTiles, tile: Tile): BlockCounts {
  const [down, inWarp] = [tile.rows / tile.rowsPerWarp, tile.rowsPerWarp / tileRows];
  let [tiles, busiest, loads] = [0, 0, 0];
  for (const band of bands)
    for (const step of band.steps) {
      let most = 0;
      for (let d = 0; d < down; d++) {
        const own = band.lines.slice(d * inWarp, (d + 1) * inWarp).filter((line) => line >= 0);
        const counts = step.map((segment) => own.reduce((n, line) => n + (has(lines[line], segment) ? 1 : 0), 0));
        const all = counts.reduce((sum, n) => sum + n, 0);
        tiles += all;
        loads += counts.filter((n) => n > 0).length;
        most = Math.max(most, all);
      }
      busiest += most;
    }
  const lengths = bands.map(({ steps }) => steps.length);
  return countsOf(tile, {
    ...{ steps: lengths.reduce((sum, n) => sum + n, 0), longest: Math.max(...lengths), tiles, busiest, loads },
  });
}

/** How much more the busiest line of warps has to do than the others, of weights that are anywhere. */
const unfair = 1.1;

/** Of blocks of `r` rows that are anywhere, in a layer of so many segments and tiles of rows: a `share` of them is there. */
export function countsPromised(tile: Tile, segments: number, lines: number, share: number, r: number): BlockCounts {
  const inBlock = r / tileRows;
  const anyOf = (count: number): number => 1 - (1 - share) ** Math.max(1, count / inBlock);
  const [perBand, perWarp] = [tile.rows / tileRows, tile.rowsPerWarp / tileRows];
  const [bands, warps] = [Math.ceil(lines / perBand), tile.rows / tile.rowsPerWarp];
  const most = Math.min(lines, perBand);
  const needed = (segments * anyOf(most)) / mostSegments;
  const longest = Math.ceil(Math.max(needed, (segments * share * most) / (tile.most ?? 1), 1));
  const tiles = segments * share * lines;
  return countsOf(tile, {
    ...{ steps: bands * longest, longest, tiles, busiest: (tiles * unfair) / warps },
    loads: segments * anyOf(Math.min(lines, perWarp)) * Math.ceil(lines / perWarp),
  });
}
