/** TensorFlow operators that move elements about or say how many there are. Shapes are known, so most of these vanish. */
import { broadcast } from '../../ops/broadcast.ts';
import type { Shape } from '../../tensor/type.ts';
import { elements } from '../../tensor/type.ts';
import type { Value } from '../builder.ts';
import { axisOf, broadcastTo, cast, concat, reshape, slice, transpose } from '../compose.ts';
import { stridedSlice } from '../strided-slice.ts';
import type { Layer, Row, Rows } from './layer.ts';

/** Parts that one operator may give: more is a broken model. */
const mostParts = 4096;

const whole = (l: Layer, numbers: readonly number[], shape: Shape = [numbers.length]): Value =>
  l.known(Int32Array.from(numbers), shape);

const identity: Row = (l) => l.operands;

const reshapeTo: Row = (l) => {
  const x = l.operand(0);
  const wanted = l.numbers(1, 'shape');
  const open = wanted.filter((d) => d === -1).length;
  const rest = wanted.reduce((n, d) => (d === -1 ? n : n * d), 1);
  const count = elements(x.type.shape);
  if (open > 1 || (open === 1 && (rest === 0 || count % rest !== 0)))
    return l.fail(`cannot make [${wanted.join(', ')}] of [${x.type.shape.join(', ')}]`);
  return reshape(
    l,
    x,
    wanted.map((d) => (d === -1 ? count / rest : d)),
  );
};

const squeeze: Row = (l) => {
  const x = l.operand(0);
  const { shape } = x.type;
  const given = l.ints(l.has('squeeze_dims') ? 'squeeze_dims' : 'axis', []).map((a) => axisOf(l, a, shape.length));
  const gone = (size: number, axis: number): boolean => size === 1 && (given.length === 0 || given.includes(axis));
  if (given.some((axis) => shape[axis] !== 1))
    return l.fail(`cannot take away axes ${given.join(', ')} of [${shape.join(', ')}]`);
  return reshape(
    l,
    x,
    shape.filter((size, axis) => !gone(size, axis)),
  );
};

const expand = (l: Layer, x: Value, axis: number): Value => {
  const at = axisOf(l, axis, x.type.shape.length + 1);
  return reshape(l, x, [...x.type.shape.slice(0, at), 1, ...x.type.shape.slice(at)]);
};

const pack: Row = (l) => {
  const axis = l.int('axis', 0);
  const parts = l.operands.map((x) => expand(l, x, axis));
  return parts.length === 0
    ? l.fail('has nothing to put together')
    : concat(l, parts, axisOf(l, axis, parts[0].type.shape.length));
};

const unpack: Row = (l) => {
  const x = l.operand(0);
  const { shape } = x.type;
  const axis = axisOf(l, l.int('axis', 0), shape.length);
  if (l.failed) return [];
  if (shape[axis] > mostParts) return l.fail(`gives ${shape[axis]} values`);
  const left = shape.filter((_, a) => a !== axis);
  const size = shape.map((d, a) => (a === axis ? 1 : d));
  return Array.from({ length: shape[axis] }, (_, i) =>
    reshape(
      l,
      slice(
        l,
        x,
        shape.map((__, a) => (a === axis ? i : 0)),
        size,
      ),
      left,
    ),
  );
};

const join =
  (first: boolean): Row =>
  (l) => {
    const count = l.operands.length - 1;
    const parts = first ? l.operands.slice(1) : l.operands.slice(0, count);
    const axis = l.number(first ? 0 : count, 'axis');
    const rank = parts[0]?.type.shape.length ?? 0;
    return concat(l, parts, axisOf(l, axis, rank));
  };

function split(l: Layer, x: Value, axis: number, sizes: readonly number[]): readonly Value[] {
  const { shape } = x.type;
  const total = sizes.reduce((a, b) => a + b, 0);
  if (total !== shape[axis] || sizes.some((s) => s < 0)) {
    l.fail(`shares ${shape[axis]} elements out as [${sizes.slice(0, 12).join(', ')}]`);
    return [];
  }
  let at = 0;
  return sizes.map((part) => {
    const begin = shape.map((_, a) => (a === axis ? at : 0));
    at += part;
    return slice(
      l,
      x,
      begin,
      shape.map((d, a) => (a === axis ? part : d)),
    );
  });
}

/** Equal parts. */
const splitEvenly: Row = (l) => {
  const x = l.operand(1);
  const axis = axisOf(l, l.number(0, 'axis'), x.type.shape.length);
  const count = l.int('num_split');
  const length = x.type.shape[axis] ?? 0;
  if (l.failed || count < 1 || length % count !== 0 || count > Math.min(length, mostParts))
    return l.fail(`cannot share ${length} elements among ${count} parts`);
  return split(l, x, axis, Array<number>(count).fill(length / count));
};

