/** What operators are drawn from: numbers, sizes, choices. */
import fc from 'fast-check';
import type { Shape } from '../../src/tensor/type.ts';

export const int = (min: number, max: number): fc.Arbitrary<number> => fc.integer({ min, max });
export const ints = (min: number, max: number, length: number): fc.Arbitrary<number[]> =>
  fc.array(int(min, max), { minLength: length, maxLength: length });
export const oneOf = <const T>(...values: readonly T[]): fc.Arbitrary<T> => fc.constantFrom(...values);
export const sizes = (rank: number): fc.Arbitrary<number[]> => ints(1, rank > 3 ? 4 : 5, rank);
export const anyShape = fc.integer({ min: 0, max: 4 }).chain(sizes);
export const image = fc.tuple(int(1, 2), int(1, 6), int(1, 6), int(1, 5)).map((shape): Shape => shape);
