/**
 * ONNX operators that put elements into a value by number. Where the numbers are known, every element knows which
 * update it gets: a gather of the updates, and a choice. Where they are computed, every element is compared with each.
 */
import type { BinaryName } from '../../../ops/scalar.ts';
import { stridesOf } from '../../../ops/strides.ts';
import type { Shape } from '../../../tensor/type.ts';
import { elements, sameShape } from '../../../tensor/type.ts';
import type { Value } from '../../builder.ts';
import { axisOf, binary, cast, reshape, slice } from '../../compose.ts';
import type { Layer, Row, Rows } from '../layer.ts';
import { counted } from './indices.ts';
import { rowNumbers } from './ops-gather.ts';

/** Elements that are looked at one by one. */
const mostPlaces = 2 ** 22;
/** Updates that are compared with every element, or that one element gets. */
const mostRounds = 32;

const reductions: Readonly<Record<string, BinaryName | undefined>> = {
  none: undefined,
  add: 'add',
  mul: 'mul',
  max: 'max',
  min: 'min',
};

/** What becomes of an element that gets an update. */
function updated(l: Layer, before: Value, update: Value): Value {
  const fn = reductions[l.text('reduction', 'none')];
  return fn ? binary(l, fn, before, update) : update;
}

const choose = (l: Layer, where: Value, yes: Value, no: Value): Value => l.call({ kind: 'select' }, where, yes, no);

interface Round {
  /** For every row the update that it gets; 0 where it gets none. */
  readonly from: Int32Array<ArrayBuffer>;
  /** 1 for every row that gets one. */
  readonly hit: Int32Array<ArrayBuffer>;
}

/** A row gets one update in a round: the last of all, or one after the other. */
function roundsOf(rows: ArrayLike<number>, count: number, lastOnly: boolean): readonly Round[] | string {
  const rounds: Round[] = [];
  const seen = new Int32Array(count);
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i];
    const round = lastOnly ? 0 : seen[row]++;
    if (round === mostRounds) return `puts over ${mostRounds} updates into one element`;
    rounds[round] ??= { from: new Int32Array(count), hit: new Int32Array(count) };
    rounds[round].from[row] = i;
    rounds[round].hit[row] = 1;
  }
  return rounds;
}

/** x: [rows, size], updates: [count, size], and the row that each update is for. */
function putKnown(l: Layer, x: Value, updates: Value, rows: ArrayLike<number>): Value {
  const [count] = x.type.shape;
  if (count > mostPlaces) return l.fail(`puts elements into ${count} places, and at most ${mostPlaces} are read`);
  const rounds = roundsOf(rows, count, l.text('reduction', 'none') === 'none');
  if (typeof rounds === 'string') return l.fail(rounds);
  return rounds.reduce((before, { from, hit }) => {
    const picked = l.call({ kind: 'gather', axis: 0 }, updates, l.known(from, [count], 'indices'));
    const after = updated(l, before, picked);
    return hit.every((h) => h === 1) ? after : choose(l, l.known(hit, [count, 1], 'hit'), after, before);
  }, x);
}

/** Whole numbers from 0 on, along one axis of a shape that is 1 along the others. */
const range = (l: Layer, rank: number, axis: number, size: number): Value =>
  l.known(
    Int32Array.from({ length: size }, (_, i) => i),
    Array<number>(rank).fill(1).with(axis, size),
    'range',
  );

/** One part of each after the other, along an axis along which there are few. */
function putComputed(l: Layer, x: Value, updates: Value, indices: Value, axis: number): Value {
  const { shape } = x.type;
  const size = indices.type.shape;
  const count = size[axis];
  if (count > mostRounds || shape[axis] > mostPlaces)
    return l.fail(
      `puts ${count} updates along an axis of ${shape[axis]} where the input says, and at most ${mostRounds} are read`,
      'export the model with constant indices, or do this step in the application',
    );
  const every = range(l, shape.length, axis, shape[axis]);
  let result = x;
  for (let i = 0; i < count && !l.failed; i++) {
    const part = (value: Value): Value =>
      slice(
        l,
        value,
        value.type.shape.map((_, a) => (a === axis ? i : 0)),
        value.type.shape.with(axis, 1),
      );
    const hit = binary(l, 'equal', part(indices), every);
    result = choose(l, hit, updated(l, result, part(updates)), result);
  }
  return result;
}

