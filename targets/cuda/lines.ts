/** Lines of numbers that threads compute something of together: a warp has a short one, a block a long one. */

import type { Routine } from '../../src/plan/kernel.ts';
import type { Leaving, Lines } from '../gpu/lines.ts';
import { h100 } from './devices.ts';
import type { Parameter } from './kernel.ts';
import { functionName, whole } from './kernel.ts';

/** A thread for each line is right where neighbours read what lies side by side, and lines are many enough for a large GPU. */
export const leaving: Leaving = { leastSize: 8, shortSize: 8, manyLines: 16384 };

/** How threads share lines. */
export interface Sharing {
  /** Threads of a line, and lines of a block. */
  readonly width: number;
  readonly linesEach: number;
  readonly threads: number;
  readonly groups: readonly number[];
}

/** Numbers of a line that are worth a block; and threads of a block whose warps have a line each. */
const longLine = 1024;
const warpsEach = 4;

export function sharingOf({ size, count }: Lines): Sharing {
  const width = size >= 4 * longLine ? 512 : size >= longLine ? 256 : 32;
  const linesEach = width === 32 ? warpsEach : 1;
  return { width, linesEach, threads: width * linesEach, groups: [Math.ceil(count / linesEach)] };
}

/** Of long lines that are few each has several blocks, so that the whole GPU reads them. */
export interface Shares {
  readonly parts: number;
  /** Numbers of a part; the last one may have fewer. */
  readonly share: number;
  readonly threads: number;
  readonly groups: readonly number[];
}

/** Numbers of a line that are worth another launch, and of a part, whose threads have eight each. */
const veryLong = 16384;
const leastShare = 2048;
const threadsOfShare = 256;

/** Undefined where lines have one block each, or less. */
export function sharesOf({ size, count }: Lines): Shares | undefined {
  const wanted = Math.min(Math.ceil((2 * h100.processors) / count), Math.floor(size / leastShare));
  if (size < veryLong || wanted < 2) return undefined;
  const share = Math.ceil(size / wanted);
  const parts = Math.ceil(size / share);
  return { parts, share, threads: threadsOfShare, groups: [count, parts] };
}

export type Fold = 'sum' | 'max' | 'min' | 'prod';

/** Of two numbers a and b. `max` and `min` pass over NaN in b. */
const folds: Readonly<Record<Fold, string>> = {
  sum: 'a + b',
  prod: 'a * b',
  max: 'a < b ? b : a',
  min: 'b < a ? b : a',
};

/** What a fold begins with. */
export const starts: Readonly<Record<Fold, string>> = { sum: '0.0f', prod: '1.0f', max: '-INFINITY', min: 'INFINITY' };

export const foldText = (fold: Fold, a: string, b: string): string =>
  folds[fold].replace(/\b[ab]\b/g, (name) => (name === 'a' ? a : b));

/** A function of what each thread of a line has found, that gives all of them the whole. */
export const together = (fold: Fold, width: number): Routine => ({
  name: `${width === 32 ? 'warp' : `block-${width}`}-${fold}`,
  template: `cuda/lines/${width === 32 ? 'warp' : 'block'}.cu.hbs`,
  view: { fold: foldText(fold, 'own', 'other'), warps: width / 32, warp: functionName(together32(fold)) },
  needs: width === 32 ? [] : [together(fold, 32)],
});

const together32 = (fold: Fold): string => `warp-${fold}`;

export const togetherName = (fold: Fold, width: number): string => functionName(together(fold, width).name);

/** What every kernel of lines is told of them, and the names that its template has for the rest. */
export const lineParameters = ({ count, size, step }: Lines): readonly Parameter[] => [
  whole('lines', count),
  whole('size', size),
  whole('step', step),
];
