/** Axes made longer or shorter: pictures by the operator for pictures, and all others one axis after the other. */

import type { Resize } from '../../../ops/resize.ts';
import { pixelsOf, placesOf } from '../../../ops/resize.ts';
import { elements } from '../../../tensor/type.ts';
import type { Value } from '../../builder.ts';
import { broken } from '../../builder.ts';
import { scalar, transpose } from '../../compose.ts';
import type { Scope } from '../../scope.ts';
import { fromImage, toImage } from './images.ts';
import { linear } from './product.ts';
import type { Axis, Method, Tap } from './resize-places.ts';
import { tapsOf } from './resize-places.ts';

/** Longer results along one axis are not listed. */
const mostPlaces = 2 ** 16;

/** Elements of a matrix that interpolates. */
const mostWeights = 2 ** 22;

type Taps = readonly (readonly Tap[] | undefined)[];

interface Change {
  readonly axis: number;
  readonly from: number;
  readonly to: number;
  readonly taps: Taps;
}

/** `outside` is what `tf_crop_and_resize` puts where there is nothing. */
export function resize(scope: Scope, x: Value, axes: readonly Axis[], method: Method, outside: number): Value {
  const changes: Change[] = [];
  for (const [axis, spec] of axes.entries()) {
    const { from, to } = spec;
    if (isUntouched(spec, method)) continue;
    if (!(to >= 1 && to <= mostPlaces))
      return scope.fail(`makes ${to} of the ${from} elements along axis ${axis}, and 1 to ${mostPlaces} are read`);
    if (method.mode !== 'nearest' && (from > mostPlaces || from * to > mostWeights))
      return scope.fail(`makes ${to} of the ${from} elements along axis ${axis}, which is too large a matrix`);
    const taps = tapsOf(spec, method);
    if (!isIdentity(taps, from)) changes.push({ axis, from, to, taps });
  }
  if (method.mode !== 'nearest' && x.type.dtype === 'i32' && changes.length > 0)
    return scope.fail('interpolates between whole numbers', 'cast them to float in the model');
  return asPicture(scope, x, changes, method) ?? oneByOne(scope, x, changes, method, outside);
}

const isUntouched = ({ from, to, scale }: Axis, { coordinates }: Method): boolean =>
  from === to && scale === 1 && coordinates !== 'tf_crop_and_resize' && coordinates !== 'tf_half_pixel_for_nn';

const isIdentity = (taps: Taps, from: number): boolean =>
  taps.length === from && taps.every((list, i) => list?.length === 1 && list[0].at === i);

/** By the operator for pictures, where one of its rules says exactly the same. */
function asPicture(scope: Scope, x: Value, changes: readonly Change[], { mode }: Method): Value | undefined {
  const { shape, dtype } = x.type;
  const isLast = [3, 4].includes(shape.length) && changes.every(({ axis }) => axis >= 2);
  const isInner = shape.length === 4 && changes.every(({ axis }) => axis === 1 || axis === 2);
  if (!(isLast || isInner) || mode === 'cubic' || dtype !== 'f32' || changes.length === 0) return undefined;
  const axes = isLast ? (shape.length === 3 ? [undefined, 2] : [2, 3]) : [1, 2];
  const size = axes.map((axis) => (axis === undefined ? 1 : (changes.find((c) => c.axis === axis)?.to ?? shape[axis])));
  const op = rulesFor(mode, size).find((rule) => changes.every((change) => isAsIn(rule, change)));
  if (!op) return undefined;
  if (!isLast) return scope.call(op, x);
  const result = scope.call(op, toImage(scope, x));
  return result === broken ? broken : fromImage(scope, result, shape.length - 2);
}

function rulesFor(mode: 'nearest' | 'linear', size: readonly number[]): readonly Resize[] {
  const coordinates = ['half-pixel', 'asymmetric', 'align-corners'] as const;
  const roundings = mode === 'nearest' ? (['floor', 'round'] as const) : (['floor'] as const);
  const method = mode === 'nearest' ? 'nearest' : 'bilinear';
  return coordinates.flatMap((c) =>
    roundings.map((rounding): Resize => ({ kind: 'resize', method, size, coordinates: c, rounding })),
  );
}

function isAsIn(op: Resize, { from, to, taps }: Change): boolean {
  if (op.method === 'nearest') {
    const pixels = pixelsOf(op, from, to);
    return taps.every((list, i) => list?.[0].at === pixels[i]);
  }
  const places = placesOf(op, from, to);
  return taps.every((list, i) => {
    const { first, second, share } = places[i];
    const expected = new Map([[first, 1]]);
    if (first !== second) expected.set(first, 1 - share).set(second, share);
    const found = new Map(list?.map(({ at, weight }) => [at, weight]));
    return (
      list !== undefined &&
      [...new Set([...expected.keys(), ...found.keys()])].every(
        (at) => Math.abs((expected.get(at) ?? 0) - (found.get(at) ?? 0)) < 1e-7,
      )
    );
  });
}

function oneByOne(scope: Scope, x: Value, changes: readonly Change[], { mode }: Method, outside: number): Value {
  const moved = changes.reduce(
    (value, change) => (mode === 'nearest' ? picked(scope, value, change) : mixed(scope, value, change)),
    x,
  );
  return changes.reduce((value, { axis, to, taps }) => {
    if (taps.every((list) => list)) return value;
    const shape = x.type.shape.map((_, i) => (i === axis ? to : 1));
    const inside = scope.known(
      Int32Array.from(taps, (list) => Number(list !== undefined)),
      shape,
      'inside',
    );
    return scope.call({ kind: 'select' }, inside, value, scalar(scope, outside, x));
  }, moved);
}

const picked = (scope: Scope, x: Value, { axis, taps }: Change): Value =>
  scope.call(
    { kind: 'gather', axis },
    x,
    scope.known(
      Int32Array.from(taps, (list) => list?.[0].at ?? 0),
      [taps.length],
      'places',
    ),
  );

/** A product with a matrix that is mostly zeros. */
function mixed(scope: Scope, x: Value, { axis, from, to, taps }: Change): Value {
  const data = new Float32Array(elements([to, from]));
  for (const [i, list = []] of taps.entries()) for (const { at, weight } of list) data[i * from + at] = weight;
  const all = [...x.type.shape.keys()];
  const forth = [...all.filter((a) => a !== axis), axis];
  const product = linear(scope, transpose(scope, x, forth), scope.known(data, [to, from], 'weights'));
  return transpose(
    scope,
    product,
    all.map((a) => forth.indexOf(a)),
  );
}
