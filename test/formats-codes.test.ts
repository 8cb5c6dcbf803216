/** Codes in place of weights: the laws of formats for every code in every format, and which codes are on offer. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Code } from '../src/formats/codes.ts';
import { codeFault, codesFor, withoutCode } from '../src/formats/codes.ts';
import type { Format } from '../src/formats/format.ts';
import { formatNamed, formats } from '../src/formats/index.ts';
import type { Matrix } from '../src/tensor/matrix.ts';
import { countLive, liveness, matrix, wordsOf } from '../src/tensor/matrix.ts';
import type { Params } from '../src/tensor/type.ts';
import { anyMatrix, broken, masked, title } from './formats/laws.ts';

/** Weights for the places that a matrix keeps, from a number drawn for each and the row. */
type Draw = (drawn: number, row: number) => number;

const scaleOf = (row: number): number => Math.fround(0.013 * (row + 1));

const f32 = Math.fround;

/** What quantisation makes: numbers by drawn ones, 0 to 2^16 − 1, and what they stand for. */
const kinds: Readonly<Record<string, { readonly draw: Draw; readonly of?: (m: Matrix) => Partial<Matrix> }>> = {
  'int8, a scale a row': {
    draw: (n, row) => f32(((n % 255) - 127) * scaleOf(row)),
    of: ({ rows }) => ({ quantity: { scale: Array.from({ length: rows }, (_, r) => scaleOf(r)), zero: [] } }),
  },
  int4: { draw: (n) => f32(((n % 16) - 8) * 0.25), of: () => ({ quantity: { scale: [0.25], zero: [0] } }) },
  'bytes with a zero far from the middle': {
    draw: (n) => f32(((n % 256) - 11) * f32(0.1)),
    of: () => ({ quantity: { scale: [f32(0.1)], zero: [11] } }),
  },
  'rows turned around': {
    draw: (n, row) => (n % 99 === 0 ? 0.5 : f32(((n % 230) - 20) * (row % 2 === 0 ? 0.5 : -0.5)) || 0.5),
    of: () => ({ quantity: { scale: [0.5], zero: [0] } }),
  },
  'a codebook of 5': { draw: (n) => [0.5, -0.25, Number.NaN, Number.POSITIVE_INFINITY, -0][n % 5] },
  'a codebook of 16': { draw: (n) => f32(Math.sin(n % 16)) || 1 },
  'powers of two in steps of a row': {
    draw: (n, row) => f32((n % 2 === 0 ? 1 : -1) * 2 ** ((n >> 1) % 7) * scaleOf(row)),
    of: ({ rows }) => ({ quantity: { scale: Array.from({ length: rows }, (_, r) => scaleOf(r)), zero: [] } }),
  },
  'powers of two': { draw: (n) => (n % 2 === 0 ? 1 : -1) * 2 ** -((n >> 1) % 8) },
  'a codebook of 250': { draw: (n) => f32(Math.cos(n % 250)) },
  'whole int8': { draw: (n) => (n % 256) - 128, of: () => ({ whole: true }) },
  'whole int4': { draw: (n) => (n % 16) - 8, of: () => ({ whole: true }) },
  'whole, too many for bytes': { draw: (n) => n * 100, of: () => ({ whole: true }) },
};

/** The places that a matrix keeps with other weights; a kept one may be 0 where a mask says so. */
function drawn(m: Matrix, kind: string, numbers: readonly number[]): Matrix {
  const live = liveness(m);
  const { draw, of } = kinds[kind];
  const data = m.data.map((_, at) =>
    live[at] === 1 ? draw(numbers[at % numbers.length], Math.floor(at / m.columns)) : 0,
  );
  return { ...m, data, mask: live, ...of?.(m) };
}

/** Every code for every parameters that fit, whether it saves bytes or not. */
const allCodes = (format: Format, m: Matrix): readonly Params[] =>
  [
    ...new Map(
      format
        .detect(m)
        .fits.map(withoutCode)
        .map((params) => [title(params), params]),
    ).values(),
  ].flatMap((params) => {
    const padded = format.cost(m, params).multiplies > countLive(m);
    const bits = Math.max(1, Math.ceil(Math.log2(countDifferent(m) + (padded ? 1 : 0))));
    const tables = bits > 8 ? [] : [{ codebook: bits }, { codebook: 8 }];
    return [...codesFor(m, padded), ...tables].map((code) => ({ ...params, ...code }));
  });

/** Different live weights, by their bits. */
function countDifferent(m: Matrix): number {
  const live = liveness(m);
  return new Set(wordsOf(m.data).filter((_, at) => live[at] === 1)).size;
}

describe.each(formats.map((format) => ({ name: format.name, format })))('$name', ({ format }) => {
  test.each(Object.keys(kinds))('%s', (kind) => {
    fc.assert(
      fc.property(anyMatrix, fc.array(fc.nat(65535), { minLength: 1, maxLength: 40 }), (pattern, numbers) => {
        const m = drawn(pattern, kind, numbers);
        for (const params of [...format.detect(m).fits, ...allCodes(format, m)])
          expect(broken(format, params, m), title(params)).toBeUndefined();
      }),
      { numRuns: 6, seed: 5 },
    );
  });
});

const codesOf = (m: Matrix, padded = false): readonly Code[] => codesFor(m, padded);
const many = (draw: (i: number) => number, more: Partial<Matrix> = {}): Matrix => ({
  ...matrix(
    8,
    64,
    64,
    Array.from({ length: 512 }, (_, i) => draw(i)),
  ),
  ...more,
});

