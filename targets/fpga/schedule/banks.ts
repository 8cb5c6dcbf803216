/** Channels over banks: which bank holds each, and where. */
import type { Layer } from '../contract/layer.ts';
import { balance, roundRobin } from './balance.ts';

export interface Banks {
  /** Banks that differ: B / copies. */
  readonly kinds: number;
  readonly copies: number;
  /** Of each channel. */
  readonly bank: Uint8Array<ArrayBuffer>;
  readonly slot: Uint16Array<ArrayBuffer>;
  /** Words of a bank for one pixel. */
  readonly slots: number;
  /** Reads of the busiest bank for one pixel, copies sharing them. */
  readonly most: number;
}

/** Entries that read each channel. */
export function channelLoads({ channels, weights: { column } }: Layer): Int32Array<ArrayBuffer> {
  const loads = new Int32Array(channels);
  for (let e = 0; e < column.length; e++) loads[column[e] % channels]++;
  return loads;
}

/**
 * `kinds` banks with `copies` of each. Both ways are tried, since channel mod kinds is perfect where a pattern was
 * made for it, and longest first is close to it everywhere else.
 */
export function banksFor(loads: Int32Array, kinds: number, copies: number): Banks {
  const [turns, sorted] = [roundRobin(loads, kinds), balance(loads, kinds)];
  const { bin, most } = sorted.most < turns.most ? sorted : turns;
  const next = new Int32Array(kinds);
  const slot = Uint16Array.from(bin, (b) => next[b]++);
  const slots = Math.ceil(loads.length / kinds);
  return { kinds, copies, bank: Uint8Array.from(bin), slot, slots, most: Math.ceil(most / copies) };
}

/** Channel c in place c of every copy. */
export function copiesOf(channels: number, copies: number): Banks {
  const slot = Uint16Array.from({ length: channels }, (_, c) => c);
  return { kinds: 1, copies, bank: new Uint8Array(channels), slot, slots: channels, most: 0 };
}
