/** How attention is cut on tensor cores: what a block and a warp have of queries, and how many keys come at a time. */
import type { AttentionSides } from '../../gpu/products.ts';
import type { Device } from '../devices.ts';
import { h100 } from '../devices.ts';
import type { Element } from './elements.ts';

export interface AttentionTile {
  readonly warps: number;
  /** Times 16 queries of a warp. */
  readonly tiles: number;
  readonly keys: number;
  /** Numbers of keys and of values, padded. */
  readonly deep: number;
  readonly wide: number;
}

/** Of more, a thread would hold more than it has registers for. */
export const mostNumbers = 128;

/** Numbers are padded to so many, for which instructions load whole matrices. */
const multiple = 16;

/** Bytes of a key or a value in shared memory, and how its heads may be cut: most queries of a block first. */
interface Cut {
  readonly most: number;
  readonly shapes: readonly AttentionShape[];
}

export type AttentionShape = Pick<AttentionTile, 'warps' | 'tiles' | 'keys'>;

/** What a thread has registers for. */
const cuts: readonly Cut[] = [
  {
    most: 128,
    shapes: [
      { warps: 4, tiles: 2, keys: 32 },
      { warps: 4, tiles: 1, keys: 64 },
      { warps: 2, tiles: 1, keys: 32 },
    ],
  },
  {
    most: 192,
    shapes: [
      { warps: 4, tiles: 1, keys: 32 },
      { warps: 2, tiles: 1, keys: 16 },
    ],
  },
  { most: 512, shapes: [{ warps: 4, tiles: 1, keys: 16 }] },
];

const padded = (numbers: number): number => Math.ceil(numbers / multiple) * multiple;

/** All ways to cut heads, and none where these are too wide. */
export function attentionTiles(
  sides: Pick<AttentionSides, 'deep' | 'wide'>,
  element: Element,
): readonly AttentionTile[] {
  const [deep, wide] = [padded(sides.deep), padded(sides.wide)];
  const most = Math.max(deep, wide);
  const cut = most > mostNumbers ? undefined : cuts.find((c) => most * element.bytes <= c.most);
  return (cut?.shapes ?? []).map((shape) => ({ ...shape, deep, wide }));
}

/** The largest block of which there are enough for a whole GPU, or else the smallest; undefined where heads are too wide. */
export function attentionTileFor(
  sides: AttentionSides,
  element: Element,
  { processors }: Pick<Device, 'processors'> = h100,
): AttentionTile | undefined {
  const { queries, outer, heads } = sides;
  const fit = attentionTiles(sides, element);
  const enough = fit.find(
    ({ warps, tiles }) => Math.ceil(queries / (16 * warps * tiles)) * outer * heads >= processors,
  );
  return enough ?? fit[fit.length - 1];
}
