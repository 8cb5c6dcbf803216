/** Tiles of whole numbers: what a stream of weights computes for a few vectors of neighbouring pixels, two rows of it at a time. */
import type { Routine } from '../../../src/plan/kernel.ts';
import type { RecordKind } from './pair-stream.ts';
import { kindName, taps } from './pair-stream.ts';
import type { Rescalings } from './rescale.ts';
import { rescaled } from './rescale.ts';
import type { TileShape, Tiling } from './tile.ts';
import { rowsTogether } from './tile.ts';

/** Vectors that have registers at a time, with their sums; and how many of more than `whole` are loaded before a test. */
const limits: Readonly<Record<string, { readonly most: number; readonly whole: number; readonly part: number }>> = {
  'pairs-2': { most: 4, whole: 4, part: 4 },
  'zip-2': { most: 4, whole: 2, part: 2 },
  'pairs-1': { most: 8, whole: 7, part: 4 },
  taps: { most: 4, whole: 2, part: 2 },
  max: { most: 7, whole: 7, part: 7 },
};

/**
 * Never zero, and tested for that: engines load all that a stretch without branches needs before they compute any of it. Each
 * another, since they drop a test that was made before.
 */
const never = ['w', 'p0', 'q0'];

interface Stored {
  readonly id: number;
  readonly row: number;
  readonly offset: number;
  readonly pixels: number;
}

/** Instructions that store the first pixels of a vector. */
const stores: Readonly<Record<number, readonly { instruction: string; at: number; lane: string }[]>> = {
  1: [{ instruction: 'v128.store32_lane', at: 0, lane: ' 0' }],
  2: [{ instruction: 'v128.store64_lane', at: 0, lane: ' 0' }],
  3: [
    { instruction: 'v128.store64_lane', at: 0, lane: ' 0' },
    { instruction: 'v128.store32_lane', at: 8, lane: ' 2' },
  ],
  4: [{ instruction: 'v128.store', at: 0, lane: '' }],
};

/** What lies where a tile writes, as far as it is the tile's. */
function before({ row, offset, pixels }: Stored): string {
  const at = `(local.get $q${row})`;
  if (pixels === 4) return `(v128.load offset=${offset} ${at})`;
  if (pixels === 1) return `(v128.load32_zero offset=${offset} ${at})`;
  const two = `(v128.load64_zero offset=${offset} ${at})`;
  return pixels === 2 ? two : `(v128.load32_lane offset=${offset + 8} 2 ${at} ${two})`;
}

const suffix = ({ pixelRows, vectors, tail }: TileShape): string =>
  `${pixelRows}x${vectors}${tail === 4 ? '' : `-tail-${tail}`}`;

type Scheme = Pick<Rescalings, 'fixed' | 'up'>;

function viewOf(shape: TileShape, kind: string, name: string, { fixed }: Scheme) {
  const { pixelRows, vectors, tail } = shape;
  const { whole, part } = limits[kind];
  const parts = pixelRows * vectors > whole;
  const all = Array.from({ length: pixelRows * vectors }, (_, id): Stored => {
    const [row, i] = [Math.floor(id / vectors), id % vectors];
    return { id, row, offset: 16 * i, pixels: i === vectors - 1 ? tail : 4 };
  });
  return {
    name: name.replaceAll('-', '_'),
    doc: `${pixelRows} x ${4 * (vectors - 1) + tail} pixels`,
    pixelRows: Array.from({ length: pixelRows }, (_, row) => row),
    furtherRows: Array.from({ length: pixelRows - 1 }, (_, above) => ({ row: above + 1, above })),
    vectors: all.map((v) => ({
      ...v,
      parting: parts && v.id > 0 && v.id % part === 0 ? [never[v.id / part - 1]] : [],
      before: before(v),
      first: rescaled(`a${v.id}`, '0', fixed),
      second: rescaled(`b${v.id}`, '1', fixed),
      stores: stores[v.pixels].map(({ instruction, at, lane }) => ({ instruction, lane, at: v.offset + at })),
    })),
  };
}

interface TileKind {
  readonly kind: string;
  readonly template: string;
  readonly view: object;
  readonly scheme: Scheme;
}

function tilingOf(shape: TileShape, { kind, template, view, scheme }: TileKind): Tiling {
  const { fixed, up } = scheme;
  const stem = `${kind}${up ? '-up' : ''}${fixed === undefined ? '' : `-by-${fixed}`}`;
  const pieces = Math.ceil(shape.vectors / limits[kind].most);
  const widest = Math.ceil(shape.vectors / pieces);
  const rowsAtATime = rowsTogether(limits[kind].most / widest, shape);
  const tiles: Tiling['tiles'][number][] = [];
  for (let row = 0; row < shape.pixelRows; row += rowsAtATime)
    for (let first = 0; first < shape.vectors; first += widest) {
      const vectors = Math.min(widest, shape.vectors - first);
      const pixelRows = Math.min(rowsAtATime, shape.pixelRows - row);
      const part = { pixelRows, vectors, tail: first + vectors === shape.vectors ? shape.tail : 4 };
      const name = `${stem}-${suffix(part)}`;
      const routine: Routine = {
        name,
        template: `wasm/kernels/${template}.wat.hbs`,
        view: {
          ...viewOf(part, kind, name, scheme),
          ...view,
          up: up ? [true] : [],
          loose: fixed === undefined ? [true] : [],
        },
        needs: [],
      };
      tiles.push({ routine, row, bytes: 16 * first, sums: vectors * pixelRows });
    }
  return { name: `${stem}-${suffix(shape)}`, tiles };
}

/** Sums over channels, or of each channel for itself. */
export function pairTiles(shape: TileShape, kind: RecordKind, scheme: Scheme): Tiling {
  if (kind === taps) return tilingOf(shape, { kind: 'taps', template: 'whole-taps', view: {}, scheme });
  const { width } = kind;
  const zipped = kind.name === 'zip';
  const weight = zipped ? 8 : 4;
  const view = {
    zipped: zipped ? [true] : [],
    straight: zipped ? [] : [true],
    weight,
    second: weight + 4,
    bytes: weight + 4 * width,
    head: 8 + 16 * width,
  };
  return tilingOf(shape, { kind: kindName(kind), template: width === 2 ? 'whole-pair' : 'whole-row', view, scheme });
}

/** The largest of what lies below a window, each channel for itself. */
export const maxTiles = (shape: TileShape): Tiling =>
  tilingOf(shape, { kind: 'max', template: 'whole-max', view: {}, scheme: { up: false } });
