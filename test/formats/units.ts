/** Matrices that are made of units: some by name, and any. */
import fc from 'fast-check';
import type { Matrix } from '../../src/tensor/matrix.ts';
import { drawMatrix } from '../units-kit.ts';

/** Weights that are made of units: of all formats, one alone takes no others. */
export const madeOfUnits: Readonly<Record<string, Matrix>> = {
  'units of kernels': drawMatrix({ shape: [5, 3, 3, 4], split: { along: 'kernels', rows: 6, units: 2 }, shifts: 3 }),
  'units of neighbours, padded': drawMatrix({
    shape: [3, 32],
    split: { along: 'neighbours', rows: 11, units: 1 },
    scaled: true,
  }),
  'units in groups of 4': drawMatrix({
    shape: [10, 1, 1, 24],
    split: { along: 'neighbours', rows: 4, units: 2 },
    group: 4,
    sparse: 3,
  }),
  'scales of over 256 kinds': drawMatrix({
    shape: [300, 9],
    split: { along: 'neighbours', rows: 3, units: 1 },
    scaled: true,
  }),
};

/** Units of any sizes, for whole filters and in groups. */
export const anyUnits: fc.Arbitrary<Matrix> = fc
  .record({
    filters: fc.integer({ min: 1, max: 9 }),
    channels: fc.integer({ min: 1, max: 8 }),
    rows: fc.integer({ min: 1, max: 9 }),
    units: fc.integer({ min: 1, max: 3 }),
    padding: fc.integer({ min: 0, max: 2 }),
    kernels: fc.boolean(),
    group: fc.integer({ min: 1, max: 5 }),
    sparse: fc.integer({ min: 1, max: 4 }),
    scaled: fc.boolean(),
    shifts: fc.integer({ min: 1, max: 4 }),
    seed: fc.nat(),
  })
  .map(({ filters, channels, rows, units, padding, kernels, ...others }) =>
    drawMatrix({
      shape: kernels ? [filters, 3, 3, channels * units] : [filters, Math.max(1, 3 * rows * units - padding)],
      split: kernels ? { along: 'kernels', rows: 3 * channels, units } : { along: 'neighbours', rows, units },
      ...others,
    }),
  );
