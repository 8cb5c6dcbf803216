/**
 * How threads share a step. All of them run the same steps in order, each computes its share of every call, and they
 * meet between two calls. What cannot be shared is computed by the first.
 *
 *     panels   some panels of the result
 *     cells    some rows of some panels, where the weights are packed in parts of their rows
 *     stretch  a stretch of arrays that are walked alike: each begins further on, and there is less of it
 */
import type { Arr } from '../../src/loop/loop.ts';
import type { Argument, Cells, Kernel, KernelMatch, RoutineCall } from '../../src/plan/kernel.ts';
import type { Step } from '../../src/plan/plan.ts';
import { pictureOf } from '../../src/tensor/type.ts';
import { lanes } from './panels.ts';
import { isCpuRoutine, membersOf } from './routine.ts';

export type Sharing =
  | { readonly kind: 'panels'; readonly images: number; readonly pixels: number }
  | ({ readonly kind: 'cells' } & Cells)
  | Stretch
  | { readonly kind: 'first' };

export interface Stretch {
  readonly kind: 'stretch';
  /** The member that says how far it goes, and how far that is. */
  readonly count: string;
  readonly length: number;
  /** Shares begin at multiples of this. */
  readonly unit: number;
  /** By how many numbers the arrays of these members go on for each of the length. */
  readonly steps: Readonly<Record<string, number>>;
}

/** More would meet for longer than they compute. */
export const mostThreads = 64;

export function sharingOf(call: RoutineCall, { call: node, writes }: Pick<Step, 'call' | 'writes'>): Sharing {
  const { range, cells } = call;
  if (cells) return { kind: 'cells', ...cells };
  const { images, pixels } = pictureOf(node.type.shape);
  const stretch = stretchOf(call);
  if (range && !(stretch && range.panels < fewPanels))
    return range.writes === writes[0]
      ? { kind: 'panels', images, pixels }
      : { kind: 'panels', images: 1, pixels: range.panels * lanes };
  return stretch ?? { kind: 'first' };
}

/** So many panels leave some threads with much less than others. */
const fewPanels = 8;

function stretchOf({ routine, args }: RoutineCall): Stretch | undefined {
  if (!isCpuRoutine(routine)) return undefined;
  const names = membersOf(routine);
  const struct = routine.struct.replace(/^(apply|channels|linear_dense)_.*/, '$1');
  return stretches[struct]?.((name) => numberIn(args[names.indexOf(name)]));
}

const numberIn = (argument: Argument | undefined): number => (typeof argument === 'number' ? argument : 0);

type Numbered = (member: string) => number;

/** A cache line of numbers: two threads never write to the same. */
const line = 16;

const each = (count: string, ...arrays: readonly string[]): ((n: Numbered) => Stretch) => {
  const steps = Object.fromEntries(arrays.map((name) => [name, 1]));
  return (n) => ({ kind: 'stretch', count, length: n(count), unit: line, steps });
};

/** Where there is one image; of several, each has its own place in every array. */
const ofOne =
  (stretch: (n: Numbered) => Omit<Stretch, 'kind' | 'length'>) =>
  (n: Numbered): Stretch | undefined => {
    if (n('images') !== 1) return undefined;
    const one = stretch(n);
    return { kind: 'stretch', length: n(one.count), ...one };
  };

/** The pixels of an image, at so many panels' worth of numbers in each array. */
const pixels = (...arrays: readonly string[]) =>
  ofOne((n) => ({
    count: 'pixels',
    unit: lanes,
    steps: Object.fromEntries(arrays.map((name) => [name, n('channels')])),
  }));

