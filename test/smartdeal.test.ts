/** Decomposing weights: what the paper's algorithm must give, on a layer of fixed numbers and on others. */
import { uniformFloat32 } from 'pure-rand/distribution/uniformFloat32';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { describe, expect, test } from 'vitest';
import { smartdeal } from '../src/formats/smartdeal.ts';
import type { Made } from '../src/smartdeal/decompose.ts';
import { bitsOf, decompose, relativeError, splitFor } from '../src/smartdeal/decompose.ts';
import { codedBases, codedUnit } from '../src/smartdeal/encode.ts';
import { distance, fitUnit, usualFit } from '../src/smartdeal/fit.ts';
import { invert, solveLeft, times } from '../src/smartdeal/least-squares.ts';
import { nearestPower, nearestPowers } from '../src/smartdeal/powers.ts';
import { expansionOf, pieceOf, rowsOf, splitOf, unitBits } from '../src/smartdeal/units.ts';
import { keptVectors } from '../src/smartdeal/vectors.ts';
import { coefficientOf, rebuild } from '../src/tensor/decomposition.ts';
import type { Shape } from '../src/tensor/type.ts';
import { elements } from '../src/tensor/type.ts';
import { matrixOf } from './units-kit.ts';

/** Normally distributed numbers. */
function normal(count: number, sigma: number, seed: number): Float32Array<ArrayBuffer> {
  const generator = xoroshiro128plus(seed);
  const draw = (): number => uniformFloat32(generator);
  return Float32Array.from(
    { length: count },
    () => sigma * Math.sqrt(-2 * Math.log(1 - draw())) * Math.cos(2 * Math.PI * draw()),
  );
}

const split = (shape: Shape) => {
  const found = splitOf(shape);
  if (typeof found === 'string') throw new Error(found);
  return found;
};

const made = (
  data: Float32Array,
  shape: Shape,
  options: Partial<typeof usualFit> & Parameters<typeof decompose>[3] = usualFit,
) => decompose(data, shape, split(shape), { ...usualFit, ...options });

const exponentsOf = ({ quantity: { decomposition } }: Made): readonly ReadonlySet<number>[] => {
  const { codes, rows } = decomposition;
  return Array.from({ length: codes.length / (3 * rows) }, (_, u) => {
    const own = codes.subarray(3 * rows * u, 3 * rows * (u + 1));
    return new Set(
      Array.from(
        own.filter((c) => c !== 0),
        (c) => Math.log2(Math.abs(coefficientOf(c))),
      ),
    );
  });
};

describe('a layer of 64 filters of 3x3 over 64 channels, of standard deviation 0.05, theta 0.004', () => {
  const shape = [64, 3, 3, 64];
  const weights = normal(elements(shape), 0.05, 7);
  const layer = made(weights, shape);
  const { decomposition, scale } = layer.quantity;
  const matrix = matrixOf(layer, shape);
  const [params] = smartdeal.detect(matrix).fits;

  test('every coefficient is 0 or one of at most 7 powers of two', () => {
    for (const unit of exponentsOf(layer)) {
      expect(unit.size).toBeLessThanOrEqual(7);
      for (const exponent of unit) expect(Number.isInteger(exponent)).toBe(true);
    }
    expect(decomposition.codes.every((code) => code <= 15 && code !== 8)).toBe(true);
  });

  test('packed and unpacked, it is C times B to the last bit, whole numbers of 16 bits', () => {
    const back = smartdeal.unpack(smartdeal.pack(matrix, params), params);
    // C B, written out for one filter after the other.
    for (let o = 0; o < 64; o++)
      for (let at = 0; at < 576; at++) {
        const [tap, channel] = [Math.floor(at / 64), at % 64];
        const [row, x] = [3 * channel + Math.floor(tap / 3), tap % 3];
        let whole = 0;
        for (let j = 0; j < 3; j++)
          whole += coefficientOf(decomposition.codes[3 * (192 * o + row) + j]) * decomposition.basis[9 * o + 3 * j + x];
        expect(Math.abs(whole)).toBeLessThanOrEqual(32767);
        if (back.data[576 * o + at] !== Math.fround(whole * scale[o])) expect.fail(`filter ${o}, weight ${at}`);
      }
    expect(back.data).toEqual(layer.data);
  });

  test('it is nearer to the weights than powers of two alone', () => {
    const alone = weights.map((w) => (Math.abs(w) < 4e-3 ? 0 : nearestPower(w, 32)));
    const error = relativeError(weights, layer.data);
    expect(error).toBeLessThan(0.2);
    expect(error).toBeLessThan(relativeError(weights, alone));
  });

  test('all that is stored takes within 1 % of what the formula says', () => {
    const stored = Object.values(smartdeal.pack(matrix, params).parts).reduce((sum, part) => sum + part.byteLength, 0);
    const rows = decomposition.codes.length / 3;
    const used = Array.from({ length: rows }, (_, r) =>
      decomposition.codes.subarray(3 * r, 3 * r + 3).some((c) => c !== 0),
    );
    const formula = 64 * (192 + 72) + 12 * used.filter(Boolean).length;
    expect(bitsOf(decomposition)).toBe(formula);
    expect(Math.abs((8 * stored) / formula - 1)).toBeLessThan(0.01);
  });

  test('no least-squares step moves away from what it fits', () => {
    let steps = 0;
    const filter = rowsOf(weights.subarray(0, 576), split(shape), 64);
    const best = fitUnit(filter, usualFit, (_, before, after) => {
      expect(after).toBeLessThanOrEqual(before * (1 + 1e-12));
      steps++;
    });
    expect(steps).toBeGreaterThan(10);
    // The best of all rounds is kept, and 8-bit bases add little.
    expect(distance(filter, best.c, best.b)).toBeCloseTo(best.error, 12);
    const coarse = relativeError(weights.subarray(0, 576), layer.data.subarray(0, 576));
    expect(coarse - Math.sqrt(best.error / filter.reduce((sum, w) => sum + w * w, 0))).toBeLessThan(1e-3);
  });

  test('the same weights give the same codes', () => {
    expect(made(weights, shape)).toEqual(layer);
  });
});

