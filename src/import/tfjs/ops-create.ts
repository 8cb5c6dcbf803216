/** TensorFlow operators that make values out of nothing but shapes. */
import { elements } from '../../tensor/type.ts';
import { binary, broadcastTo, cast, reshape, scalar } from '../compose.ts';
import type { Layer, Row, Rows } from './layer.ts';

/** No model needs a larger constant that its file does not hold. */
const most = 2 ** 24;

const filled = (l: Layer, shape: readonly number[], value: number, whole: boolean) => {
  const count = elements(shape);
  if (l.failed || !shape.every((d) => d >= 0) || !(count <= most))
    return l.fail(`makes a value of shape [${shape.join(', ')}]`);
  return l.known((whole ? new Int32Array(count) : new Float32Array(count)).fill(value), shape);
};

const like =
  (value: number): Row =>
  (l) => {
    const { shape, dtype } = l.operand(0).type;
    return filled(l, shape, value, dtype === 'i32');
  };

const full =
  (value: number): Row =>
  (l) =>
    filled(l, l.numbers(0, 'shape'), value, l.dtype('T', 'float32') !== 'float32');

const fill: Row = (l) => {
  const [shape, value] = [l.numbers(0, 'shape'), l.operand(1)];
  if (value.data && value.data.length === 1) return filled(l, shape, value.data[0], value.type.dtype === 'i32');
  return broadcastTo(l, value, shape);
};

/** One known number, whole or not. */
const numberOf = (l: Layer, index: number, what: string): number => {
  const { data } = l.operand(index);
  if (data && data.length === 1) return data[0];
  l.fail(`needs to know its ${what} when the model is compiled`);
  return 0;
};

const range: Row = (l) => {
  const [start, limit, delta] = ['start', 'limit', 'delta'].map((what, i) => numberOf(l, i, what));
  const count = Math.max(0, Math.ceil((limit - start) / delta));
  if (l.failed || !(count <= most)) return l.fail(`counts from ${start} to ${limit} by ${delta}`);
  const values = Array.from({ length: count }, (_, i) => start + i * delta);
  const whole = l.operands.every((v) => v.type.dtype === 'i32');
  return l.known(whole ? Int32Array.from(values) : Float32Array.from(values), [count]);
};

const spaced: Row = (l) => {
  const [start, stop, count] = ['start', 'stop', 'count'].map((what, i) => numberOf(l, i, what));
  if (l.failed || !(count >= 1 && count <= most)) return l.fail(`makes ${count} numbers from ${start} to ${stop}`);
  const step = count > 1 ? (stop - start) / (count - 1) : 0;
  return l.known(
    Float32Array.from({ length: count }, (_, i) => start + i * step),
    [count],
  );
};

/** `on` where the new last axis is at the index, `off` elsewhere. */
const oneHot: Row = (l) => {
  const indices = cast(l, l.operand(0), 'i32');
  const depth = l.number(1, 'depth');
  const { shape } = indices.type;
  const axis = l.int('axis', -1);
  if (axis !== -1 && axis !== shape.length) return l.fail(`puts its new axis at ${axis}; only the last is read`);
  if (l.failed || !(depth >= 1 && depth <= most)) return l.fail(`is ${depth} deep`);
  const places = l.known(
    Int32Array.from({ length: depth }, (_, i) => i),
    [depth],
  );
  const hit = binary(l, 'equal', reshape(l, indices, [...shape, 1]), places);
  const on = l.operands.length > 2 ? l.operand(2) : scalar(l, 1, indices);
  const off = l.operands.length > 3 ? l.operand(3) : scalar(l, 0, indices);
  const to = l.dtype('T', 'float32') === 'float32' ? 'f32' : 'i32';
  return l.call({ kind: 'select' }, hit, cast(l, on, to), cast(l, off, to));
};

export const createRows: Rows = {
  Fill: fill,
  LinSpace: spaced,
  OneHot: oneHot,
  Ones: full(1),
  OnesLike: like(1),
  Range: range,
  Zeros: full(0),
  ZerosLike: like(0),
};
