/** `Loop` and `Scan` of ONNX: as many copies of their body as they run times, which must be known. */
import type { Value } from '../../builder.ts';
import { axisOf, concat, reshape, slice } from '../../compose.ts';
import type { Bound, Named } from '../bound.ts';
import { absent, isNamed, tensorIn } from '../bound.ts';
import { dtypeOfElement, elementOf, sizeOf } from '../elements.ts';
import type { BoundRow, BoundRows, Layer } from '../layer.ts';
import type { GraphProto, ValueInfoProto } from '../schema.ts';

type Operands = readonly (Bound | undefined)[];

/** Calls take so many operands at most; longer lists are put together in steps. */
const mostJoined = 1024;

/** Elements of a sequence that are taken one by one. */
const mostSteps = 2 ** 14;

/** Values of one shape, one after the other along a new axis. */
export function stack(l: Layer, parts: readonly Value[], axis: number): Value {
  const rows = parts.map((part) => {
    const at = axisOf(l, axis, part.type.shape.length + 1);
    return reshape(l, part, part.type.shape.toSpliced(at, 0, 1));
  });
  const rank = rows[0]?.type.shape.length ?? 0;
  return join(l, rows, axisOf(l, axis, rank));
}

/** Any number of values side by side. */
export function join(l: Layer, parts: readonly Value[], axis: number): Value {
  if (parts.length <= mostJoined) return concat(l, parts, axis);
  const count = Math.ceil(parts.length / mostJoined);
  return concat(
    l,
    Array.from({ length: count }, (_, i) => concat(l, parts.slice(i * mostJoined, (i + 1) * mostJoined), axis)),
    axis,
  );
}

/** The elements of a value along an axis, one by one, without it. */
export function unstack(l: Layer, { value, element }: Named, axis: number): readonly Named[] {
  const { shape } = value.type;
  const at = axisOf(l, axis, shape.length);
  if (shape[at] > mostSteps) l.fail(`goes over ${shape[at]} elements one by one, and at most ${mostSteps} are read`);
  return Array.from({ length: l.failed ? 0 : shape[at] }, (_, i) => {
    const begin = shape.map((_d, a) => (a === at ? i : 0));
    return { value: reshape(l, slice(l, value, begin, shape.with(at, 1)), shape.toSpliced(at, 1)), element };
  });
}

/** What a graph collects when it never runs. */
function nothing(l: Layer, { type }: ValueInfoProto): Named {
  const element = elementOf(type?.tensorType?.elemType ?? 1) ?? 'float';
  const dims = type?.tensorType?.shape?.dim.map(({ dimValue }) => (dimValue && sizeOf(dimValue)) ?? 0) ?? [];
  const empty = dtypeOfElement(element) === 'i32' ? new Int32Array(0) : new Float32Array(0);
  return { element, value: l.known(empty, [0, ...dims]) };
}

/** Column by column what every round has collected. */
function collected(l: Layer, rounds: readonly Operands[], ports: readonly ValueInfoProto[], axes?: readonly number[]) {
  return ports.map((port, i): Named | undefined => {
    if (rounds.length === 0) return nothing(l, port);
    const parts = rounds.map((round) => tensorIn(l, round, i));
    if (l.failed) return undefined;
    const [first] = parts;
    const values = parts.flatMap((part) => (part ? [part.value] : []));
    return first && { element: first.element, value: stack(l, values, axes?.[i] ?? 0) };
  });
}

const mend = 'fix the input that it depends on with --constant NAME=VALUE, or export the model with the loop unrolled';

/** Whether to go on, where that is known. */
function truth(l: Layer, condition: Bound | undefined): boolean {
  if (!isNamed(condition) || condition.value.data?.length !== 1) {
    l.fail('goes on while a condition holds that is computed from the input', mend);
    return false;
  }
  return condition.value.data[0] !== 0;
}

/** operands: how often at most, whether to begin, and what each round hands to the next; both of the first may be left out. */
export const loop: BoundRow = (l, operands) => {
  const graph = l.graph('body');
  const most = operands[0] ? l.number(0, 'number of rounds') : Infinity;
  const [, given, ...first] = operands;
  if (!graph || l.failed) return [];
  if (graph.output.length <= first.length) {
    l.fail(`hands ${first.length} values on, and its graph has ${graph.output.length} outputs`);
    return [];
  }
  let go = given ? truth(l, given) : true;
  let state: Operands = first.map((value) => value ?? absent);
  const rounds: Operands[] = [];
  for (let i = 0; i < most && go && !l.failed; i++) {
    const round: Named = { element: 'int64', value: l.known(Int32Array.of(i), [], 'round') };
    const condition: Named = { element: 'bool', value: l.known(Int32Array.of(1), [], 'condition') };
    const results = l.body(graph, [round, condition, ...state], `body/${i}/`);
    if (results.length < graph.output.length) return failures(l);
    go = given ? truth(l, results[0]) : true;
    state = results.slice(1, first.length + 1);
    rounds.push(results.slice(first.length + 1));
  }
  return [...state, ...collected(l, rounds, graph.output.slice(first.length + 1))];
};