describe('powers of two', () => {
  test.each([
    [0.75, 0.5],
    [0.7500001, 1],
    [-0.75, -0.5],
    [1, 1],
    [1.5, 1],
    [1.51, 2],
    [3, 2],
    [100, 32],
    [-100, -32],
    [0, 0],
  ])('%d becomes %d', (v, power) => expect(nearestPower(v, 32)).toBe(power));
});

describe('units', () => {
  test.each([
    [[64, 3, 3, 64], 192, 1],
    [[64, 3, 3, 128], 192, 2],
    [[64, 3, 3, 96], 144, 2],
    [[64, 3, 3, 512], 192, 8],
    [[64, 1, 1, 4096], 171, 8],
    [[64, 1, 1, 960], 160, 2],
    [[10, 512], 171, 1],
    [[10, 576], 192, 1],
    [[10, 1000], 167, 2],
    [[10, 100], 34, 1],
  ])('of %j have %d rows, and filters %d of them', (shape, rows, units) => {
    expect(split(shape)).toMatchObject({ rows, units });
  });

  test('pieces are the last prime factors together', () => {
    expect([192, 288, 384, 7, 211, 401 * 2].map(pieceOf)).toEqual([192, 144, 192, 7, 1, 1]);
  });

  test('layers that would not pay are refused with numbers', () => {
    const why = (shape: Shape) => splitFor(shape, new Float32Array(elements(shape)).fill(1));
    expect(why([32, 3, 3, 1])).toBe('would take 111 bits a filter, and 72 in 8-bit integers');
    expect(why([32, 3, 3, 3])).toBe('would take 189 bits a filter, and 216 in 8-bit integers: too little is saved');
    expect(why([32, 5, 5, 64])).toBe('has kernels of 5x5, and only those of 3x3 and 1x1 are decomposed');
    expect(why([32, 1, 1, 16])).toMatch(/150 bits a filter, and 128/);
    expect(why([32, 64])).toMatchObject({ along: 'neighbours' });
    expect(expansionOf([32, 3, 3, 8], split([32, 3, 3, 8]))).toBeUndefined();
    expect(splitFor([8, 3, 3, 64], normal(8 * 576, 1e20, 1))).toMatch(/within 2\^40/);
    expect(
      splitFor(
        [1, 64],
        Float32Array.from({ length: 64 }, () => Number.NaN),
      ),
    ).toMatch(/not finite/);
  });

  test('sizes are those of the paper', () => {
    const ratio = (share: number): number => (576 * 32) / unitBits(192, 192 * share);
    expect(unitBits(192, 192)).toBe(2568);
    expect([1, 0.5, 0.3, 0.1].map((share) => Number(ratio(share).toFixed(1)))).toEqual([7.2, 13, 19.3, 37.3]);
  });
});

describe('least squares', () => {
  test('residuals are orthogonal to the columns, singular ones too', () => {
    for (const [seed, flat] of [
      [1, 0],
      [2, 1],
      [3, 2],
    ] as const) {
      const a = Float64Array.from(normal(60, 1, seed), (v, at) => (at % 3 < flat ? 0 : v));
      const w = Float64Array.from(normal(60, 1, seed + 10));
      const residual = times(a, solveLeft(a, w)).map((v, at) => v - w[at]);
      for (let i = 0; i < 3; i++)
        for (let j = 0; j < 3; j++) {
          let dot = 0;
          for (let r = 0; r < 20; r++) dot += a[3 * r + i] * residual[3 * r + j];
          expect(Math.abs(dot)).toBeLessThan(1e-12);
        }
    }
  });

  test('columns nearly alike are told apart', () => {
    const a = Float64Array.from({ length: 60 }, (_, at) =>
      at % 3 === 1 ? Math.floor(at / 3) * (1 + 1e-7 * (at % 7)) : Math.floor(at / 3) + (at % 3),
    );
    const w = times(a, Float64Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9));
    expect(Math.sqrt(distance(w, a, solveLeft(a, w)))).toBeLessThan(1e-6);
  });

  test('a matrix of rank one has its pseudo-inverse', () => {
    const { inverse, share } = invert(Float64Array.of(1, 2, 3, 2, 4, 6, 3, 6, 9));
    expect(share).toBeLessThan(1e-12);
    expect(inverse[0]).toBeCloseTo(1 / 196, 12);
    expect(inverse[8]).toBeCloseTo(9 / 196, 12);
  });
});