/** By the struct that a routine takes. */
const stretches: Readonly<Record<string, (number: Numbered) => Stretch | undefined>> = {
  map: each('count', 'x', 'y'),
  zip: each('count', 'a', 'b', 'y'),
  apply: each('count', 'y'),
  into_panels: pixels('x', 'y'),
  out_of_panels: pixels('x', 'y'),
  layer_norm: pixels('x', 'y'),

  planes_into_panels: ofOne((n) => ({ count: 'pixels', unit: lanes, steps: { x: 1, y: n('channels') } })),
  channels: ofOne(() => ({ count: 'channels', unit: line, steps: { x: lanes, y: 1 } })),

  pictures: (n) => ({
    kind: 'stretch',
    count: 'channels',
    length: n('channels'),
    unit: line,
    steps: { x: n('plain') === 1 ? 1 : lanes, y: lanes },
  }),

  zip_panels(n) {
    const panel = n('channels') * lanes;
    return n('images') === 1
      ? {
          kind: 'stretch',
          count: 'panels',
          length: n('panels'),
          unit: 1,
          steps: { a: n('a_panel'), b: n('b_panel'), y: panel },
        }
      : {
          kind: 'stretch',
          count: 'images',
          length: n('images'),
          unit: 1,
          steps: { a: n('a_image'), b: n('b_image'), y: n('panels') * panel },
        };
  },

  linear_dense: (n) =>
    n('batch') === 1
      ? {
          kind: 'stretch',
          count: 'outputs',
          length: n('outputs'),
          unit: line,
          steps: { weights: n('inputs'), scale: 1, bias: 1, y: 1 },
        }
      : undefined,

  softmax_rows: (n) => ({
    kind: 'stretch',
    count: 'rows',
    length: n('rows'),
    unit: 1,
    steps: { x: n('size'), y: n('size') },
  }),
};

/** The kernel as so many threads share it: what calls scribble in by themselves is there once for each. */
export const sharedBy = (threads: number, kernel: Kernel): Kernel => ({
  ...kernel,
  match(site) {
    const asked = new Map<Arr, Parameters<typeof site.scratch>>();
    const match = kernel.match({
      ...site,
      threads,
      scratch(hint, dtype, length) {
        const array: Arr = { name: hint, dtype, length };
        asked.set(array, [hint, dtype, length]);
        return array;
      },
    });
    if (typeof match === 'string') return match;
    const own = { call: site.call, writes: [site.result.array] };
    const privates = new Set(match.calls.flatMap((c) => privatesOf(c, match.calls, own, asked)));
    const made = new Map<Arr, Arr>();
    for (const [array, [hint, dtype, length]] of asked) {
      if (!match.calls.some(({ args }) => args.includes(array))) continue;
      made.set(array, site.scratch(hint, dtype, privates.has(array) ? threads * lineUp(length) : length));
    }
    return { calls: match.calls.map((c) => withArrays(c, made)) };
  },
});

/** Numbers of four bytes to the end of a cache line. */
const lineUp = (numbers: number): number => Math.ceil(numbers / line) * line;

/** Scratch that one shared call alone works in. */
function privatesOf(
  call: RoutineCall,
  calls: KernelMatch['calls'],
  step: Pick<Step, 'call' | 'writes'>,
  scratch: { readonly has: (array: Arr) => boolean },
): readonly Arr[] {
  if (sharingOf(call, step).kind === 'first') return [];
  const isScratch = (argument: Argument): argument is Arr =>
    typeof argument === 'object' && 'dtype' in argument && scratch.has(argument);
  return call.args.filter(isScratch).filter((array) => calls.every((c) => c === call || !c.args.includes(array)));
}

/** What each thread has a copy of, of the arrays of a step that `sharedBy` made. */
export function privateArrays(step: Step): ReadonlySet<Arr> {
  const { work, writes } = step;
  if (work.kind === 'loops') return new Set();
  const scratch = new Set(writes.slice(1));
  return new Set(work.calls.flatMap((call) => privatesOf(call, work.calls, step, scratch)));
}

function withArrays(call: RoutineCall, made: ReadonlyMap<Arr, Arr>): RoutineCall {
  const placed = <T extends Argument>(argument: T): T | Arr => made.get(argument as Arr) ?? argument;
  const { range } = call;
  return {
    ...call,
    args: call.args.map(placed),
    ...(range && {
      range: {
        ...range,
        writes: placed(range.writes),
        reads: new Map(Array.from(range.reads, ([array, needs]) => [placed(array), needs])),
      },
    }),
  };
}
