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
  /** The most bytes alive at one step: no placement can take less. */
  readonly bound: number;
}

/** An array is alive from step `first` to step `last`, both included. */
export interface Lifetime {
  readonly array: Arr;
  readonly first: number;
  readonly last: number;
  /** Its elements, where only some are there at a time. */
  readonly length?: number;
}

/** A cache line, and the widest vector. */
export const alignment = 64;

export const alignUp = (bytes: number, to = alignment): number => Math.ceil(bytes / to) * to;

/** An array to place: its bytes, and the steps that it is alive at. */
interface Item {
  readonly life: Lifetime;
  readonly bytes: number;
}

interface Placed {
  readonly item: Item;
  readonly from: number;
  readonly to: number;
}

interface Placement {
  readonly placed: readonly Placed[];
  readonly peak: number;
}

/**
 * Places array after array at the lowest gap that fits between those it meets, largest first: the greedy-by-size
 * placement of Pisarchyk and Lee, "Efficient Memory Management for Deep Neural Net Inference", 2020. Where that
 * takes more than the bound, other orders are tried, and the best is kept.
 */
export function placeArrays(lifetimes: readonly Lifetime[]): Arena {
  const items = itemsOf(lifetimes);
  const bound = mostAlive(items);
  const { placed, peak } = search(items, bound);
  const offsets = new Map(placed.map(({ item, from }) => [item.life.array, from]));
  return {
    places: new Map(lifetimes.map(({ array }) => [array, offsets.get(array) ?? 0])),
    peak,
    sum: items.reduce((total, { bytes }) => total + bytes, 0),
    bound,
  };
}

const itemsOf = (lifetimes: readonly Lifetime[]): readonly Item[] =>
  lifetimes.map((life) => ({ life, bytes: alignUp((life.length ?? life.array.length) * bytesPer[life.array.dtype]) }));

/** The most bytes alive at one step. */
export const bytesAlive = (lifetimes: readonly Lifetime[]): number => mostAlive(itemsOf(lifetimes));

const duration = ({ life }: Item): number => life.last - life.first;

/** Ties are broken by size and by the first step. */
const orders: readonly ((item: Item) => number)[] = [
  ({ bytes }) => bytes,
  duration,
  (item) => item.bytes * (duration(item) + 1),
  ({ life }) => life.last,
];

/** How often each order is mended, and how many exchanges are tried after that: fewer in large plans, which take longer. */
const mends = 24;
const exchangesOf = (count: number): number => Math.min(400, Math.ceil(60_000 / count));

function search(items: readonly Item[], bound: number): Placement {
  let best: Placement | undefined;
  let bestOrder = items;
  const better = (order: readonly Item[]): Placement => {
    const placement = place(order);
    if (!best || placement.peak < best.peak) [best, bestOrder] = [placement, order];
    return placement;
  };
  const done = (): boolean => best?.peak === bound;

  const starts = orders.map((key) =>
    items.toSorted((a, b) => key(b) - key(a) || b.bytes - a.bytes || a.life.first - b.life.first),
  );
  for (const start of starts) if (!done()) better(start);
  // What stands at the peak came too late, so it goes first.
  for (let order of starts)
    for (let turn = 0; turn < mends && !done(); turn++) {
      const { placed, peak } = better(order);
      const high = new Set(placed.filter(({ to }) => to === peak).map(({ item }) => item));
      order = [...high, ...order.filter((item) => !high.has(item))];
    }
  const next = sequence();
  for (let turn = 0; turn < exchangesOf(items.length) && !done(); turn++) {
    const order = [...bestOrder];
    const [i, j] = [next() % order.length, next() % order.length];
    [order[i], order[j]] = [order[j], order[i]];
    if (better(order).peak === best?.peak) bestOrder = order;
  }
  return best ?? place(items);
}

/** The same numbers every time: Lehmer's generator with the multiplier of Park and Miller. */
function sequence(): () => number {
  let state = 1;
  return () => {
    state = (state * 48271) % 2147483647;
    return state;
  };
}

function place(order: readonly Item[]): Placement {
  const placed: Placed[] = [];
  let peak = 0;
  for (const item of order) {
    const { first, last } = item.life;
    const meeting = placed.filter(({ item: { life } }) => life.first <= last && first <= life.last);
    meeting.sort((a, b) => a.from - b.from);
    let from = 0;
    for (const other of meeting) {
      if (other.from >= from + item.bytes) break;
      from = Math.max(from, other.to);
    }
    placed.push({ item, from, to: from + item.bytes });
    peak = Math.max(peak, from + item.bytes);
  }
  return { placed, peak };
}

function mostAlive(items: readonly Item[]): number {
  const steps = items.reduce((end, { life }) => Math.max(end, life.last), -1) + 1;
  const change = new Float64Array(steps + 1);
  for (const { life, bytes } of items) {
    change[life.first] += bytes;
    change[life.last + 1] -= bytes;
  }
  let [alive, most] = [0, 0];
  for (const bytes of change) {
    alive += bytes;
    most = Math.max(most, alive);
  }
  return most;
}
