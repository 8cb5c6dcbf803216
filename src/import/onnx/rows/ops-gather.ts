/** ONNX operators that pick elements by number. */
import { stridesOf } from '../../../ops/strides.ts';
import type { Shape } from '../../../tensor/type.ts';
import { elements, sameShape } from '../../../tensor/type.ts';
import type { Value } from '../../builder.ts';
import { axisOf, binary, emptyOf, isEmpty, reshape, scalar, slice } from '../../compose.ts';
import type { Layer, Row, Rows } from '../layer.ts';
import { counted } from './indices.ts';

/** A place for each result, known before the indices are: at most so many. */
const mostPlaces = 2 ** 22;

/** Slices along an axis in place of which the axes of the indices come. */
function pick(l: Layer, x: Value, indices: Value, axis: number): Value {
  const { shape } = x.type;
  const size = [...shape.slice(0, axis), ...indices.type.shape, ...shape.slice(axis + 1)];
  return isEmpty(size) ? emptyOf(l, x, size) : l.call({ kind: 'gather', axis }, x, indices);
}

const gather: Row = (l) => {
  const x = l.operand(0);
  const axis = axisOf(l, l.int('axis', 0), x.type.shape.length);
  const indices = l.operand(1);
  return l.failed ? [] : pick(l, x, counted(l, indices, x.type.shape[axis]), axis);
};

/** Indices along one axis at every coordinate of the others: picked from all elements in one row. */
const gatherElements: Row = (l) => {
  const x = l.operand(0);
  const { shape } = x.type;
  const axis = axisOf(l, l.int('axis', 0), shape.length);
  const given = l.operand(1);
  const size = given.type.shape;
  if (l.failed) return [];
  if (size.length !== shape.length || size.some((d, a) => a !== axis && d > shape[a]))
    return l.fail(`picks [${size.join(', ')}] elements of [${shape.join(', ')}]`);
  const indices = counted(l, given, shape[axis]);
  if (isEmpty(size)) return emptyOf(l, x, size);
  if (shape.length === 1) return pick(l, x, indices, 0);
  const places = placesOf(l, size, stridesOf(shape).with(axis, 0));
  const step = scalar(l, stridesOf(shape)[axis], indices);
  return pick(l, reshape(l, x, [elements(shape)]), binary(l, 'add', binary(l, 'mul', indices, step), places), 0);
};

/** For every coordinate in `shape`, the sum of each times its stride. */
function placesOf(l: Layer, shape: Shape, strides: readonly number[]): Value {
  const count = elements(shape);
  if (count > mostPlaces) return l.fail(`picks ${count} elements one by one, and at most ${mostPlaces} are read`);
  const places = new Int32Array(count);
  let block = count;
  for (const [axis, size] of shape.entries()) {
    block /= size;
    for (let i = 0; i < count; i++) places[i] += (Math.floor(i / block) % size) * strides[axis];
  }
  return l.known(places, shape, 'places');
}

/** The last axis of the indices holds coordinates: of slices, where there are fewer than axes. */
const gatherND: Row = (l) => {
  const x = l.operand(0);
  const given = l.operand(1);
  const batch = l.int('batch_dims', 0);
  const { shape } = x.type;
  const rows = given.type.shape.slice(0, -1);
  const count = given.type.shape.at(-1) ?? 0;
  const end = batch + count;
  const fits = batch >= 0 && batch <= rows.length && count >= 1 && end <= shape.length;
  if (!fits || !sameShape(shape.slice(0, batch), rows.slice(0, batch)))
    return l.fail(
      `picks from [${shape.join(', ')}] with indices [${given.type.shape.join(', ')}] within ${batch} batch axes`,
    );
  const rest = shape.slice(end);
  const indices = rowNumbers(l, given, shape.slice(batch, end));
  if (isEmpty([...rows, ...rest])) return emptyOf(l, x, [...rows, ...rest]);
  const inBatch = elements(shape.slice(batch, end));
  const strides = rows.map((_, a) => (a < batch ? inBatch * elements(shape.slice(a + 1, batch)) : 0));
  const from = batch === 0 ? indices : binary(l, 'add', indices, placesOf(l, rows, strides));
  return pick(l, reshape(l, x, [elements(shape.slice(0, end)), ...rest]), from, 0);
};

/** Coordinates along the last axis, [..., k] in `shape`, → the number of each in row-major order, [...]. */
export function rowNumbers(l: Layer, coordinates: Value, shape: Shape): Value {
  const size = coordinates.type.shape;
  const strides = stridesOf(shape);
  const along = (i: number): Value => {
    const begin = size.map((_, axis) => (axis === size.length - 1 ? i : 0));
    const column = reshape(l, slice(l, coordinates, begin, size.with(-1, 1)), size.slice(0, -1));
    return counted(l, column, shape[i]);
  };
  if (isEmpty(size)) return emptyOf(l, coordinates, size.slice(0, -1));
  return shape.reduce<Value>((sum, _, i) => {
    const column = along(i);
    const part = strides[i] === 1 ? column : binary(l, 'mul', column, scalar(l, strides[i], column));
    return i === 0 ? part : binary(l, 'add', sum, part);
  }, coordinates);
}

/** Every sequence of a batch backwards, as far as it is long; the rest as it is. */
const reverseSequence: Row = (l) => {
  const x = l.operand(0);
  const { shape } = x.type;
  const lengths = l.numbers(1, 'lengths');
  const [batch, time] = [l.int('batch_axis', 1), l.int('time_axis', 0)];
  if (l.failed) return [];
  if (batch + time !== 1 || batch * time !== 0 || shape.length < 2)
    return l.fail(`has the batch along axis ${batch} and time along axis ${time}, which must be axes 0 and 1`);
  const [rows, steps] = [shape[batch], shape[time]];
  if (lengths.length !== rows || lengths.some((n) => n < 0 || n > steps))
    return l.fail(`turns [${lengths.slice(0, 12).join(', ')}] of ${rows} sequences of ${steps} around`);
  if (rows * steps > mostPlaces) return l.fail(`turns ${rows} sequences of ${steps} around, which is too much`);
  const place = (b: number, t: number): number => (batch === 0 ? b * steps + t : t * rows + b);
  const from = new Int32Array(rows * steps);
  for (let b = 0; b < rows; b++)
    for (let t = 0; t < steps; t++) from[place(b, t)] = place(b, t < lengths[b] ? lengths[b] - 1 - t : t);
  const flat = reshape(l, x, [rows * steps, ...shape.slice(2)]);
  return reshape(l, pick(l, flat, l.known(from, [from.length], 'indices'), 0), shape);
};

/** Those slices along an axis, or those elements, that a known condition names. */
const compress: Row = (l) => {
  const x = l.operand(0);
  const keep = l.numbers(1, 'condition');
  if (l.failed) return [];
  const from = l.has('axis') ? x : reshape(l, x, [elements(x.type.shape)]);
  const axis = axisOf(l, l.int('axis', 0), from.type.shape.length);
  if (l.failed || keep.length > from.type.shape[axis])
    return l.fail(`has a condition of ${keep.length} and ${from.type.shape[axis]} elements`);
  const kept = Int32Array.from(keep.flatMap((k, i) => (k === 0 ? [] : [i])));
  return pick(l, from, l.known(kept, [kept.length], 'indices'), axis);
};

export const gatherRows: Rows = {
  Compress: compress,
  Gather: gather,
  GatherElements: gatherElements,
  GatherND: gatherND,
  ReverseSequence: reverseSequence,
};
