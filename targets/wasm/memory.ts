/**
 * Where everything lies in the module's memory:
 *
 *     inputs | stamp | constants as they are | constants made at load | outputs | arena | what threads share
 *
 * What constants are made of lies over these and what is behind them, where nothing is until the first run: stored-forms.ts
 * has how.
 */
import type { Arr } from '../../src/loop/loop.ts';
import { alignUp } from '../../src/plan/arena.ts';
import type { RoutineCall } from '../../src/plan/kernel.ts';
import type { Plan, Port } from '../../src/plan/plan.ts';
import { bytesOf } from '../../src/tensor/numbers.ts';
import { bytesPer } from '../../src/tensor/type.ts';
import { liesApart, storedForms } from './stored-forms.ts';

export interface MemoryMap {
  /** Byte address of each array. */
  readonly places: ReadonlyMap<Arr, number>;
  /** What memory holds when the module starts, by rising offset. */
  readonly data: readonly Segment[];
  /** What its loader puts there, before anything is expanded: the weights, where they are to be a file. */
  readonly beside: readonly Segment[];
  /** The calls that make constants of what is stored, in the only order that is safe. */
  readonly expansions: readonly RoutineCall[];
  readonly pages: number;
  /** Where the stamp is, and what it is, as a u32. */
  readonly stamp: { readonly at: number; readonly value: number };
  /** Where constants end: what lies between that and `control` is written in every run before it is read. */
  readonly kept: number;
  /** Behind everything else, on a line of the cache: what threads know of each other by. */
  readonly control: number;
}

export interface Segment {
  readonly offset: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

export const pageBytes = 65536;

/** The bytes of the stamp: see `stampOf`. */
const stampBytes = 4;

const sizeOf = ({ dtype, length }: Arr): number => length * bytesPer[dtype];

/** `guard` bytes that nothing uses follow each array: for tests, which look whether they stay as they were. */
export function mapMemory(
  plan: Plan,
  guard = 0,
  apart = false,
  controlWords: Int32Array<ArrayBuffer> = new Int32Array(),
): MemoryMap {
  const places = new Map<Arr, number>();
  let end = 0;
  const put = (array: Arr): void => {
    if (places.has(array)) return;
    places.set(array, end);
    end = alignUp(end + sizeOf(array) + guard);
  };
  const made = plan.constants.filter((c) => c.stored || liesApart(c));
  const raw = plan.constants.filter((c) => !made.includes(c));
  const ordered = [...made.filter((c) => !c.stored), ...made.filter((c) => c.stored)];

  for (const { array } of plan.inputs) put(array);
  const stampAt = end;
  end = alignUp(end + stampBytes + guard);
  for (const { array } of raw) put(array);
  const least = end;
  for (const { array } of ordered) put(array);
  const kept = end;
  for (const { array } of plan.outputs) put(array);
  for (const [array, offset] of plan.arena.places) places.set(array, end + offset);
  const { data, expansions, reach } = storedForms(ordered, places, least);
  const control = alignUp(Math.max(end + plan.arena.peak, reach));
  const pages = Math.max(1, Math.ceil((control + controlWords.byteLength) / pageBytes));
  const stamp = {
    at: stampAt,
    value: stampOf(plan, places, [pages, ...(controlWords.length > 0 ? [control, ...controlWords] : [])]),
  };
  const own: readonly Segment[] = [
    { offset: stamp.at, bytes: bytesOf(Int32Array.of(stamp.value)) },
    { offset: control, bytes: bytesOf(controlWords) },
  ];
  const weights = [...raw.map((c) => ({ offset: places.get(c.array) ?? 0, bytes: bytesOf(c.data) })), ...data];
  return {
    places,
    data: merge(apart ? own : [...own, ...weights]),
    beside: apart ? merge(weights) : [],
    expansions,
    pages,
    stamp,
    kept,
    control,
  };
}

/**
 * Made of all that a binding takes for granted of its module. It lies in memory, among the data, so that a binding which finds it
 * knows that the module is its own and was read to the end. FNV-1a, 32 bits.
 */
function stampOf({ inputs, outputs }: Plan, places: ReadonlyMap<Arr, number>, more: readonly number[]): number {
  const of = ({ name, type, array }: Port) => [name, type.dtype, type.shape, places.get(array)];
  const text = JSON.stringify([inputs.map(of), outputs.map(of), ...more]);
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}

/** A gap of zeros costs less than another segment up to about this many bytes. */
const cheapGap = 64;

/** Neighbours become one segment. */
function merge(segments: readonly Segment[]): readonly Segment[] {
  const runs: Segment[][] = [];
  let end = -Infinity;
  for (const segment of segments.toSorted((a, b) => a.offset - b.offset)) {
    if (segment.bytes.length === 0) continue;
    if (segment.offset - end <= cheapGap) runs[runs.length - 1].push(segment);
    else runs.push([segment]);
    end = segment.offset + segment.bytes.length;
  }
  return runs.map((run) => {
    const [first, last] = [run[0], run[run.length - 1]];
    const bytes = new Uint8Array(last.offset + last.bytes.length - first.offset);
    for (const segment of run) bytes.set(segment.bytes, segment.offset - first.offset);
    return { offset: first.offset, bytes };
  });
}
