/** Recurrent layers, step after step: the length of the sequence is known. */
import type { Value } from '../../builder.ts';
import { broken } from '../../builder.ts';
import { cast, concat, reshape, scalar, slice, transpose } from '../../compose.ts';
import type { Layer } from '../layer.ts';
import { linear } from './product.ts';
import type { Cell, CellOptions, State } from './recurrent-cells.ts';
import { functionsOf } from './recurrent-functions.ts';
import { zerosOf } from './zeros.ts';

export interface Recurrence {
  readonly gates: number;
  readonly cell: Cell;
  readonly functions: readonly string[];
}

/** Each step is a few calls of its own. */
const mostSteps = 4096;

/** The states after all steps, [steps, directions, batch, hidden], and the last states, [directions, batch, hidden]. */
export function recurrent(l: Layer, recurrence: Recurrence): readonly Value[] {
  const isBatchFirst = l.int('layout', 0) === 1;
  const sequence = operand(l, 0, 3, 'input');
  const x = isBatchFirst && !l.failed ? transpose(l, sequence, [1, 0, 2]) : sequence;
  const directions = directionsOf(l);
  const sizes = sizesOf(l, x, directions.length, recurrence.gates);
  if (!sizes) return [broken];
  const { steps, batch, hidden } = sizes;
  const lengths = lengthsOf(l, steps, batch);
  const functions = functionsOf(l, recurrence.functions, directions.length);
  const initial = [5, 6].map((index) => initialState(l, index, isBatchFirst, [directions.length, batch, hidden]));
  if (l.failed) return [broken];
  const runs = directions.map((backwards, d) => {
    const gates = recurrence.gates * hidden;
    const biases = optionalPart(l, 3, d, 2 * gates) ?? zerosOf(l, 'f32', [2 * gates]);
    const inputs = linear(l, x, part(l, l.operand(1), d), slice(l, biases, [0], [gates]));
    const options: CellOptions = {
      weights: {
        recurrence: cast(l, part(l, l.operand(2), d), 'f32'),
        bias: slice(l, biases, [gates], [gates]),
        peepholes: recurrence.gates === 4 ? optionalPart(l, 7, d, 3 * hidden) : undefined,
      },
      functions: functions[d],
      clip: l.has('clip') ? l.float('clip') : undefined,
      coupled: l.flag('input_forget', false),
      linearBeforeReset: l.flag('linear_before_reset', false),
    };
    const start = { h: part(l, initial[0], d), c: part(l, initial[1], d) };
    return runThrough(l, inputs, start, { backwards, lengths, step: (v, s) => recurrence.cell(l, v, s, options) });
  });
  const all = concat(
    l,
    runs.map((run) => reshape(l, run.all, [steps, 1, batch, hidden])),
    1,
  );
  const last = (which: keyof State): Value => {
    const states = runs.map(({ end }) => reshape(l, end[which], [1, batch, hidden]));
    const joined = concat(l, states, 0);
    return isBatchFirst ? transpose(l, joined, [1, 0, 2]) : joined;
  };
  return [isBatchFirst ? transpose(l, all, [2, 0, 1, 3]) : all, last('h'), last('c')];
}

/** Whether each direction goes from the last step to the first. */
function directionsOf(l: Layer): readonly boolean[] {
  const direction = l.text('direction', 'forward');
  if (direction === 'forward' || direction === '') return [false];
  if (direction === 'reverse') return [true];
  if (direction !== 'bidirectional') l.fail('has a "direction" that is not forward, reverse or bidirectional');
  return [false, true];
}

function operand(l: Layer, index: number, rank: number, what: string): Value {
  const value = l.operand(index);
  if (value === broken || value.type.shape.length === rank) return cast(l, value, 'f32');
  return l.fail(`takes its ${what} with ${rank} axes and is given [${value.type.shape.join(', ')}]`);
}

