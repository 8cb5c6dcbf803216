/** ONNX operators whose results are as long as their values say: only where the values are known. */
import type { Numbers } from '../../../tensor/numbers.ts';
import { elements } from '../../../tensor/type.ts';
import type { Value } from '../../builder.ts';
import { axisOf, reshape, transpose } from '../../compose.ts';
import type { Layer, Row, Rows } from '../layer.ts';

/** The numbers of a value that must be known. */
function dataOf(l: Layer, x: Value): Numbers | undefined {
  if (!x.data)
    l.fail(
      'gives a result whose shape depends on values that are computed from the input',
      'export the model with the operator’s inputs as its outputs, and do this step in the application',
    );
  return x.data;
}

/** The coordinates of everything that is not zero: [axes, count]. */
const nonZero: Row = (l) => {
  const x = l.operand(0);
  const data = dataOf(l, x);
  if (!data || l.failed) return [];
  const { shape } = x.type;
  const found: number[] = [];
  for (let i = 0; i < data.length; i++) if (data[i] !== 0) found.push(i);
  const rest = shape.map((_, axis) => elements(shape.slice(axis + 1)));
  const places = rest.flatMap((step, axis) => found.map((i) => Math.floor(i / step) % shape[axis]));
  l.gives('int64');
  return l.known(Int32Array.from(places), [shape.length, found.length]);
};

/** The rows of a value that differ, in order of their first or of their numbers, and which is where. */
const unique: Row = (l) => {
  const x = l.operand(0);
  if (!dataOf(l, x) || l.failed) return [];
  const rank = x.type.shape.length;
  const axis = l.has('axis') ? axisOf(l, l.int('axis'), rank) : 0;
  const order = x.type.shape.map((_, a) => (a === 0 ? axis : a === axis ? 0 : a));
  const front = l.has('axis') ? transpose(l, x, order) : reshape(l, x, [elements(x.type.shape)]);
  const data = dataOf(l, front);
  if (!data || l.failed) return [];
  const [count, ...rest] = front.type.shape;
  const size = elements(rest);
  const rows = Array.from({ length: count }, (_, i) => data.subarray(i * size, (i + 1) * size));
  const groups = grouped(rows, l.flag('sorted', true));
  const numbers = Float64Array.from(groups.flatMap(({ row }) => [...row]));
  const own = x.type.dtype === 'i32' ? Int32Array.from(numbers) : Float32Array.from(numbers);
  const values = l.known(own, [groups.length, ...rest]);
  const inverse = new Int32Array(count);
  for (const [number, { members }] of groups.entries()) for (const i of members) inverse[i] = number;
  const whole = (all: readonly number[] | Int32Array): Value => l.known(Int32Array.from(all), [all.length]);
  for (const output of [1, 2, 3]) l.gives('int64', output);
  return [
    l.has('axis') ? transpose(l, values, order) : values,
    whole(groups.map(({ members }) => members[0])),
    whole(inverse),
    whole(groups.map(({ members }) => members.length)),
  ];
};

interface Group {
  readonly row: Numbers;
  readonly members: number[];
}

function grouped(rows: readonly Numbers[], sorted: boolean): readonly Group[] {
  const groups = new Map<string, Group>();
  for (const [i, row] of rows.entries()) {
    const key = row.join();
    const group = groups.get(key) ?? { row, members: [] };
    group.members.push(i);
    groups.set(key, group);
  }
  const all = [...groups.values()];
  return sorted ? all.toSorted((a, b) => compare(a.row, b.row)) : all;
}

/** By the first number that differs. */
function compare(a: Numbers, b: Numbers): number {
  const at = a.findIndex((value, i) => value !== b[i]);
  return at < 0 ? 0 : a[at] - b[at];
}

export const searchRows: Rows = { NonZero: nonZero, Unique: unique };
