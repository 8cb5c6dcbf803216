/** The taps that each kernel keeps, a kernel being what one filter has for one channel, and the set of such masks in a layer. */
import type { Matrix } from '../tensor/matrix.ts';
import type { Detection } from './format.ts';
import { eachBit, liveBits } from './livebits.ts';

/** How many masks the kernels of a layer have that keep anything. */
export type Pattern = { readonly patterns: number };

const mostPatterns = 32;

/** A mask is one word. */
const mostTaps = 32;

/** Calls `visit` with the mask of each kernel of a row, by channel, until it says `true`. The array is used again for the next. */
export function eachFilter(m: Matrix, visit: (row: number, masks: Int32Array) => boolean): void {
  const bits = liveBits(m);
  const { words, wordsPerRow } = bits;
  const masks = new Int32Array(m.run);
  for (let row = 0; row < m.rows; row++) {
    masks.fill(0);
    eachBit(
      bits,
      words,
      (column) => {
        masks[column % m.run] |= 1 << Math.floor(column / m.run);
      },
      row * wordsPerRow,
    );
    if (visit(row, masks)) return;
  }
}

/** What the kernels of a layer keep. */
export interface Survey {
  /** Every mask, ascending as numbers without a sign. */
  readonly masks: readonly number[];
  /** The kernels of each filter that keep anything. */
  readonly counts: Int32Array;
}

/** A kernel whose mask is one more than there may be. */
interface Excess {
  readonly row: number;
  readonly channel: number;
  readonly mask: number;
}

const known = new WeakMap<Matrix, Survey>();

/** Remembered as long as the matrix is: detection, pricing and packing all ask. */
export function survey(m: Matrix): Survey {
  const made = known.get(m) ?? (surveyUpTo(m, Infinity) as Survey);
  known.set(m, made);
  return made;
}

function surveyUpTo(m: Matrix, most: number): Survey | Excess {
  const masks = new Set<number>();
  const counts = new Int32Array(m.rows);
  let excess: Excess | undefined;
  eachFilter(m, (row, found) => {
    for (let channel = 0; channel < found.length; channel++) {
      const mask = found[channel];
      if (mask === 0) continue;
      counts[row]++;
      masks.add(mask);
      if (masks.size <= most) continue;
      excess = { row, channel, mask };
      return true;
    }
    return false;
  });
  return excess ?? { masks: [...masks].sort((a, b) => (a >>> 0) - (b >>> 0)), counts };
}

/** The places of the bits of a mask. */
export function tapsIn(mask: number): readonly number[] {
  const taps: number[] = [];
  for (let rest = mask; rest !== 0; rest &= rest - 1) taps.push(31 - Math.clz32(rest & -rest));
  return taps;
}

export function detectPatterns(m: Matrix): Detection<Pattern> {
  const none = (reason: string) => ({ fits: [], refused: [{ params: { patterns: mostPatterns }, reason }] });
  const taps = m.columns / m.run;
  if (taps === 1) return none('has kernels of 1 tap');
  if (taps > mostTaps) return none(`has kernels of ${taps} taps, and a pattern has ${mostTaps}`);
  const found = surveyUpTo(m, mostPatterns);
  if ('mask' in found) {
    const kept = tapsIn(found.mask).join(' ');
    return none(
      `channel ${found.channel} of filter ${found.row} keeps taps ${kept}, which is pattern number ${mostPatterns + 1}`,
    );
  }
  known.set(m, found);
  const weights = liveBits(m).live;
  if (weights === m.data.length) return none(`takes ${weights} entries, and the whole matrix has ${m.data.length}`);
  return { fits: [{ patterns: found.masks.length }], refused: [] };
}
