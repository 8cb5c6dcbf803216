/** Weights that are made of units, drawn from a seed. */
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import type { Made } from '../src/smartdeal/decompose.ts';
import type { Split } from '../src/smartdeal/units.ts';
import type { Decomposition } from '../src/tensor/decomposition.ts';
import { rebuild } from '../src/tensor/decomposition.ts';
import type { Matrix } from '../src/tensor/matrix.ts';
import type { Shape } from '../src/tensor/type.ts';
import { elements } from '../src/tensor/type.ts';

export interface Drawn {
  readonly shape: Shape;
  readonly split: Split;
  readonly group?: number;
  /** One row in so many is stored. */
  readonly sparse?: number;
  /** Whether scales are any numbers, and not powers of two. */
  readonly scaled?: boolean;
  readonly shifts?: number;
  readonly seed?: number;
}

/** Any codes and bases: nothing that was fitted to anything. */
export function drawUnits({ shape, split, group = 1, sparse = 1, scaled = false, shifts = 1, seed = 1 }: Drawn): Made {
  const generator = xoroshiro128plus(seed);
  const draw = (low: number, high: number): number => uniformInt(generator, low, high);
  const [filters] = shape;
  const units = filters * split.units;
  const height = split.rows * split.units;
  const codes = new Uint8Array(3 * units * split.rows);
  for (let g = 0; g < filters; g += group)
    for (let row = 0; row < height; row++) {
      if (draw(1, sparse) > 1) continue;
      for (let f = g; f < Math.min(filters, g + group); f++)
        for (let j = 0; j < 3; j++)
          codes[3 * (f * height + row) + j] = [0, 1, 7, 9, 15, draw(1, 7), draw(9, 15)][draw(0, 6)];
    }
  const decomposition: Decomposition = {
    ...split,
    group,
    codes,
    basis: Int8Array.from({ length: 9 * units }, () => draw(-127, 127) >> (shifts - 1)),
    shift: Uint8Array.from({ length: units }, () => draw(0, shifts - 1)),
  };
  const scale = Array.from({ length: filters }, () =>
    Math.fround((scaled ? draw(100, 999) / 313 : 1) * 2 ** -draw(9, 12)),
  );
  const row = elements(shape) / filters;
  const data = Float32Array.from(rebuild(decomposition, shape), (whole, at) => whole * scale[Math.floor(at / row)]);
  return { quantity: { scale, zero: scale.map(() => 0), axis: 0, decomposition }, data };
}

export function matrixOf({ quantity, data }: Made, shape: Shape): Matrix {
  const { scale, decomposition } = quantity;
  const columns = elements(shape.slice(1));
  return { rows: shape[0], columns, run: shape[shape.length - 1], data, units: { ...decomposition, scale } };
}

export const drawMatrix = (drawn: Drawn): Matrix => matrixOf(drawUnits(drawn), drawn.shape);