/** Parts of given sizes, one of which may be −1: what is left. */
const splitBySizes: Row = (l) => {
  const x = l.operand(0);
  const axis = axisOf(l, l.number(2, 'axis'), x.type.shape.length);
  const sizes = l.numbers(1, 'sizes');
  const given = sizes.reduce((n, s) => n + Math.max(s, 0), 0);
  if (l.failed) return [];
  return split(
    l,
    x,
    axis,
    sizes.map((s) => (s === -1 ? x.type.shape[axis] - given : s)),
  );
};

const sliceOut: Row = (l) => {
  const x = l.operand(0);
  const { shape } = x.type;
  const [begin, wanted] = [l.numbers(1, 'begin'), l.numbers(2, 'size')];
  if (!l.failed && (begin.length !== shape.length || wanted.length !== shape.length))
    return l.fail(`slices [${shape.join(', ')}] with ${begin.length} begins and ${wanted.length} sizes`);
  return slice(
    l,
    x,
    begin,
    wanted.map((s, i) => (s === -1 ? shape[i] - begin[i] : s)),
  );
};

const strided: Row = (l) => {
  const mask = (name: string): number => l.int(name, 0);
  return stridedSlice(l, l.operand(0), {
    begin: l.numbers(1, 'begin'),
    end: l.numbers(2, 'end'),
    step: l.numbers(3, 'strides'),
    beginMask: mask('begin_mask'),
    endMask: mask('end_mask'),
    ellipsisMask: mask('ellipsis_mask'),
    newAxisMask: mask('new_axis_mask'),
    shrinkAxisMask: mask('shrink_axis_mask'),
  });
};

const reverse =
  (axesOf: (l: Layer, rank: number) => readonly number[]): Row =>
  (l) => {
    const x = l.operand(0);
    const { shape } = x.type;
    const axes = axesOf(l, shape.length).map((a) => axisOf(l, a, shape.length));
    const begin = shape.map((d, a) => (axes.includes(a) ? d - 1 : 0));
    return l.call({ kind: 'slice', begin, size: shape, step: shape.map((_, a) => (axes.includes(a) ? -1 : 1)) }, x);
  };

const gather =
  (axis: (l: Layer) => number): Row =>
  (l) => {
    const x = l.operand(0);
    if (l.int('batch_dims', 0) !== 0)
      return l.fail(`gathers within ${l.int('batch_dims', 0)} batch axes, which is not read`);
    return l.call({ kind: 'gather', axis: axisOf(l, axis(l), x.type.shape.length) }, x, cast(l, l.operand(1), 'i32'));
  };

const broadcastShapes: Row = (l) => {
  const [a, b] = [l.numbers(0, 'shape'), l.numbers(1, 'shape')];
  const shape = broadcast(a, b);
  return shape ? whole(l, shape) : l.fail(`cannot broadcast [${a.join(', ')}] with [${b.join(', ')}]`);
};

export const shapeRows: Rows = {
  BroadcastArgs: broadcastShapes,
  BroadcastTo: (l) => broadcastTo(l, l.operand(0), l.numbers(1, 'shape')),
  Concat: join(true),
  ConcatV2: join(false),
  EnsureShape: (l) => l.operand(0),
  ExpandDims: (l) => expand(l, l.operand(0), l.number(1, 'axis')),
  FakeQuantWithMinMaxVars: (l) => l.operand(0),
  Gather: gather(() => 0),
  GatherV2: gather((l) => l.number(2, 'axis')),
  Identity: identity,
  IdentityN: identity,
  Pack: pack,
  Print: (l) => l.operand(0),
  Rank: (l) => whole(l, [l.operand(0).type.shape.length], []),
  Reshape: reshapeTo,
  Reverse: reverse((l) => l.numbers(1, 'axes').flatMap((on, axis) => (on === 0 ? [] : [axis]))),
  ReverseV2: reverse((l) => l.numbers(1, 'axes')),
  Shape: (l) => whole(l, l.operand(0).type.shape),
  ShapeN: (l) => l.operands.map((x) => whole(l, x.type.shape)),
  Size: (l) => whole(l, [elements(l.operand(0).type.shape)], []),
  Slice: sliceOut,
  Snapshot: identity,
  Split: splitEvenly,
  SplitV: splitBySizes,
  Squeeze: squeeze,
  StopGradient: identity,
  StridedSlice: strided,
  Tile: (l) => l.call({ kind: 'tile', repeats: l.numbers(1, 'repeats') }, l.operand(0)),
  Transpose: (l) => {
    const x = l.operand(0);
    const rank = x.type.shape.length;
    return transpose(
      l,
      x,
      l.operands.length > 1
        ? l.numbers(1, 'axes').map((a) => axisOf(l, a, rank))
        : x.type.shape.map((_, a) => rank - 1 - a),
    );
  },
  Unpack: unpack,
};
