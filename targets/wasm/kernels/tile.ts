/** Tiles: what a stream of weights computes for a few vectors of neighbouring pixels of a few rows of pixels. */
import type { Routine } from '../../../src/plan/kernel.ts';
import type { Width } from './rows.ts';

export interface TileShape {
  readonly pixelRows: number;
  /** Vectors of four pixels in each row of pixels. */
  readonly vectors: number;
  /** Pixels that the last vector of a row stores, 1 to 4. */
  readonly tail: number;
}

interface Vector {
  readonly id: number;
  readonly row: number;
  readonly offset: number;
  readonly last: boolean;
  /** One entry where tiles part from the vectors before. */
  readonly parting: readonly true[];
}

/** Vectors that have registers at a time: what is loaded, and its sums. */
const mostTogether = 7;

function vectorsOf({ pixelRows, vectors }: TileShape): readonly Vector[] {
  return Array.from({ length: pixelRows * vectors }, (_, id) => {
    const [row, i] = [Math.floor(id / vectors), id % vectors];
    const parts = pixelRows * vectors > mostTogether && id === Math.floor((pixelRows * vectors) / 2);
    return { id, row, offset: 16 * i, last: i === vectors - 1, parting: parts ? [true] : [] };
  });
}

/** Instructions that store the first `tail` numbers of a vector. */
const partial: Readonly<Record<number, readonly { instruction: string; at: number; lane: string }[]>> = {
  1: [{ instruction: 'v128.store32_lane', at: 0, lane: ' 0' }],
  2: [{ instruction: 'v128.store64_lane', at: 0, lane: ' 0' }],
  3: [
    { instruction: 'v128.store64_lane', at: 0, lane: ' 0' },
    { instruction: 'v128.store32_lane', at: 8, lane: ' 2' },
  ],
  4: [{ instruction: 'v128.store', at: 0, lane: '' }],
};

const suffix = ({ pixelRows, vectors, tail }: TileShape): string =>
  `${pixelRows}x${vectors}${tail === 4 ? '' : `-tail-${tail}`}`;

/** The first `tail` numbers of a vector where tiles write it, as far as it is theirs. */
function loaded({ row, offset }: Vector, tail: number): string {
  const at = `(local.get $p${row})`;
  if (tail === 4) return `(v128.load offset=${offset} ${at})`;
  if (tail === 1) return `(v128.load32_zero offset=${offset} ${at})`;
  const two = `(v128.load64_zero offset=${offset} ${at})`;
  return tail === 2 ? two : `(v128.load32_lane offset=${offset + 8} 2 ${at} ${two})`;
}

/** What the templates of tiles lay out. */
function viewOf(shape: TileShape, name: string, doc: string) {
  const vectors = vectorsOf(shape);
  return {
    name: name.replaceAll('-', '_'),
    doc: `${doc} ${shape.pixelRows} x ${4 * (shape.vectors - 1) + shape.tail} pixels.`,
    pixelRows: Array.from({ length: shape.pixelRows }, (_, row) => row),
    furtherRows: Array.from({ length: shape.pixelRows - 1 }, (_, above) => ({ row: above + 1, above })),
    vectors: vectors.map((v) => ({ ...v, before: loaded(v, v.last ? shape.tail : 4) })),
    stores: vectors.flatMap((v) =>
      partial[v.last ? shape.tail : 4].map(({ instruction, at, lane }) => ({
        ...v,
        instruction,
        lane,
        offset: v.offset + at,
      })),
    ),
  };
}

/** One output row at a time, from a stream of offsets and weights. */
function csrTile(shape: TileShape): Routine {
  const name = `csr-${suffix(shape)}`;
  const view = viewOf(shape, name, 'Sparse rows for');
  return { name, template: 'wasm/kernels/csr-tile.wat.hbs', view, needs: [] };
}

/** Two output rows at a time, from a stream of offsets and two weights each. */
function pairTile(shape: TileShape): Routine {
  const name = `pair-${suffix(shape)}`;
  const view = viewOf(shape, name, 'Two sparse rows at a time, for');
  return { name, template: 'wasm/kernels/pair-tile.wat.hbs', view, needs: [] };
}

/** Tiles that compute the pixels of one shape. */
export interface Tiling {
  /** A word for the name of what calls them. */
  readonly name: string;
  readonly tiles: readonly PlacedTile[];
}

/** A tile of part of the pixels. */
interface PlacedTile {
  readonly routine: Routine;
  /** The first of its rows of pixels, and where in a row it begins. */
  readonly row: number;
  readonly bytes: number;
  /** Vectors of sums that it has at a time. */
  readonly sums: number;
}

/** Sums that a pair of rows may have at a time, with the vectors that it loads for them, without a spill. */
const mostPairs = 4;

const whole = (routine: Routine, { pixelRows, vectors }: TileShape): Tiling => ({
  name: routine.name,
  tiles: [{ routine, row: 0, bytes: 0, sums: pixelRows * vectors }],
});

/** For rows that share records, or for rows that do not. */
export function tilesOf(shape: TileShape, width: Width): Tiling {
  const { pixelRows, vectors, tail } = shape;
  if (width === 1) return whole(csrTile(shape), shape);
  const pieces = Math.ceil(vectors / mostPairs);
  const widest = Math.ceil(vectors / pieces);
  const rowsAtATime = Math.max(1, Math.floor(mostPairs / widest));
  const placed: PlacedTile[] = [];
  for (let row = 0; row < pixelRows; row += rowsAtATime)
    for (let first = 0; first < vectors; first += widest) {
      const part = Math.min(widest, vectors - first);
      const rows = Math.min(rowsAtATime, pixelRows - row);
      const routine = pairTile({ pixelRows: rows, vectors: part, tail: first + part === vectors ? tail : 4 });
      placed.push({ routine, row, bytes: 16 * first, sums: width * rows * part });
    }
  return { name: `pair-${suffix(shape)}`, tiles: placed };
}

/**
 * Vectors of sums a nanosecond, about, by how many a tile has: few wait for the sum before, and beyond seven loads there
 * are not enough registers. In pairs of rows every load serves two sums.
 */
const speeds: Readonly<Record<Width, readonly number[]>> = {
  1: [0, 3.5, 6.2, 8.3, 8.7, 9.8, 10.1, 9.9, 10.1],
  2: [0, 0, 4.5, 0, 7.5, 0, 10.6, 0, 10.9],
};

/** What the tiles of a shape take for one record, in units that compare with each other. */
export const timeOf = (shape: TileShape, width: Width): number =>
  tilesOf(shape, width).tiles.reduce((time, { sums }) => time + sums / speeds[width][sums], 0);

/** Of how many numbers vectors are best added at a time where stretches of them make up rows of `width`. */
export function mostOfStretch(width: number): number {
  const most = Math.min(mostTogether, width);
  const time = (sums: number): number => (Math.ceil(width / sums) * sums) / speeds[1][sums];
  return Array.from({ length: most }, (_, i) => i + 1).reduce((best, sums) => (time(sums) <= time(best) ? sums : best));
}

/** One channel at a time, from one list of offsets. */
export function poolTile(fn: 'max' | 'avg', shape: TileShape): Tiling {
  const name = `${fn}-${suffix(shape)}`;
  const fold = fn === 'max' ? { instruction: 'pmax', start: '-inf' } : { instruction: 'add', start: '0' };
  const view = { ...viewOf(shape, name, `The ${fn} of windows of`), ...fold };
  return whole({ name, template: 'wasm/kernels/pool-tile.wat.hbs', view, needs: [] }, shape);
}