describe('codes', () => {
  test('of as few bits as will do, and of bytes', () => {
    expect(codesOf(many((i) => (i % 15) - 7, { quantity: { scale: [1], zero: [0] } }))[0]).toEqual({
      linear: 4,
      zero: 8,
    });
    expect(codesOf(many((i) => (i % 15) * 17, { quantity: { scale: [1], zero: [0] } }))[0]).toEqual({
      linear: 8,
      zero: 0,
    });
    expect(codesOf(many((i) => (i % 200) - 100, { whole: true }))).toEqual([{ linear: 8 }]);
    // Steps are few where weights are many.
    const rows = { scale: Array.from({ length: 8 }, (_, row) => scaleOf(row)), zero: [] };
    const powers = many((i) => f32(2 ** (i % 7) * scaleOf(i >> 6)), { quantity: rows });
    expect(codesOf(powers)).toEqual([{ linear: 8 }, { codebook: 3 }, { codebook: 8 }]);
    expect(codesOf(many((i) => (i % 16) + 0.5))).toEqual([{ codebook: 4 }, { codebook: 8 }]);
    expect(
      codesOf(
        many((i) => (i % 16) + 0.5),
        true,
      ),
    ).toEqual([{ codebook: 5 }, { codebook: 8 }]);
    expect(
      codesOf(
        many((i) => (i % 32) + 0.5),
        true,
      ),
    ).toEqual([{ codebook: 6 }, { codebook: 8 }]);
  });

  test('only where they are exact', () => {
    expect(codesOf(many((i) => i + 0.5))).toEqual([]);
    expect(codesOf(many((i) => i - 200, { quantity: { scale: [1], zero: [0] } }))).toEqual([]);
    expect(codesOf(many((i) => i * 0.1, { quantity: { scale: [f32(0.1)], zero: [0] } }))).toEqual([]);
    expect(codesOf(many((i) => (i === 3 ? 1e-9 : i % 100), { quantity: { scale: [1], zero: [0] } }))).toEqual([]);
    const turned = many((i) => (i < 256 ? (i % 230) - 20 : 20 - (i % 230)), { quantity: { scale: [1], zero: [0] } });
    expect(codesOf(turned)[0]).toEqual({ linear: 8, zero: 46 });
    // Turned around, a weight of 0 that is kept would be −0.
    const kept = masked(
      turned,
      Array.from({ length: 512 }, () => 1),
    );
    expect(codesOf(kept).some((code) => 'linear' in code)).toBe(false);
  });

  test('are on offer where they take fewer bytes', () => {
    const dense = formatNamed('dense') as Format;
    expect(dense.detect(matrix(1, 4, 4, [1, 2, 1, 2])).fits).toEqual([{}]);
    const m = many((i) => (i % 16) + 0.5);
    expect(dense.detect(m).fits).toEqual([{}, { codebook: 4 }, { codebook: 8 }]);
    expect(dense.cost(m, { codebook: 4 }).bytes).toBe(512 / 2 + 16 * 4);
  });

  test('16 weights in a codebook: at most 2.5 bytes for each that is kept, all told, and the same weights come back', () => {
    const csr = formatNamed('csr') as Format;
    const book = Array.from({ length: 16 }, (_, i) => f32(Math.tan(i + 1)));
    const m = matrix(
      64,
      1152,
      128,
      Array.from({ length: 64 * 1152 }, (_, i) => (i % 10 === 3 ? book[Math.floor(i / 10) % 16] : 0)),
    );
    const fits = csr.detect(m).fits.filter(({ codebook }) => codebook === 4);
    const perWeight = fits.map((params) => csr.cost(m, params).bytes / countLive(m));
    expect(fits.map(({ index }) => index)).toEqual([16, 8]);
    // Two bytes or one that say where, half a byte that says what; ends of rows and the table come on top.
    expect(perWeight[0]).toBeLessThan(2.55);
    expect(perWeight[1]).toBeLessThan(1.55);
    for (const params of fits) expect(csr.unpack(csr.pack(m, params), params).data).toEqual(m.data);
  });

  test('parameters that are none are told', () => {
    const scaled = { quantity: { scale: [1], zero: [0] } };
    const faults = [
      codeFault({}, { codebook: 9 }),
      codeFault({}, { codebook: 4, zero: 1 }),
      codeFault({}, { zero: 3 }),
      codeFault(scaled, { linear: 5 }),
      codeFault(scaled, { linear: 4 }),
      codeFault(scaled, { linear: 8, zero: 256 }),
      codeFault({}, { linear: 8 }),
    ];
    expect(faults).toEqual([
      'has codes of 9 bits',
      'has both steps and a codebook',
      'has the zero 3 and no steps',
      'has steps of 5 bits',
      'has steps of 4 bits and no zero',
      'has the zero 256',
      'has steps, and the weights have no scale',
    ]);
    expect(codeFault(scaled, { linear: 8 }) ?? codeFault({ whole: true }, { index: 16 })).toBeUndefined();
  });

  test('kept zeros and the bits of NaN survive', () => {
    const m = masked(
      many((i) => [0, -0, Number.NaN, 2][i % 4]),
      Array.from({ length: 512 }, (_, i) => i % 3 && 1),
    );
    wordsOf(m.data)[2] = 0xffa12345;
    for (const format of formats)
      for (const params of allCodes(format, m))
        expect(broken(format, params, m), `${format.name} ${title(params)}`).toBeUndefined();
  });
});
