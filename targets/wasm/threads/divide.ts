/**
 * How calls are divided among threads: each into parts that write apart from each other and may be computed in any order.
 * A part is the same call with other values for some of its parameters, so that nothing about how a number is computed
 * depends on it. Calls of routines that have no row here are not divided.
 */
import { bug } from '../../../src/diagnostic.ts';
import type { Arr } from '../../../src/loop/loop.ts';
import type { Argument, Routine, RoutineCall } from '../../../src/plan/kernel.ts';
import type { Numbers } from '../../../src/tensor/numbers.ts';
import { lanes } from '../panels.ts';
import { panels, passesOf } from './panels.ts';
import type { Limits } from './pieces.ts';
import { pieces, stretch } from './pieces.ts';
import { templateOf } from './streams.ts';
import { windows } from './windows.ts';

/** By parameter: of a number what it is, of an array how many bytes further on it begins. */
export type Part = Readonly<Record<string, number>>;

/** A call, by the names of its routine's parameters. */
export interface NamedCall {
  readonly routine: Routine;
  readonly number: (name: string) => number;
  /** Of several arrays those that are passed, which begin further on by so many bytes. */
  readonly further: (bytes: Readonly<Record<string, number>>) => Part;
  /** Numbers that an array has from the start; of arrays that are computed nothing is known. */
  readonly constant: (name: string) => Numbers | undefined;
}

/** One part that is empty is the whole call. */
export type Divide = (call: NamedCall, limits: Limits) => readonly Part[];

/** A call, or what is done first and next in its place. */
export interface Stage {
  readonly call: RoutineCall;
  readonly parts: readonly Part[];
}

export interface Dividing {
  /** Parameters of the routine, in order. */
  readonly names: readonly string[];
  readonly limits: Limits;
  readonly constantOf: (array: Arr) => Numbers | undefined;
}

export function stagesOf(whole: RoutineCall, { names, limits, constantOf }: Dividing): readonly Stage[] {
  const { routine, args } = whole;
  const divide = divisions[templateOf(routine)];
  if (!divide) return [{ call: whole, parts: [{}] }];
  const find = (name: string): Argument | undefined => args[names.indexOf(name)];
  const arrayAt = (name: string): Arr | undefined => {
    const argument = find(name);
    return typeof argument === 'object' && 'dtype' in argument ? argument : undefined;
  };
  const call: NamedCall = {
    routine,
    number(name) {
      const argument = find(name);
      return typeof argument === 'number' ? argument : bug(`"${routine.name}" is given no number "${name}"`);
    },
    further: (bytes) => Object.fromEntries(Object.entries(bytes).filter(([name]) => arrayAt(name) !== undefined)),
    constant(name) {
      const array = arrayAt(name);
      return array && constantOf(array);
    },
  };
  const parts = divide(call, limits);
  const passes = passesOf(call, limits, parts.length);
  if (passes.length < 2) return [{ call: whole, parts: parts.length > 1 ? parts : [{}] }];
  // What bounds sums is for the last pass alone.
  const bounds: Readonly<Record<string, Argument>> = { low: { f32: -Infinity }, high: { f32: Infinity } };
  return passes.map((parts, i) => ({
    call:
      i === passes.length - 1 ? whole : { ...whole, args: args.map((argument, at) => bounds[names[at]] ?? argument) },
    parts,
  }));
}

/** By the template of a routine. */
const divisions: Readonly<Record<string, Divide>> = {
  ...panels,
  ...windows,

  map: stretch('n', 16, () => ({ x: 4, y: 4 })),

  'zip-rows'(call, limits) {
    const [rows, n, step] = ['rows', 'n', 'step'].map(call.number);
    return rows === 1
      ? stretch('n', 16, () => ({ x: 4, other: 4, y: 4 }))(call, limits)
      : stretch('rows', 1, () => ({ x: 4 * n, other: step, y: 4 * n }))(call, limits);
  },

  'zip-splat'(call, limits) {
    const [turns, groups, n, step] = ['turns', 'groups', 'n', 'step'].map(call.number);
    if (turns > 1) return stretch('turns', 1, () => ({ x: 4 * n * groups, y: 4 * n * groups }))(call, limits);
    return groups > 1
      ? stretch('groups', 1, () => ({ x: 4 * n, other: step, y: 4 * n }))(call, limits)
      : stretch('n', 16, () => ({ x: 4, y: 4 }))(call, limits);
  },

  'copy-blocks'({ number }, limits) {
    const [from, to, blocks, n] = ['from_first', 'to_first', 'blocks', 'n'].map(number);
    const [fromStep, toStep] = ['from_step', 'to_step'].map(number);
    return blocks > 1
      ? pieces(blocks, { work: blocks * n, limits }).map(([begin, end]) => ({
          from_first: from + begin * fromStep,
          to_first: to + begin * toStep,
          blocks: end - begin,
        }))
      : pieces(n, { unit: 16, work: n, limits }).map(([begin, end]) => ({
          from_first: from + 4 * begin,
          to_first: to + 4 * begin,
          n: end - begin,
        }));
  },

  'fill-blocks'({ number }, limits) {
    const [first, blocks, n, step] = ['first', 'blocks', 'n', 'step'].map(number);
    return pieces(blocks, { work: blocks * n, limits }).map(([begin, end]) => ({
      first: first + begin * step,
      blocks: end - begin,
    }));
  },

  'layer-norm': stretch('rows', 1, (number) => ({ x: 4 * number('n'), y: 4 * number('n') })),
  'softmax-rows': stretch('rows', 1, (number) => ({ x: 4 * number('n'), y: 4 * number('n') })),

  'swap-axes'({ number, further }, limits) {
    const [count, rows, columns] = ['count', 'rows', 'columns'].map(number);
    const work = count * rows * columns;
    if (count > 1)
      return pieces(count, { work, limits }).map(([begin, end]) => ({
        ...further({ x: 4 * begin * rows * columns, y: 4 * begin * rows * columns }),
        count: end - begin,
      }));
    // Columns that are left over are moved with some before them: they stay together.
    const fours = Math.max(1, Math.floor(columns / 4));
    return pieces(fours, { work, limits }).map(([begin, end]) => ({
      first: 4 * begin,
      last: end === fours ? columns : 4 * end,
    }));
  },

  attention({ number }, limits) {
    const [cells, keys, deep, part] = ['last', 'keys', 'deep', 'part'].map(number);
    const work = cells * lanes * keys * (deep + part);
    return pieces(cells, { work, limits }).map(([first, last]) => ({ first, last }));
  },

  matmul({ routine, number, further }, limits) {
    const [batches, rows, columns, depth] = ['batches', 'rows', 'columns', 'depth'].map(number);
    const [down, abatch, bbatch] = ['down', 'abatch', 'bbatch'].map(number);
    const { high } = routine.view as { readonly high: number };
    const work = batches * rows * columns * depth;
    if (batches > 1)
      return pieces(batches, { work, limits }).map(([begin, end]) => ({
        ...further({ a: begin * abatch, b: begin * bbatch, y: 4 * begin * rows * columns }),
        batches: end - begin,
      }));
    // Rows that are left over are computed with some before them: they stay together.
    const whole = Math.floor(rows / high);
    return pieces(whole, { work, limits }).map(([begin, end]) => ({
      ...further({ a: begin * high * down, y: 4 * begin * high * columns }),
      rows: (end === whole ? rows : end * high) - begin * high,
    }));
  },

  'top-k': stretch('rows', 1, (number) => ({ x: 4 * number('n'), y: 4 * number('k') })),
};