function sizesOf(l: Layer, x: Value, directions: number, gates: number) {
  const [weights, recurrence] = [operand(l, 1, 3, 'weights'), operand(l, 2, 3, 'recurrence weights')];
  if (l.failed) return undefined;
  const [steps, batch, features] = x.type.shape;
  const hidden = recurrence.type.shape[2];
  const wanted = [
    [directions, gates * hidden, features],
    [directions, gates * hidden, hidden],
  ];
  const given = [weights.type.shape, recurrence.type.shape];
  const odd = wanted.findIndex((shape, i) => shape.some((d, axis) => d !== given[i][axis]));
  if (odd >= 0) l.fail(`takes weights of [${wanted[odd].join(', ')}] and is given [${given[odd].join(', ')}]`);
  if (steps > mostSteps || steps < 1)
    l.fail(
      `has ${steps} steps, and 1 to ${mostSteps} are read`,
      'give the input a shorter sequence with --shape, and run the model on one part after the other',
    );
  return l.failed ? undefined : { steps, batch, hidden };
}

/** How many steps each sequence of the batch has; undefined where all have all. */
function lengthsOf(l: Layer, steps: number, batch: number): readonly number[] | undefined {
  if (!l.optional(4)) return undefined;
  const lengths = l.numbers(4, 'sequence lengths');
  if (l.failed) return undefined;
  if (lengths.length !== batch || lengths.some((n) => n < 0 || n > steps))
    l.fail(`takes ${batch} sequence lengths in 0..${steps} and is given [${lengths.slice(0, 8).join(', ')}]`);
  return lengths.every((n) => n === steps) ? undefined : lengths;
}

function initialState(l: Layer, index: number, isBatchFirst: boolean, shape: readonly number[]): Value {
  const given = l.optional(index);
  if (!given) return zerosOf(l, 'f32', shape, 'state');
  const value = cast(l, given, 'f32');
  const [directions, batch, hidden] = shape;
  const wanted = isBatchFirst ? [batch, directions, hidden] : shape;
  if (value.type.shape.length !== 3 || wanted.some((d, axis) => d !== value.type.shape[axis]))
    return l.fail(`takes a first state of [${wanted.join(', ')}] and is given [${value.type.shape.join(', ')}]`);
  return isBatchFirst ? transpose(l, value, [1, 0, 2]) : value;
}

/** What belongs to one direction. */
function part(l: Layer, value: Value, direction: number): Value {
  const [, ...shape] = value.type.shape;
  const own = slice(l, cast(l, value, 'f32'), [direction, ...shape.map(() => 0)], [1, ...shape]);
  return reshape(l, own, shape);
}

function optionalPart(l: Layer, index: number, direction: number, size: number): Value | undefined {
  const value = l.optional(index);
  if (!value) return undefined;
  const { shape } = value.type;
  if (shape.length === 2 && shape[1] === size && direction < shape[0]) return part(l, value, direction);
  return l.fail(`takes ${size} numbers for each direction as input ${index} and is given [${shape.join(', ')}]`);
}

interface Run {
  readonly backwards: boolean;
  readonly lengths: readonly number[] | undefined;
  readonly step: (x: Value, state: State) => State;
}

/** The states after each step, [steps, batch, hidden], in the order of the input, and the last. */
function runThrough(
  l: Layer,
  inputs: Value,
  start: State,
  { backwards, lengths, step }: Run,
): { readonly all: Value; readonly end: State } {
  const [steps, batch, gates] = inputs.type.shape;
  const [, hidden] = start.h.type.shape;
  const all: Value[] = [];
  let state = start;
  for (let i = 0; i < steps && !l.failed; i++) {
    const t = backwards ? steps - 1 - i : i;
    const x = reshape(l, slice(l, inputs, [t, 0, 0], [1, batch, gates]), [batch, gates]);
    const next = step(x, state);
    const inside = lengths && Int32Array.from(lengths, (n) => Number(t < n));
    const keep = (fresh: Value, old: Value): Value =>
      inside?.includes(0) ? l.call({ kind: 'select' }, l.known(inside, [batch, 1], 'inside'), fresh, old) : fresh;
    state = { h: keep(next.h, state.h), c: keep(next.c, state.c) };
    all[t] = reshape(l, keep(next.h, scalar(l, 0, next.h)), [1, batch, hidden]);
  }
  return { all: l.failed ? broken : concat(l, all, 0), end: state };
}
