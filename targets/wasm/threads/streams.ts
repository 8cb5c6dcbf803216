/** Where rows begin in the streams that tiles read: see ../kernels/rows.ts. */
import type { Routine } from '../../../src/plan/kernel.ts';
import type { NamedCall } from './divide.ts';

/** What calls of a routine are known by: the name of its template. */
export const templateOf = ({ template }: Routine): string => template.replace(/^wasm\/kernels\/|\.wat\.hbs$/g, '');

/** Rows of weights that share their records, by the tiles that read them. Tiles that are not here read no such stream. */
function widthOf({ needs }: Routine): number | undefined {
  const widths = needs.flatMap((tile) =>
    templateOf(tile) === 'rows-tile' ? [(tile.view as { readonly width: number }).width] : [],
  );
  return widths.every((width) => width === widths[0]) ? widths[0] : undefined;
}

export interface Stream {
  /** So many rows come together. */
  readonly width: number;
  /** Where every so many rows begin, and where the last end, in bytes. */
  readonly starts: readonly number[];
}

/** Undefined where a call reads no such stream. */
export function streamOf({ routine, constant }: NamedCall): Stream | undefined {
  const words = constant('w');
  const width = widthOf(routine);
  if (!(words instanceof Int32Array) || width === undefined) return undefined;
  const starts = startsOf(words, width);
  return starts && { width, starts };
}

/** A long row comes in parts: bit 1 of the bytes of its records says that another follows. */
export function startsOf(words: Int32Array, width: number): readonly number[] | undefined {
  const starts = [0];
  let at = 0;
  while (at < words.length) {
    const follows = (words[at] & 2) !== 0;
    at += 1 + width + (words[at] >> 2);
    if (!follows) starts.push(4 * at);
  }
  return at === words.length ? starts : undefined;
}

/** Records that tiles of a call go over for every pixel, times the rows that share them. */
export const weightsIn = ({ constant }: NamedCall): number => constant('w')?.length ?? 0;
