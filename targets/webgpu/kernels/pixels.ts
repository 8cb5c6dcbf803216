/**
 * How invocations share the pixels of a layer whose weights have places of their own. One computes some pixels, by fours, of
 * some rows; neighbours compute the pixels beside these, so that they read side by side. Rows follow each other without a gap,
 * whatever the number of pixels is.
 */
import type { Height } from '../../gpu/storage.ts';
import type { Window } from '../../gpu/window.ts';
import { spread } from '../print-grid.ts';

export interface Sharing {
  /** Fours of pixels of an invocation. */
  readonly quads: number;
  /** Invocations that compute all pixels of a band: those of one compute every so manieth. */
  readonly lanes: number;
  readonly groups: readonly number[];
}

/** Fours of pixels, by how many rows there are. */
const choices: Readonly<Record<Height, readonly number[]>> = { 1: [4, 2, 1], 2: [2, 1], 4: [2, 1] };

/** With fewer invocations most of a GPU has nothing to do. */
const leastInvocations = 2048;

const groupSize = 64;

export function sharingOf(
  { pixels, images }: Pick<Window, 'pixels' | 'images'>,
  bands: number,
  height: Height,
): Sharing {
  const lanesOf = (quads: number): number => Math.ceil(pixels / (4 * quads));
  const quads = choices[height].find((q) => bands * lanesOf(q) * images >= leastInvocations) ?? 1;
  const lanes = lanesOf(quads);
  const [across, down] = spread(Math.ceil((bands * lanes) / groupSize));
  return { quads, lanes, groups: [across, down, images] };
}

/** So few vectors that no tile is worth it: a group adds up one product of vectors. */
const fewVectors = 8;

export const areVectors = ({ pixels, taps }: Pick<Window, 'pixels' | 'taps'>): boolean =>
  pixels <= fewVectors && taps === 1;

/** Of fewer rows most lanes of a tile would have nothing to do. */
const leastRows = 16;

/** So many fours of pixels take less time one by one, though each waits for all that it reads, than tiles that are mostly empty. */
const manyFours = 256;

/** Whether a layer with all of its weights has so few rows, in a group or at all, that it is not computed in tiles. */
export function isNarrow(window: Pick<Window, 'pixels' | 'taps' | 'images' | 'rowsEach'>, rows: number): boolean {
  const { pixels, images, rowsEach } = window;
  if (rowsEach >= leastRows || areVectors(window)) return false;
  return rowsEach < rows || images * Math.ceil(pixels / 4) >= manyFours;
}

/** What a shader declares, adds up and writes for its pixels and rows; `rowAt` is WGSL of one of these rows. */
export function pixelView(height: Height, quads: number, rowAt: (nth: number) => string) {
  const fours = Array.from({ length: quads }, (_, quad) => ({
    quad,
    nth: [0, 1, 2, 3].map((k) => 4 * quad + k).join(', '),
  }));
  const sums = Array.from({ length: height }, (_, row) =>
    fours.map(({ quad }) => ({
      sum: `sum${row}_${quad}`,
      row: rowAt(row),
      quad,
      weight: height === 1 ? 'value' : `value.${'xyzw'[row]}`,
      read: `read${quad}`,
    })),
  ).flat();
  return {
    ...{ height, pixels: 4 * quads, quads: fours, sums },
  };
}
