/** Elements moved, left out or repeated: along axes, wherever those lie. */
import type { Concat } from '../../ops/concat.ts';
import type { Gather } from '../../ops/gather.ts';
import type { Reshape } from '../../ops/reshape.ts';
import type { Slice } from '../../ops/slice.ts';
import type { Tile } from '../../ops/tile.ts';
import type { Transpose } from '../../ops/transpose.ts';
import type { Tensor } from './file.ts';
import { elementOf, int } from './file.ts';
import type { Layer, Row } from './layer.ts';
import { asItLies, commonOrder, held, list, number, same } from './layer.ts';
import { plainOrder, reordered, sameSequence } from './order.ts';
import type { Split } from './splits.ts';
import { splitReshape } from './splits.ts';

/** No node: the tensor holds the result with its axes in another order. */
export const transpose: Row<Transpose> = ({ perm }, l) => {
  const { tensor, order, element } = same(l, 'x');
  return { tensor, order: order.map((axis) => perm.indexOf(axis)), element };
};

/** In the order that spares most transposes: of x before, or of the result by its users. */
export const reshape: Row<Reshape> = ({ shape }, l) => {
  const before = l.types.x.shape;
  const plain = { from: plainOrder(before.length), to: plainOrder(shape.length) };
  const wanted = l.want ?? plain.to;
  const cost = ({ from, to }: Split): number =>
    Number(!l.views('x').some((v) => sameSequence(before, v.order, from))) + Number(!sameSequence(shape, to, wanted));
  const splits = [
    plain,
    splitReshape(before, shape, wanted, 'result'),
    ...l.views('x').map(({ order }) => splitReshape(before, shape, order, 'operand')),
  ];
  if (l.known('x')) return held(l, l.shaped('x', shape));
  const { from, to } = splits.reduce((best, split) => (cost(split) < cost(best) ? split : best));
  const there = l.views('x').find((v) => v.element === elementOf[l.type.dtype] && sameSequence(before, v.order, from));
  return held(l, l.reshape(there?.tensor ?? l.view('x', from), reordered(shape, to)), to);
};

export const concat: Row<Concat> = ({ axis, count }, l) => {
  if (count === 1) return same(l, 'x0');
  const names = Array.from({ length: count }, (_, i) => `x${i}`);
  const order = commonOrder(l, names);
  const parts = names.map((name) => l.view(name, order));
  return held(l, l.node('Concat', parts, { axis: int(order.indexOf(axis)) }), order);
};

export const slice: Row<Slice> = ({ begin, size, step }, l) => {
  const { shape } = l.types.x;
  const axes = plainOrder(shape.length).filter(
    (axis) => size[axis] !== shape[axis] || (step[axis] !== 1 && size[axis] > 1),
  );
  if (axes.length === 0) return same(l, 'x');
  const { tensor, order } = asItLies(l, 'x');
  // Which element comes again and again, no slice can say.
  const repeated = axes.filter((axis) => step[axis] === 0 && size[axis] > 1);
  const sliced = axes.filter((axis) => !repeated.includes(axis));
  const by = (axis: number): number => (size[axis] === 1 ? 1 : step[axis]);
  const ends = sliced.map((axis) => {
    const end = begin[axis] + (size[axis] - 1) * by(axis) + Math.sign(by(axis));
    return end < 0 ? -shape[axis] - 1 : end;
  });
  const part =
    sliced.length === 0
      ? tensor
      : l.node('Slice', [
          tensor,
          list(l, reordered(begin, sliced), 'starts'),
          list(l, ends, 'ends'),
          list(
            l,
            sliced.map((axis) => order.indexOf(axis)),
            'axes',
          ),
          ...(sliced.every((axis) => by(axis) === 1) ? [] : [list(l, sliced.map(by), 'steps')]),
        ]);
  const repeat = (from: Tensor, axis: number): Tensor =>
    l.node('Gather', [from, list(l, Array<number>(size[axis]).fill(begin[axis]), 'indices')], {
      axis: int(order.indexOf(axis)),
    });
  return held(l, repeated.reduce(repeat, part), order);
};

export const tile: Row<Tile> = ({ repeats }, l) => {
  if (repeats.every((times) => times === 1)) return same(l, 'x');
  const { tensor, order } = asItLies(l, 'x');
  return held(l, l.node('Tile', [tensor, list(l, reordered(repeats, order), 'repeats')]), order);
};

/** An index outside is the nearest inside here, and a fault there. */
export const gather: Row<Gather> = ({ axis }, l) => {
  const last = l.types.x.shape[axis] - 1;
  const { tensor, order } = asItLies(l, 'x');
  const at = order.indexOf(axis);
  const result = l.node('Gather', [tensor, indices(l, last)], { axis: int(at) });
  const more = l.types.indices.shape.length;
  // Axes of x after the one that is replaced have moved by the axes that replace it.
  const place = (a: number): number => (a < axis ? a : a + more - 1);
  const inner = Array.from({ length: more }, (_, i) => axis + i);
  return held(l, result, [...order.slice(0, at).map(place), ...inner, ...order.slice(at + 1).map(place)]);
};

function indices(l: Layer, last: number): Tensor {
  const known = l.known('indices');
  if (known) {
    const inside = Array.from(known, (index) => Math.min(Math.max(index, 0), last));
    return l.constant('int64', l.types.indices.shape, inside, 'indices');
  }
  const plain = l.view('indices');
  return l.node('Clip', [plain, number(l, 0, 'int32'), number(l, last, 'int32')]);
}