/** The body could not be read, and has said why. */
const failures = (l: Layer): Operands => Array<undefined>(l.outputs).fill(undefined);

interface Directions {
  readonly inputAxes: readonly number[];
  readonly outputAxes: readonly number[];
  /** 1 for those that run backwards. */
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
}

/** One pass over sequences, element by element; undefined after a failure of the body. */
function pass(l: Layer, graph: GraphProto, first: Operands, sequences: readonly Named[], ways: Directions) {
  const parts = sequences.map((sequence, i) => {
    const steps = unstack(l, sequence, ways.inputAxes[i] ?? 0);
    return ways.inputs[i] === 1 ? steps.toReversed() : steps;
  });
  const count = parts[0]?.length ?? 0;
  const odd = parts.find(({ length }) => length !== count);
  if (odd) l.fail(`goes over sequences of ${count} and of ${odd.length}`);
  if (graph.output.length < first.length)
    l.fail(`hands ${first.length} values on, and its graph has ${graph.output.length} outputs`);
  let state = first.map((value) => value ?? absent);
  const rounds: Operands[] = [];
  for (let i = 0; i < count && !l.failed; i++) {
    const results = l.body(graph, [...state, ...parts.map((steps) => steps[i])], `body/${i}/`);
    if (results.length < graph.output.length) return undefined;
    state = results.slice(0, first.length);
    rounds.push(results.slice(first.length));
  }
  if (l.failed) return undefined;
  const columns = graph.output.slice(first.length).map((port, i) => {
    const ordered = ways.outputs[i] === 1 ? rounds.toReversed() : rounds;
    return collected(
      l,
      ordered.map((round) => round.slice(i, i + 1)),
      [port],
      [ways.outputAxes[i] ?? 0],
    )[0];
  });
  return [...state, ...columns];
}

const scan: BoundRow = (l, operands) => {
  const graph = l.graph('body');
  const count = l.int('num_scan_inputs');
  const old = l.opset < 9;
  const given = old ? operands.slice(1) : operands;
  if (!graph || l.failed) return [];
  if (count < 1 || count > given.length) {
    l.fail(`goes over ${count} sequences and is given ${given.length} inputs`);
    return [];
  }
  const first = given.slice(0, given.length - count);
  const sequences = given.slice(given.length - count).flatMap((_, i, all) => tensorIn(l, all, i) ?? []);
  if (l.failed) return [];
  if (old) return batches(l, graph, first, sequences, operands[0]);
  const ways = {
    inputAxes: l.ints('scan_input_axes', []),
    outputAxes: l.ints('scan_output_axes', []),
    inputs: l.ints('scan_input_directions', []),
    outputs: l.ints('scan_output_directions', []),
  };
  return pass(l, graph, first, sequences, ways) ?? failures(l);
};

/** Before operator set 9: everything has a leading axis of a batch, and every sequence of it is passed over by itself. */
function batches(
  l: Layer,
  graph: GraphProto,
  first: Operands,
  sequences: readonly Named[],
  lengths: Bound | undefined,
): Operands {
  const states = first.flatMap((_, i) => tensorIn(l, first, i) ?? []);
  if (lengths) l.fail('goes over sequences of different lengths', 'export the model with a newer opset_version');
  const parts = [...states, ...sequences].map((value) => unstack(l, value, 0));
  const count = parts[0]?.length ?? 0;
  if (parts.some(({ length }) => length !== count)) l.fail('goes over batches of different sizes');
  const ways = { inputAxes: [], outputAxes: [], inputs: l.ints('directions', []), outputs: [] };
  const rounds: Operands[] = [];
  for (let b = 0; b < count && !l.failed; b++) {
    const own = parts.map((values) => values[b]);
    const results = pass(l, graph, own.slice(0, states.length), own.slice(states.length), ways);
    if (!results) return failures(l);
    rounds.push(results);
  }
  return l.failed ? [] : collected(l, rounds, graph.output);
}

export const scanRows: BoundRows = { Scan: scan };