describe('options', () => {
  const shape = [32, 3, 3, 16];
  const weights = normal(elements(shape), 0.05, 3);

  test('rows are cut where their coefficients are small, and only then', () => {
    const zeroRows = ({ quantity: { decomposition } }: Made): number =>
      Array.from({ length: decomposition.codes.length / 3 }).filter((_, r) =>
        decomposition.codes.subarray(3 * r, 3 * r + 3).every((c) => c === 0),
      ).length;
    const theta = 1e-2;
    expect(zeroRows(made(weights, shape, { ...usualFit, theta, cutRows: true }))).toBeGreaterThan(
      zeroRows(made(weights, shape, { ...usualFit, theta })),
    );
  });

  test('columns that are all cut are tried again with less of a threshold', () => {
    const small = weights.map((w, at) => (at % 3 === 0 ? w * 1e-4 : w));
    const layer = made(small, shape, { ...usualFit, scale: true });
    expect(relativeError(small, layer.data)).toBeLessThan(0.25);
  });

  test('whole layers of zeros stay so', () => {
    const layer = made(new Float32Array(elements(shape)), shape);
    expect(layer.data.every((w) => Object.is(w, 0))).toBe(true);
    expect(layer.quantity.scale.every((s) => s > 0)).toBe(true);
  });

  test.each([
    ['population', 0.5, 24],
    ['energy', 0.99, 47],
    ['value', 0.0399, undefined],
  ] as const)('%s %d cuts rows in 32 filters at once', (mode, amount, cut) => {
    const layer = made(weights, shape, { ...usualFit, vectors: { mode, amount } });
    const { codes, group, rows } = layer.quantity.decomposition;
    expect(group).toBe(32);
    const gone = Array.from({ length: rows }, (_, row) => row).filter((row) =>
      Array.from({ length: 32 }, (_, f) => codes.subarray(3 * (f * rows + row), 3 * (f * rows + row) + 3)).every((c) =>
        c.every((v) => v === 0),
      ),
    );
    if (cut !== undefined) expect(gone.length).toBe(cut);
    else expect(gone.length).toBeGreaterThan(0);
    const stored = rows - gone.length;
    expect(bitsOf(layer.quantity.decomposition)).toBe(32 * 72 + rows + 32 * 12 * stored);
  });

  test('the rows that go are those of the smallest sums', () => {
    const filters = [Float32Array.of(1, 1, 1, 5, 5, 5, 2, 2, 2), Float32Array.of(1, 1, 1, 0, 0, 0, 2, 2, 2)];
    const kept = keptVectors(filters, { along: 'neighbours', rows: 3, units: 1 }, 9, {
      mode: 'population',
      amount: 0.34,
    });
    expect([...kept]).toEqual([0, 1, 1]);
  });
});

test('coefficients out of the window are cut, and units of different sizes share a scale in 16 bits', () => {
  const c = Float64Array.of(32, -0.25, 0, 0, 0.5, 16, 1, 2, 4);
  const unit = codedUnit({ c, b: Float64Array.of(1, 0, 0, 0, 1, 0, 0, 0, 1) });
  expect([...unit.codes]).toEqual([1, 0, 0, 0, 7, 2, 6, 5, 4]);
  const sizes = [1, 0.01, 0].map((size) => ({ ...unit, b: unit.b.map((v) => v * size * 0.9) }));
  const { basis, shift, scale } = codedBases(sizes);
  const d = {
    along: 'neighbours',
    rows: 3,
    units: 3,
    group: 1,
    codes: Uint8Array.from(sizes.flatMap((s) => [...s.codes])),
    basis,
    shift,
  } as const;
  const wholes = rebuild(d, [1, 27]);
  expect(Math.max(...wholes.map(Math.abs))).toBeLessThanOrEqual(32767);
  expect(wholes[0] * scale).toBeCloseTo(32 * 0.9, 0);
  expect(Math.abs(wholes[9] * scale - 32 * 0.009)).toBeLessThan(64 * scale);
  expect(wholes.subarray(18).every((w) => w === 0)).toBe(true);
});

test('powers of all numbers of a list', () => {
  expect([...nearestPowers(Float64Array.of(0.3, -5, 0), 32)]).toEqual([0.25, -4, 0]);
});
