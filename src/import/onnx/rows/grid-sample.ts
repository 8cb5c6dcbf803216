/** Pictures sampled at places that are computed: ONNX's GridSample. */
import type { Value } from '../../builder.ts';
import { binary, cast, reshape, scalar, slice, transpose, unary } from '../../compose.ts';
import type { Scope } from '../../scope.ts';

export interface Sampling {
  readonly mode: 'nearest' | 'linear' | 'cubic';
  readonly padding: 'zeros' | 'border' | 'reflection';
  /** Whether −1 and 1 are the centres of the outermost pixels, and not their outer edges. */
  readonly alignCorners: boolean;
}

/** Pixels along one axis, and what each has in the mixture: [count] and [count, 1]. */
interface Tap {
  readonly pixel: Value;
  readonly share: Value;
}

/** x: [n, c, h, w], grid: [n, oh, ow, 2] with across before down → [n, c, oh, ow]. */
export function gridSample(scope: Scope, x: Value, grid: Value, sampling: Sampling): Value {
  const [n, c, h, w] = x.type.shape;
  const [, oh, ow] = grid.type.shape;
  const count = n * oh * ow;
  const axis = (which: number, size: number): readonly Tap[] => {
    const part = slice(scope, grid, [0, 0, 0, which], [n, oh, ow, 1]);
    return tapsOf(scope, reshape(scope, part, [count]), size, sampling);
  };
  const [across, down] = [axis(0, w), axis(1, h)];
  const pixels = reshape(scope, transpose(scope, x, [0, 2, 3, 1]), [n * h * w, c]);
  const image = firstPixels(scope, n, oh * ow, h * w);
  const parts = down.flatMap((v) =>
    across.map((u) => {
      const row = binary(scope, 'add', image, binary(scope, 'mul', v.pixel, scalar(scope, w, v.pixel)));
      const found = scope.call({ kind: 'gather', axis: 0 }, pixels, binary(scope, 'add', row, u.pixel));
      return binary(scope, 'mul', found, binary(scope, 'mul', v.share, u.share));
    }),
  );
  const total = parts.reduce((a, b) => binary(scope, 'add', a, b));
  return transpose(scope, reshape(scope, total, [n, oh, ow, c]), [0, 3, 1, 2]);
}

/** More places in a batch are not listed. */
const mostPlaces = 2 ** 22;

function firstPixels(scope: Scope, images: number, places: number, pixels: number): Value {
  const count = images * places;
  if (!(count <= mostPlaces)) return scope.fail(`samples ${count} places, and at most ${mostPlaces} are read`);
  if (images === 1) return scope.known(Int32Array.of(0), [1], 'pictures');
  const first = Int32Array.from({ length: count }, (_, i) => Math.floor(i / places) * pixels);
  return scope.known(first, [count], 'pictures');
}

function tapsOf(scope: Scope, grid: Value, size: number, sampling: Sampling): readonly Tap[] {
  const { mode, padding, alignCorners } = sampling;
  const [low, high] = alignCorners ? [0, size - 1] : [-0.5, size - 0.5];
  const k = (value: number): Value => scalar(scope, value, grid);
  const within = (v: Value, from: number, to: number): Value =>
    binary(scope, 'min', binary(scope, 'max', v, k(from)), k(to));
  const back = (v: Value): Value => {
    const range = high - low;
    if (range === 0) return within(v, 0, 0);
    const turn = binary(scope, 'floor-mod', binary(scope, 'sub', v, k(low)), k(2 * range));
    return binary(scope, 'sub', k(high), unary(scope, 'abs', binary(scope, 'sub', turn, k(range))));
  };
  const scaled = binary(scope, 'mul', grid, k(alignCorners ? (size - 1) / 2 : size / 2));
  const spread = binary(scope, 'add', scaled, k((size - 1) / 2));
  const place = mode === 'nearest' ? unary(scope, 'round', spread) : spread;
  // A cubic goes on beyond the border, where its pixels are those of the border.
  const inside =
    padding === 'reflection'
      ? back(place)
      : padding === 'border' && mode !== 'cubic'
        ? within(place, 0, size - 1)
        : place;

  const column = (v: Value): Value => reshape(scope, v, [...v.type.shape, 1]);
  const tap = (at: Value, share: Value): Tap => {
    const nearest = padding === 'reflection' ? unary(scope, 'round', back(at)) : at;
    const pixel = cast(scope, within(nearest, 0, size - 1), 'i32');
    if (padding !== 'zeros') return { pixel, share: column(share) };
    const isIn = binary(
      scope,
      'and',
      binary(scope, 'greater-equal', at, k(0)),
      binary(scope, 'less-equal', at, k(size - 1)),
    );
    return { pixel, share: column(scope.call({ kind: 'select' }, isIn, share, k(0))) };
  };
  if (mode === 'nearest') return [tap(inside, scope.known(Float32Array.of(1), [1], 'share'))];
  const first = unary(scope, 'floor', inside);
  const rest = binary(scope, 'sub', inside, first);
  const shares = mode === 'linear' ? linearShares(scope, rest) : cubicShares(scope, rest);
  const before = mode === 'linear' ? 0 : 1;
  return shares.map((share, i) => tap(i === before ? first : binary(scope, 'add', first, k(i - before)), share));
}

const linearShares = (scope: Scope, rest: Value): readonly Value[] => [
  binary(scope, 'sub', scalar(scope, 1, rest), rest),
  rest,
];

/** Of the pixel before, the two around the place, and the one after: Keys's kernel with a = −0.75. */
function cubicShares(scope: Scope, rest: Value): readonly Value[] {
  const a = -0.75;
  /** Horner's rule. */
  const polynomial = (x: Value, ...factors: readonly number[]): Value =>
    factors
      .slice(1)
      .reduce(
        (sum, f) => binary(scope, 'add', binary(scope, 'mul', sum, x), scalar(scope, f, x)),
        scalar(scope, factors[0], x),
      );
  const plus = (by: number): Value => binary(scope, 'add', rest, scalar(scope, by, rest));
  const other = binary(scope, 'sub', scalar(scope, 1, rest), rest);
  const near = (x: Value): Value => polynomial(x, a + 2, -(a + 3), 0, 1);
  const far = (x: Value): Value => polynomial(x, a, -5 * a, 8 * a, -4 * a);
  return [far(plus(1)), near(rest), near(other), far(binary(scope, 'add', other, scalar(scope, 1, rest)))];
}
