/** ONNX operators that give a value other sizes, or say which it has. Shapes are known, so most of these vanish. */
import { broadcast } from '../../../ops/broadcast.ts';
import type { Shape } from '../../../tensor/type.ts';
import { elements } from '../../../tensor/type.ts';
import type { Value } from '../../builder.ts';
import { axisOf, broadcastTo, reshape, transpose } from '../../compose.ts';
import type { Layer, Row, Rows } from '../layer.ts';

const reshapeTo: Row = (l) => {
  const x = l.operand(0);
  const asked = l.numbers(1, 'shape');
  const copied = l.int('allowzero', 0) === 0;
  const wanted = asked.map((d, axis) => (d === 0 && copied ? (x.type.shape[axis] ?? 0) : d));
  const open = wanted.filter((d) => d === -1).length;
  const rest = wanted.reduce((n, d) => (d === -1 ? n : n * d), 1);
  const count = elements(x.type.shape);
  const fits = open === 0 ? rest === count : open === 1 && rest > 0 && count % rest === 0;
  if (!fits || wanted.some((d) => d < -1))
    return l.fail(`cannot make [${asked.slice(0, 12).join(', ')}] of [${x.type.shape.join(', ')}]`);
  return reshape(
    l,
    x,
    wanted.map((d) => (d === -1 ? count / rest : d)),
  );
};

/** All axes before one become the first of two, and the others the second. */
const flatten: Row = (l) => {
  const x = l.operand(0);
  const { shape } = x.type;
  const axis = l.int('axis', 1);
  const at = axis < 0 ? axis + shape.length : axis;
  if (at < 0 || at > shape.length)
    return l.fail(`is split at axis ${axis} and given a value with ${shape.length} axes`);
  return reshape(l, x, [elements(shape.slice(0, at)), elements(shape.slice(at))]);
};

/** An attribute before operator set 13, and an operand since; undefined where neither is there. */
const axesGiven = (l: Layer): readonly number[] | undefined => {
  if (l.optional(1)) return l.numbers(1, 'axes');
  return l.has('axes') ? l.ints('axes') : undefined;
};

const squeeze: Row = (l) => {
  const x = l.operand(0);
  const { shape } = x.type;
  const given = axesGiven(l)?.map((axis) => axisOf(l, axis, shape.length));
  if (l.failed) return x;
  const odd = given?.find((axis) => shape[axis] !== 1);
  if (odd !== undefined) return l.fail(`takes away axis ${odd} of [${shape.join(', ')}], and its size is not 1`);
  return reshape(
    l,
    x,
    shape.filter((size, axis) => (given ? !given.includes(axis) : size !== 1)),
  );
};

const unsqueeze: Row = (l) => {
  const x = l.operand(0);
  const given = axesGiven(l);
  if (!given) return l.fail('has no axes', 'export the model again');
  const rank = x.type.shape.length + given.length;
  const axes = new Set(given.map((axis) => axisOf(l, axis, rank)));
  if (l.failed || axes.size !== given.length)
    return l.fail(`puts in axes [${given.slice(0, 12).join(', ')}], of which two are the same`);
  const sizes = x.type.shape.values();
  return reshape(
    l,
    x,
    Array.from({ length: rank }, (_, axis) => (axes.has(axis) ? 1 : (sizes.next().value ?? 1))),
  );
};

const sizes = (l: Layer, numbers: readonly number[], shape: Shape = [numbers.length]): Value => {
  l.gives('int64');
  return l.known(Int32Array.from(numbers), shape);
};

/** The sizes from one axis to another, counted as Python does. */
const shapeOf: Row = (l) => {
  const { shape } = l.operand(0).type;
  return sizes(l, shape.slice(l.int('start', 0), l.has('end') ? l.int('end') : shape.length));
};

const expand: Row = (l) => {
  const x = l.operand(0);
  const wanted = l.numbers(1, 'shape');
  if (l.failed) return x;
  const shape = wanted.every((d) => d >= 0) ? broadcast(x.type.shape, wanted) : undefined;
  return shape
    ? broadcastTo(l, x, shape)
    : l.fail(`cannot broadcast [${x.type.shape.join(', ')}] with [${wanted.slice(0, 12).join(', ')}]`);
};

export const shapeRows: Rows = {
  Expand: expand,
  Flatten: flatten,
  Reshape: reshapeTo,
  Shape: shapeOf,
  Size: (l) => sizes(l, [elements(l.operand(0).type.shape)], []),
  Squeeze: squeeze,
  Transpose: (l) => {
    const x = l.operand(0);
    return transpose(l, x, l.ints('perm', x.type.shape.map((_, axis) => axis).toReversed()));
  },
  Unsqueeze: unsqueeze,
};