function operandsOf(l: Layer): { readonly x: Value; readonly indices: Value; readonly updates: Value } {
  const [x, indices, updates] = [l.operand(0), l.operand(1), l.operand(2)];
  const reduction = l.text('reduction', 'none');
  if (!Object.hasOwn(reductions, reduction)) l.fail(`combines by "${reduction}", which is not read`);
  return { x, indices, updates: cast(l, updates, x.type.dtype === 'i32' ? 'i32' : 'f32') };
}

/** Indices along one axis at every coordinate of the others. */
const scatterElements: Row = (l) => {
  const { x, indices: given, updates } = operandsOf(l);
  const { shape } = x.type;
  const axis = axisOf(l, l.int('axis', 0), shape.length);
  const size = given.type.shape;
  if (l.failed) return [];
  if (
    !sameShape(size, updates.type.shape) ||
    size.length !== shape.length ||
    size.some((d, a) => a !== axis && d > shape[a])
  )
    return l.fail(
      `puts [${updates.type.shape.join(', ')}] updates at [${size.join(', ')}] indices into [${shape.join(', ')}]`,
    );
  if (size.includes(0)) return x;
  const indices = counted(l, given, shape[axis]);
  if (indices.data) {
    const rows = flatPlaces(indices.data, size, shape, axis);
    const flat = reshape(l, updates, [elements(size), 1]);
    return reshape(l, putKnown(l, reshape(l, x, [elements(shape), 1]), flat, rows), shape);
  }
  if (size.some((d, a) => a !== axis && d !== shape[a]))
    return l.fail(`puts [${size.join(', ')}] updates into [${shape.join(', ')}] where the input says`);
  return putComputed(l, x, updates, indices, axis);
};

/** Where each update goes among all elements in one row. */
function flatPlaces(indices: ArrayLike<number>, size: Shape, shape: Shape, axis: number): Int32Array {
  const [own, other] = [stridesOf(size), stridesOf(shape)];
  return Int32Array.from(indices, (index, i) =>
    size.reduce((at, d, a) => at + (a === axis ? index : Math.floor(i / own[a]) % d) * other[a], 0),
  );
}

/** The last axis of the indices holds coordinates: of slices, where there are fewer than axes. */
const scatterND: Row = (l) => {
  const { x, indices, updates } = operandsOf(l);
  const { shape } = x.type;
  const rows = indices.type.shape.slice(0, -1);
  const count = indices.type.shape.at(-1) ?? 0;
  const rest = shape.slice(count);
  if (count < 1 || count > shape.length || !sameShape(updates.type.shape, [...rows, ...rest]))
    return l.fail(
      `puts [${updates.type.shape.join(', ')}] updates at [${indices.type.shape.join(', ')}] indices into [${shape.join(', ')}]`,
    );
  if (updates.type.shape.includes(0)) return x;
  const numbers = rowNumbers(l, indices, shape.slice(0, count));
  const from = reshape(l, x, [elements(shape.slice(0, count)), elements(rest)]);
  const flat = reshape(l, updates, [elements(rows), elements(rest)]);
  if (l.failed) return [];
  const result = numbers.data
    ? putKnown(l, from, flat, numbers.data)
    : putComputed(l, from, flat, reshape(l, numbers, [elements(rows), 1]), 0);
  return reshape(l, result, shape);
};

export const scatterRows: Rows = {
  Scatter: scatterElements,
  ScatterElements: scatterElements,
  ScatterND: scatterND,
};
