/** Pictures of whole numbers in another size, by linear interpolation between four pixels, without rounding. */
import type { Expr } from '../loop/loop.ts';
import { add, declare, local, loop, mul, nest, sub } from '../loop/loop.ts';
import { read, write } from './at.ts';
import { attributeFault, dtypeFault, mostElements, mostPixels, oneOf, rankFault, resultType, wholes } from './check.ts';
import type { Resize } from './resize.ts';
import { lowerPart, partOf, scaleOf } from './resize.ts';
import type { Rules } from './rules.ts';

/**
 * x: [n, h, w, c], i32. The result is i32, and what `resize` with `bilinear` gives, times `stepsOf`: sums of four pixels
 * times whole numbers. Sums wrap around.
 */
export interface ResizeSums {
  readonly kind: 'resize-sums';
  /** Height and width of the result. */
  readonly size: readonly number[];
  readonly coordinates: Resize['coordinates'];
}

/** So many steps of a sum are one of x: down and across, between one pixel and the next. */
export const stepsOf = (op: ResizeSums, [, h, w]: readonly number[]): readonly [number, number] => [
  scaleOf(op, h, op.size[0]).divisor,
  scaleOf(op, w, op.size[1]).divisor,
];

/** Of both together: of sums of bytes nothing is lost. */
const mostSteps = 2 ** 22;

export const resizeSums: Rules<ResizeSums> = {
  doc: 'pictures of whole numbers in another size, as sums of four pixels',
  operands: () => ['x'],

  infer(op, types) {
    const fault =
      attributeFault(op, {
        size: wholes(2, 1, mostPixels),
        coordinates: oneOf('asymmetric', 'half-pixel', 'align-corners'),
      }) ??
      dtypeFault(types, 'i32') ??
      rankFault(types, { x: 4 });
    if (fault) return fault;
    const [n, h, w, c] = types.x.shape;
    const scales = [scaleOf(op, h, op.size[0]), scaleOf(op, w, op.size[1])];
    const steps = scales[0].divisor * scales[1].divisor;
    if (!(steps <= mostSteps)) return `takes sizes with at most ${mostSteps} steps and is given ${steps}`;
    for (const [i, { step, offset, divisor }] of scales.entries())
      if (step * op.size[i] + Math.abs(offset) + divisor * (types.x.shape[1 + i] + 1) > mostElements)
        return `cannot make ${op.size[i]} pixels of ${types.x.shape[1 + i]} in 32-bit arithmetic`;
    return resultType('i32', [n, ...op.size, c]);
  },

  evaluate(op, { x }, { shape: [n, oh, ow, c] }) {
    const [, h, w] = x.type.shape;
    const [down, across] = [scaleOf(op, h, oh), scaleOf(op, w, ow)];
    const out = new Int32Array(n * oh * ow * c);
    let at = 0;
    for (let b = 0; b < n; b++)
      for (let y = 0; y < oh; y++)
        for (let z = 0; z < ow; z++) {
          const [v, u] = [partOf(down, y, h), partOf(across, z, w)];
          const pixel = (row: number, column: number): number => ((b * h + row) * w + column) * c;
          const [p, q] = [pixel(v.first, u.first), pixel(v.first, u.second)];
          const [r, s] = [pixel(v.second, u.first), pixel(v.second, u.second)];
          for (let k = 0; k < c; k++) {
            const top = mixed(x.data[p + k], x.data[q + k], u.part, across.divisor);
            const bottom = mixed(x.data[r + k], x.data[s + k], u.part, across.divisor);
            out[at++] = mixed(top, bottom, v.part, down.divisor);
          }
        }
    return out;
  },

  lower(op, { types: { x }, arrays, result: { type, array } }) {
    const [, h, w] = x.shape;
    const [n, oh, ow, c] = type.shape;
    const [down, across] = [scaleOf(op, h, oh), scaleOf(op, w, ow)];
    return nest(
      [n, oh],
      ([b, y]) => {
        const v = lowerPart('y', down, y, h);
        return [
          ...v.before,
          ...loop('z', 0, ow, (z) => {
            const u = lowerPart('x', across, z, w);
            return [
              ...u.before,
              ...loop('c', 0, c, (k) => {
                const pixel = (row: Expr, column: Expr): Expr => read(arrays.x, x, [b, row, column, k]);
                const along = (row: Expr): Expr =>
                  lowerMixed(pixel(row, u.first), pixel(row, u.second), u.part, across.divisor);
                const [top, bottom] = [local('top', 'i32'), local('bottom', 'i32')];
                return [
                  declare(top, along(v.first)),
                  declare(bottom, along(v.second)),
                  write(array, type, [b, y, z, k], lowerMixed(top, bottom, v.part, down.divisor)),
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

const mixed = (a: number, b: number, part: number, all: number): number =>
  (Math.imul(a, all - part) + Math.imul(b, part)) | 0;

const lowerMixed = (a: Expr, b: Expr, part: Expr, all: number): Expr => add(mul(a, sub(all, part)), mul(b, part));
