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
const mostLoaded = 7;

function vectorsOf({ pixelRows, vectors }: TileShape): readonly Vector[] {
  return Array.from({ length: pixelRows * vectors }, (_, id) => {
    const [row, i] = [Math.floor(id / vectors), id % vectors];
    const parts = pixelRows * vectors > mostLoaded && id === Math.floor((pixelRows * vectors) / 2);
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
    pixelRows: range(shape.pixelRows),
    furtherRows: range(shape.pixelRows - 1).map((above) => ({ row: above + 1, above })),
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

const range = (count: number): readonly number[] => Array.from({ length: count }, (_, i) => i);

const words: Readonly<Record<Width, string>> = { 1: 'csr', 2: 'pair', 4: 'quad' };

/** As many output rows at a time as share their records, from a stream of offsets and weights. */
function rowsTile(shape: TileShape, width: Width): Routine {
  const name = `${words[width]}-${suffix(shape)}`;
  const { vectors, stores, ...view } = viewOf(shape, name, `Sparse rows, ${width} at a time, for`);
  const rows = range(width).map((row) => {
    const sum = ({ id }: { readonly id: number }) => `${row}_${id}`;
    return {
      row,
      weight: 4 + 4 * row,
      bias: 4 * row,
      vectors: vectors.map((v) => ({ sum: sum(v), before: v.before })),
      stores: stores.map((v) => ({ ...v, sum: sum(v) })),
      next: row < width - 1 ? view.pixelRows : [],
    };
  });
  return {
    name,
    template: 'wasm/kernels/rows-tile.wat.hbs',
    view: {
      ...view,
      width,
      recordBytes: 4 + 4 * width,
      rows,
      vectors: vectors.map(({ id, row, offset, parting }) => {
        const read = `(v128.load offset=${offset} (local.get $p${row}))`;
        const kept = width === 1 ? read : `(local.tee $v ${read})`;
        const value = (i: number): string => (i === 0 ? kept : '(local.get $v)');
        return { parting, sums: rows.map((r) => ({ row: r.row, sum: `${r.row}_${id}`, value: value(r.row) })) };
      }),
    },
    needs: [],
  };
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

/** Vectors that rows which share records may have at a time, with their sums and weights, without a spill. */
export const mostTogether: Readonly<Record<Width, number>> = { 1: 8, 2: 4, 4: 2 };

/** For rows that share records, or for rows that do not. */
export const tilesOf = (shape: TileShape, width: Width): Tiling =>
  split(`${words[width]}-${suffix(shape)}`, shape, width, (part) => rowsTile(part, width));

/** Of as many rows of pixels as fit those that go together: all, or as many as panels of several rows are a multiple of. */
export const rowsTogether = (most: number, { pixelRows }: TileShape): number =>
  most >= pixelRows ? pixelRows : 2 ** Math.max(0, Math.floor(Math.log2(most)));

function split(name: string, shape: TileShape, width: Width, tileOf: (part: TileShape) => Routine): Tiling {
  const { pixelRows, vectors, tail } = shape;
  const most = mostTogether[width];
  const widest = Math.ceil(vectors / Math.ceil(vectors / most));
  const tiles: PlacedTile[] = [];
  for (let first = 0; first < vectors; first += widest) {
    const part = Math.min(widest, vectors - first);
    const together = rowsTogether(most / part, shape);
    for (let row = 0; row < pixelRows; row += together) {
      const rows = Math.min(together, pixelRows - row);
      const routine = tileOf({ pixelRows: rows, vectors: part, tail: first + part === vectors ? tail : 4 });
      tiles.push({ routine, row, bytes: 16 * first, sums: width * rows * part });
    }
  }
  return { name, tiles };
}

/**
 * Vectors of sums a nanosecond, about, by how many a tile has: few wait for the sum before, and beyond seven loads there
 * are not enough registers. Where rows share records every load serves several sums.
 */
const speeds: Readonly<Record<Width, readonly number[]>> = {
  1: [0, 3.5, 6.2, 8.3, 8.7, 9.8, 10.1, 9.9, 10.1],
  2: [0, 0, 4.5, 0, 7.5, 0, 10.6, 0, 10.9],
  4: [0, 0, 0, 0, 7.5, 0, 0, 0, 11.4],
};

/** What the tiles of a shape take for one record, in units that compare with each other. */
export const timeOf = (shape: TileShape, width: Width): number =>
  tilesOf(shape, width).tiles.reduce((time, { sums }) => time + sums / speeds[width][sums], 0);

/** Of how many numbers vectors are best added at a time where stretches of them make up rows of `width`. */
export function mostOfStretch(width: number): number {
  const most = Math.min(mostLoaded, width);
  const time = (sums: number): number => (Math.ceil(width / sums) * sums) / speeds[1][sums];
  return Array.from({ length: most }, (_, i) => i + 1).reduce((best, sums) => (time(sums) <= time(best) ? sums : best));
}

/** One channel at a time, from one list of offsets. */
export function poolTile(fn: 'max' | 'avg', shape: TileShape): Tiling {
  const fold = fn === 'max' ? { instruction: 'pmax', start: '-inf' } : { instruction: 'add', start: '0' };
  return split(`${fn}-${suffix(shape)}`, shape, 1, (part) => {
    const name = `${fn}-${suffix(part)}`;
    const view = { ...viewOf(part, name, `The ${fn} of windows of`), ...fold };
    return { name, template: 'wasm/kernels/pool-tile.wat.hbs', view, needs: [] };
  });
}
