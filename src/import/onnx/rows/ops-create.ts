/** ONNX operators that make values of little, or of their shape alone. */
import { elements } from '../../../tensor/type.ts';
import type { Value } from '../../builder.ts';
import { axisOf, binary, broadcastTo, emptyOf, isEmpty, reshape, scalar, slice } from '../../compose.ts';
import { elementIn } from '../attributes.ts';
import { dtypeOfElement } from '../elements.ts';
import type { Layer, Row, Rows } from '../layer.ts';

/** Elements that are made one by one. */
const mostMade = 2 ** 22;

const tooMany = (l: Layer, count: number): Value => l.fail(`makes ${count} elements, and at most ${mostMade} are read`);

const constantOfShape: Row = (l) => {
  const shape = l.numbers(0, 'shape');
  const { value, element } = l.has('value')
    ? l.tensor('value')
    : { value: l.known(Float32Array.of(0), [], 'value'), element: 'float' as const };
  l.gives(element);
  if (l.failed) return [];
  if (elements(value.type.shape) !== 1 || shape.some((d) => d < 0))
    return l.fail(`fills [${shape.slice(0, 12).join(', ')}] with [${value.type.shape.join(', ')}] elements`);
  return broadcastTo(l, reshape(l, value, []), shape);
};

const range: Row = (l) => {
  const [start, end, step] = [l.reals(0, 'start')[0], l.reals(1, 'limit')[0], l.reals(2, 'step')[0]];
  if (l.failed) return [];
  const count = Math.max(0, Math.ceil((end - start) / step));
  if (!Number.isFinite(count)) return l.fail(`counts from ${start} to ${end} by ${step}`);
  if (count > mostMade) return tooMany(l, count);
  const numbers = Array.from({ length: count }, (_, i) => start + i * step);
  l.gives(l.element(0));
  const whole = l.operand(0).type.dtype === 'i32';
  return l.known(whole ? Int32Array.from(numbers) : Float32Array.from(numbers), [count]);
};

const eyeLike: Row = (l) => {
  const { shape } = l.operand(0).type;
  const element = elementIn(l, 'dtype', l.element(0));
  const [rows, columns] = shape;
  if (shape.length !== 2) return l.fail(`is given a value with ${shape.length} axes`);
  if (rows * columns > mostMade) return tooMany(l, rows * columns);
  l.gives(element);
  const data = dtypeOfElement(element) === 'i32' ? new Int32Array(rows * columns) : new Float32Array(rows * columns);
  const k = l.int('k', 0);
  for (let i = Math.max(0, -k); i < rows && i + k < columns; i++) data[i * columns + i + k] = 1;
  return l.known(data, shape);
};

/** Zeros below or above a diagonal of the last two axes. */
const trilu: Row = (l) => {
  const x = l.operand(0);
  const { shape } = x.type;
  const k = l.optional(1) ? l.number(1, 'diagonal') : 0;
  const upper = l.flag('upper', true);
  if (l.failed || shape.length < 2) return l.fail(`is given a value with ${shape.length} axes`);
  if (isEmpty(shape)) return emptyOf(l, x, shape);
  const [rows, columns] = shape.slice(-2);
  if (rows * columns > mostMade) return tooMany(l, rows * columns);
  const kept = new Int32Array(rows * columns);
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < columns; j++) kept[i * columns + j] = Number(upper ? j - i >= k : j - i <= k);
  return l.call({ kind: 'select' }, l.known(kept, [rows, columns], 'kept'), x, scalar(l, 0, x));
};

/** At every index a row of one value, but for one element of the other. */
const oneHot: Row = (l) => {
  const indices = l.operand(0);
  const depth = Math.trunc(l.reals(1, 'depth')[0] ?? 0);
  const values = l.operand(2);
  const rank = indices.type.shape.length;
  const axis = axisOf(l, l.int('axis', -1), rank + 1);
  if (l.failed) return [];
  if (depth < 1 || depth > mostMade) return l.fail(`makes rows of ${depth}, and 1 to ${mostMade} are read`);
  if (elements(values.type.shape) !== 2) return l.fail(`is given [${values.type.shape.join(', ')}] values and takes 2`);
  l.gives(l.element(2));
  const pair = reshape(l, values, [2]);
  const [off, on] = [slice(l, pair, [0], [1]), slice(l, pair, [1], [1])];
  const wide = reshape(l, indices, indices.type.shape.toSpliced(axis, 0, 1));
  const below = binary(l, 'less', wide, scalar(l, 0, wide));
  const fromFront = l.call({ kind: 'select' }, below, binary(l, 'add', wide, scalar(l, depth, wide)), wide);
  const numbers = Int32Array.from({ length: depth }, (_, i) => i);
  const every = l.known(
    numbers,
    Array<number>(rank + 1)
      .fill(1)
      .with(axis, depth),
    'range',
  );
  return l.call({ kind: 'select' }, binary(l, 'equal', fromFront, every), on, off);
};

export const createRows: Rows = {
  ConstantOfShape: constantOfShape,
  EyeLike: eyeLike,
  OneHot: oneHot,
  Range: range,
  Trilu: trilu,
};
