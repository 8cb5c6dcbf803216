/** Pictures of another size, by the nearest pixel or by linear interpolation between four. */
import type { Expr } from '../loop/loop.ts';
import { add, cast, declare, div, f32, local, loop, max, min, mod, mul, nest, sub } from '../loop/loop.ts';
import { zeros } from '../tensor/numbers.ts';
import { read, write } from './at.ts';
import { attributeFault, dtypeFault, mostElements, mostPixels, oneOf, rankFault, resultType, wholes } from './check.ts';
import type { Rules } from './rules.ts';

/**
 * x: [n, h, w, c], f32, or i32 for `nearest`. Where in x the pixel i of a result `to` pixels long lies, when x is `from` pixels long:
 *   asymmetric      i · from / to
 *   half-pixel      (i + 0.5) · from / to − 0.5
 *   align-corners   i · (from − 1) / (to − 1), and 0 where `to` is 1
 * Beyond the border the pixels of the border go on. `nearest` takes the place's floor, or rounds it, halves upwards:
 * TensorFlow's nearest with half_pixel_centers is `half-pixel` with `round`. `bilinear` has no use for `rounding`.
 */
export interface Resize {
  readonly kind: 'resize';
  readonly method: 'bilinear' | 'nearest';
  /** Height and width of the result. */
  readonly size: readonly number[];
  readonly coordinates: 'asymmetric' | 'half-pixel' | 'align-corners';
  readonly rounding: 'floor' | 'round';
}

/** Pixel i of the result lies at (i · step + offset) / divisor: whole numbers, so that every machine agrees. */
export interface Scale {
  readonly step: number;
  readonly offset: number;
  readonly divisor: number;
}

export function scaleOf({ coordinates }: Pick<Resize, 'coordinates'>, from: number, to: number): Scale {
  if (coordinates === 'asymmetric') return reduced(2 * from, 0, 2 * to);
  if (coordinates === 'half-pixel') return reduced(2 * from, from - to, 2 * to);
  return to === 1 ? { step: 0, offset: 0, divisor: 2 } : reduced(2 * (from - 1), 0, 2 * (to - 1));
}

/** In lowest terms with an even divisor, so that its half is whole too. */
function reduced(step: number, offset: number, divisor: number): Scale {
  const by = [step, Math.abs(offset), divisor / 2].reduce(divideCommonly);
  return { step: step / by, offset: offset / by, divisor: divisor / by };
}

const divideCommonly = (a: number, b: number): number => (b === 0 ? a : divideCommonly(b, a % b));

const clamp = (i: number, low: number, high: number): number => Math.min(Math.max(i, low), high);

/** Between which pixels, and how many of `divisor` parts from the first, pixel i lies. */
export function partOf({ step, offset, divisor }: Scale, i: number, from: number) {
  const place = clamp(i * step + offset, 0, divisor * (from - 1));
  const first = Math.floor(place / divisor);
  return { first, second: Math.min(first + 1, from - 1), part: place % divisor };
}

/** Between which pixels, and how far from the first, pixel i lies. */
function between(scale: Scale, i: number, from: number): Place {
  const { first, second, part } = partOf(scale, i, from);
  return { first, second, share: part / scale.divisor };
}

/** Where bilinear interpolation finds each of the `to` pixels of the result along an axis of `from` pixels. */
export function placesOf(op: Resize, from: number, to: number): readonly Place[] {
  const scale = scaleOf(op, from, to);
  return Array.from({ length: to }, (_, i) => between(scale, i, from));
}

/** Which pixel is the nearest to each of the `to` pixels of the result along an axis of `from` pixels. */
export function pixelsOf(op: Resize, from: number, to: number): readonly number[] {
  const scale = scaleOf(op, from, to);
  return Array.from({ length: to }, (_, i) => nearest(op, scale, i, from));
}

/** The pixels on both sides, and the share of the second. */
export interface Place {
  readonly first: number;
  readonly second: number;
  readonly share: number;
}

const nearest = ({ rounding }: Resize, { step, offset, divisor }: Scale, i: number, from: number): number =>
  clamp(Math.floor((i * step + offset + (rounding === 'round' ? divisor / 2 : 0)) / divisor), 0, from - 1);

