/** One arena for every intermediate array: arrays whose lifetimes do not meet share memory. */
import type { Arr } from '../loop/loop.ts';
import { bytesPer } from '../tensor/type.ts';

export interface Arena {
  /** Byte offset of each array, a multiple of `alignment`. */
  readonly places: ReadonlyMap<Arr, number>;
  /** Bytes that the arena takes. */
  readonly peak: number;
  /** Bytes that the arrays would take side by side. */
  readonly sum: number;
  /** The most bytes alive at once: no placement can take less. */
  readonly bound: number;
}

/** An array is alive from step `first` to step `last`, both included. */
export interface Lifetime {
  readonly array: Arr;
  readonly first: number;
  readonly last: number;
}

/** A cache line, and the widest vector. */
export const alignment = 64;

export const alignUp = (bytes: number, to = alignment): number => Math.ceil(bytes / to) * to;

const sizeOf = ({ array }: Lifetime): number => alignUp(array.length * bytesPer[array.dtype]);

/**
 * Largest first, each at the lowest gap that fits between the arrays it meets: the greedy-by-size
 * placement of Pisarchyk and Lee, "Efficient Memory Management for Deep Neural Net Inference", 2020.
 */
export function placeArrays(lifetimes: readonly Lifetime[]): Arena {
  const bySize = lifetimes.toSorted((a, b) => sizeOf(b) - sizeOf(a) || a.first - b.first);
  const placed: { readonly life: Lifetime; readonly from: number; readonly to: number }[] = [];
  const places = new Map<Arr, number>();
  for (const life of bySize) {
    let from = 0;
    const meeting = placed
      .filter((p) => p.life.first <= life.last && life.first <= p.life.last)
      .sort((a, b) => a.from - b.from);
    for (const p of meeting) if (p.from < from + sizeOf(life)) from = Math.max(from, p.to);
    placed.push({ life, from, to: from + sizeOf(life) });
    places.set(life.array, from);
  }
  return {
    places,
    peak: placed.reduce((most, { to }) => Math.max(most, to), 0),
    sum: lifetimes.reduce((total, life) => total + sizeOf(life), 0),
    bound: mostAlive(lifetimes),
  };
}

function mostAlive(lifetimes: readonly Lifetime[]): number {
  const steps = lifetimes.reduce((end, { last }) => Math.max(end, last), -1) + 1;
  const alive = new Array<number>(steps).fill(0);
  for (const life of lifetimes) for (let s = life.first; s <= life.last; s++) alive[s] += sizeOf(life);
  return alive.reduce((most, bytes) => Math.max(most, bytes), 0);
}
