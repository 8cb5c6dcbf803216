/** Pieces of what is done in order, so many that threads are busy, and none so small that it is not worth the way. */
import type { Divide, NamedCall } from './divide.ts';

export type Ends = readonly [begin: number, end: number];

export interface Limits {
  /** Pieces, in lots of threads that begin with their own. */
  readonly most: number;
  readonly lots: number;
  /** Multiply-adds of a piece, or numbers that it moves. */
  readonly least: number;
}

export interface Cutting {
  /** Pieces begin at its multiples; 1 unless given. */
  readonly unit?: number;
  /** Of all pieces together. */
  readonly work: number;
  readonly limits: Limits;
}

export const worthwhile = (work: number, { most, least }: Limits): number =>
  Math.max(1, Math.min(most, Math.floor(work / least)));

export const pieces = (count: number, { unit = 1, work, limits }: Cutting): readonly Ends[] =>
  cut(count, unit, worthwhile(work, limits));

/** Equal pieces but for the last, which may be smaller; at most so many. */
export function cut(count: number, unit: number, most: number): readonly Ends[] {
  const step = unit * Math.ceil(Math.ceil(count / unit) / most);
  const at = (i: number): number => Math.min(count, i * step);
  return Array.from({ length: Math.ceil(count / step) }, (_, i): Ends => [at(i), at(i + 1)]);
}

/** Parts of a call that walks along arrays, `count` steps, by so many bytes each. */
export const stretch =
  (count: string, unit: number, bytes: (number: NamedCall['number']) => Readonly<Record<string, number>>): Divide =>
  ({ number, further }, limits) => {
    const steps = Object.entries(bytes(number));
    const work = (number(count) * Math.max(...steps.map(([, step]) => step))) / 4;
    return pieces(number(count), { unit, work, limits }).map(([begin, end]) => ({
      ...further(Object.fromEntries(steps.map(([name, step]) => [name, begin * step]))),
      [count]: end - begin,
    }));
  };

/** Each with each. */
export const crossed = <A, B>(some: readonly A[], others: readonly B[]): readonly (readonly [A, B])[] =>
  some.flatMap((a) => others.map((b) => [a, b] as const));