export const resize: Rules<Resize> = {
  doc: 'pictures of another size',
  operands: () => ['x'],

  infer(op, types) {
    const fault =
      attributeFault(op, {
        method: oneOf('bilinear', 'nearest'),
        size: wholes(2, 1, mostPixels),
        coordinates: oneOf('asymmetric', 'half-pixel', 'align-corners'),
        rounding: oneOf('floor', 'round'),
      }) ??
      (op.method === 'nearest' && types.x.dtype === 'i32' ? undefined : dtypeFault(types, 'f32')) ??
      rankFault(types, { x: 4 });
    if (fault) return fault;
    const [n, h, w, c] = types.x.shape;
    for (const [from, to] of [
      [h, op.size[0]],
      [w, op.size[1]],
    ]) {
      const { step, offset, divisor } = scaleOf(op, from, to);
      if (step * to + Math.abs(offset) + divisor * (from + 1) > mostElements)
        return `cannot make ${to} pixels of ${from} in 32-bit arithmetic`;
    }
    return resultType(types.x.dtype, [n, ...op.size, c]);
  },

  evaluate(op, { x }, { dtype, shape: [n, oh, ow, c] }) {
    const [, h, w] = x.type.shape;
    const [down, across] = [scaleOf(op, h, oh), scaleOf(op, w, ow)];
    const out = zeros(dtype, n * oh * ow * c);
    const pixel = (b: number, y: number, z: number): number => ((b * h + y) * w + z) * c;
    let at = 0;
    for (let b = 0; b < n; b++)
      for (let y = 0; y < oh; y++)
        for (let z = 0; z < ow; z++) {
          if (op.method === 'nearest') {
            const from = pixel(b, nearest(op, down, y, h), nearest(op, across, z, w));
            for (let k = 0; k < c; k++) out[at++] = x.data[from + k];
            continue;
          }
          const [v, u] = [between(down, y, h), between(across, z, w)];
          const [p, q] = [pixel(b, v.first, u.first), pixel(b, v.first, u.second)];
          const [r, s] = [pixel(b, v.second, u.first), pixel(b, v.second, u.second)];
          for (let k = 0; k < c; k++) {
            const top = x.data[p + k] + (x.data[q + k] - x.data[p + k]) * u.share;
            const bottom = x.data[r + k] + (x.data[s + k] - x.data[r + k]) * u.share;
            out[at++] = top + (bottom - top) * v.share;
          }
        }
    return out;
  },

  lower(op, { types: { x }, arrays, result: { type, array } }) {
    const [, h, w] = x.shape;
    const [n, oh, ow, c] = type.shape;
    const [down, across] = [scaleOf(op, h, oh), scaleOf(op, w, ow)];
    const pixel = (b: Expr, y: Expr, z: Expr, k: Expr): Expr => read(arrays.x, x, [b, y, z, k]);

    if (op.method === 'nearest')
      return nest(type.shape, ([b, y, z, k]) => [
        write(array, type, [b, y, z, k], pixel(b, lowerNearest(op, down, y, h), lowerNearest(op, across, z, w), k)),
      ]);

    return nest(
      [n, oh],
      ([b, y]) => {
        const v = lowerBetween('y', down, y, h);
        return [
          ...v.before,
          ...loop('z', 0, ow, (z) => {
            const u = lowerBetween('x', across, z, w);
            return [
              ...u.before,
              ...loop('c', 0, c, (k) => {
                const along = (row: Expr): Expr => mix(pixel(b, row, u.first, k), pixel(b, row, u.second, k), u.share);
                const [top, bottom] = [local('top', 'f32'), local('bottom', 'f32')];
                return [
                  declare(top, along(v.first)),
                  declare(bottom, along(v.second)),
                  write(array, type, [b, y, z, k], mix(top, bottom, v.share)),
                ];
              }),
            ];
          }),
        ];
      },
      ['b', 'y'],
    );
  },
};

const mix = (a: Expr, b: Expr, share: Expr): Expr => add(a, mul(sub(b, a), share));

const lowerClamp = (i: Expr, low: number, high: number): Expr => min(max(i, low), high);

const lowerNearest = ({ rounding }: Resize, { step, offset, divisor }: Scale, i: Expr, from: number): Expr =>
  lowerClamp(div(add(mul(i, step), offset + (rounding === 'round' ? divisor / 2 : 0)), divisor), 0, from - 1);

/** `partOf` in loops: variables for both pixels and the part, and the statements that set them. */
export function lowerPart(hint: string, { step, offset, divisor }: Scale, i: Expr, from: number) {
  const place = local(`${hint}_place`, 'i32');
  const [first, second, part] = [local(`${hint}0`, 'i32'), local(`${hint}1`, 'i32'), local(`${hint}_part`, 'i32')];
  const before = [
    declare(place, lowerClamp(add(mul(i, step), offset), 0, divisor * (from - 1))),
    declare(first, div(place, divisor)),
    declare(second, min(add(first, 1), from - 1)),
    declare(part, mod(place, divisor)),
  ];
  return { before, first, second, part };
}

function lowerBetween(hint: string, scale: Scale, i: Expr, from: number) {
  const { before, part, ...pixels } = lowerPart(hint, scale, i, from);
  const share = local(`${hint}_share`, 'f32');
  return { ...pixels, before: [...before, declare(share, div(cast('f32', part), f32(scale.divisor)))], share };
}
