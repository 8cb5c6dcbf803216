/**
 * Chains: neighbouring steps that run band by band. Each computes some panels of its result, then the next step computes
 * what it can of them, so that what lies between is read while it is still near the core. Of such values only a window is
 * kept in memory: what steps to come still read is moved to its front before each band.
 */
import type { Arr } from '../loop/loop.ts';
import { bytesPer } from '../tensor/type.ts';
import type { Panels, Range } from './kernel.ts';
import type { Step } from './plan.ts';

export interface Chain {
  /** Its first and its last step. */
  readonly first: number;
  readonly last: number;
  /** Values of which only a window is there. */
  readonly windows: readonly Window[];
  readonly bands: readonly Band[];
}

export interface Window {
  readonly array: Arr;
  /** Panels that it has room for, and numbers in each. */
  readonly panels: number;
  readonly size: number;
}

export interface Band {
  /** The panels that each step computes. */
  readonly ranges: readonly Panels[];
  /** For each window the panels in it when the band begins; others behind them are computed in the band. */
  readonly kept: readonly Panels[];
}

export interface Surroundings {
  readonly steps: readonly Step[];
  /** Bytes of a cache that what runs in a chain must fit: its windows and weights. */
  readonly near: number;
  readonly isPort: (array: Arr) => boolean;
  readonly isConstant: (array: Arr) => boolean;
}

export function chainsOf(surroundings: Surroundings): readonly Chain[] {
  const { steps } = surroundings;
  const lastRead = new Map(steps.flatMap(({ reads }, i) => reads.map((array) => [array, i] as const)));
  const chains: Chain[] = [];
  for (let first = 0; first < steps.length; first++) {
    const chain = chainFrom(first, { ...surroundings, lastRead });
    if (!chain) continue;
    chains.push(chain);
    first = chain.last;
  }
  return chains;
}

interface Context extends Surroundings {
  readonly lastRead: ReadonlyMap<Arr, number>;
}

interface Candidate extends Context {
  readonly first: number;
  readonly ranges: readonly Range[];
}

/** The longest chain that begins with a step, stays near, and has values that would not. */
function chainFrom(first: number, context: Context): Chain | undefined {
  const { steps, near } = context;
  const ranges: Range[] = [];
  let best: Chain | undefined;
  for (const step of steps.slice(first)) {
    const range = rangeOf(step);
    const written = new Set(ranges.map(({ writes }) => writes));
    if (!range || step.reads.some((array) => written.has(array) && !range.reads.has(array))) break;
    ranges.push(range);
    best = nearest({ ...context, first, ranges }) ?? best;
    // What is small is near without a chain.
    if (bytesOf(range.writes) < near / 2) break;
  }
  return best;
}

/** The range of a step that is one call, if it can be cut. */
function rangeOf({ work }: Step): Range | undefined {
  return work.kind === 'routines' && work.calls.length === 1 ? work.calls[0].range : undefined;
}

const bytesOf = ({ length, dtype }: Arr): number => length * bytesPer[dtype];

const sum = (numbers: readonly number[]): number => numbers.reduce((total, n) => total + n, 0);

/** Values that take so many times the cache are worth a chain. */
const worthwhile = 1.25;

/** The chain of some steps with the longest bands that keep it near, if there are any and if it saves enough. */
function nearest(candidate: Candidate): Chain | undefined {
  const { steps, first, ranges, near, isPort, isConstant, lastRead } = candidate;
  const last = first + ranges.length - 1;
  const windowed = new Set(
    ranges.map(({ writes }) => writes).filter((array) => !isPort(array) && (lastRead.get(array) ?? Infinity) <= last),
  );
  if (sum(Array.from(windowed, bytesOf)) < worthwhile * near) return undefined;
  const constants = new Set(steps.slice(first, last + 1).flatMap(({ reads }) => reads.filter(isConstant)));
  const room = near - sum(Array.from(constants, bytesOf));
  const { panels } = ranges[ranges.length - 1];
  for (let length = Math.ceil(panels / 2); length >= 1; length = Math.min(length - 1, Math.ceil(length * 0.8))) {
    const count = Math.ceil(panels / length);
    if (ranges.some((range) => range.panels < range.least * count)) return undefined;
    const chain = bandsOf(candidate, windowed, count);
    const bytes = sum(chain.windows.map((w) => w.panels * w.size * bytesPer[w.array.dtype]));
    if (bytes <= room) return chain;
  }
  return undefined;
}

/** What a chain does in so many bands of about the same length of its last result. */
function bandsOf({ first, ranges }: Candidate, windowed: ReadonlySet<Arr>, count: number): Chain {
  const readers = ranges.map(({ writes }) =>
    ranges.flatMap(({ reads }, step) => {
      const needs = reads.get(writes);
      return needs ? [{ step, needs }] : [];
    }),
  );
  const room = ranges.map(() => 0);
  const bands: Band[] = [];
  let done = ranges.map(() => 0);
  for (let band = 1; band <= count; band++) {
    const before = done;
    const end = [...done];
    for (let i = ranges.length - 1; i >= 0; i--) {
      const { writes, panels, unit = 1 } = ranges[i];
      const asked = readers[i].flatMap(({ step, needs }) =>
        end[step] > before[step] ? [needs([before[step], end[step]])[1]] : [],
      );
      const even = readers[i].length === 0 || (band === count && !windowed.has(writes));
      const least = Math.max(before[i], ...asked, even ? Math.ceil((panels * band) / count) : 0);
      end[i] = Math.min(panels, unit * Math.ceil(least / unit));
    }
    const kept = ranges.map((_, i): Panels => {
      const next = readers[i].flatMap(({ step, needs }) =>
        before[step] < ranges[step].panels ? [needs([before[step], before[step] + 1])[0]] : [],
      );
      return [Math.min(before[i], ...next), before[i]];
    });
    for (const i of ranges.keys()) room[i] = Math.max(room[i], end[i] - kept[i][0]);
    const held = ranges.flatMap(({ writes }, i) => (windowed.has(writes) ? [kept[i]] : []));
    bands.push({ ranges: end.map((stop, i): Panels => [before[i], stop]), kept: held });
    done = end;
  }
  const windows = ranges.flatMap(({ writes, panels }, i) =>
    windowed.has(writes) ? [{ array: writes, panels: room[i], size: writes.length / panels }] : [],
  );
  return { first, last: first + ranges.length - 1, windows, bands };
}
