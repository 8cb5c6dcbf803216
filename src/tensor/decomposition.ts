/**
 * How whole weights are made of powers of two: the units of SmartDeal, Chen et al., "SmartDeal: Re-Modeling Deep Network
 * Weights for Efficient Inference and Training", 2021, with every number an integer.
 *
 * The weights of each filter are rows of three, cut into units of `rows` rows. A unit has a basis of 3x3 and, for each of
 * its rows, three codes. Column j of a row is
 *
 *     whole = (c0 · basis[0][j] + c1 · basis[1][j] + c2 · basis[2][j]) · 2^shift
 *
 * where code 0 says c = 0, and any other, its bit 3 the sign and its bits 2..0 a number k of 1..7, says c = ±2^(7 − k). So
 * a whole takes three shifts, two additions and no multiplication, and it is at most 32767 from zero.
 */
import type { Shape } from './type.ts';
import { elements } from './type.ts';

export interface Decomposition {
  /**
   * What a row of three is:
   *   kernels     row y of a 3x3 kernel: unit row 3i + y has the weights of input channel i at taps (y, 0), (y, 1), (y, 2)
   *   neighbours  three neighbouring columns; those past a filter's last weight are padding
   */
  readonly along: 'kernels' | 'neighbours';
  /** Rows of three in a unit, and units in a filter. */
  readonly rows: number;
  readonly units: number;
  /** Neighbouring filters that store the same rows, all others being zero in each of them: 1, or more where rows were pruned together. */
  readonly group: number;
  /** Three for each row, 0..15 and never 8: filter after filter, unit after unit, row after row. */
  readonly codes: Uint8Array<ArrayBuffer>;
  /** Nine for each unit, row by row, within ±127. */
  readonly basis: Int8Array<ArrayBuffer>;
  /** One for each unit. */
  readonly shift: Uint8Array<ArrayBuffer>;
}

/** Engines keep wholes in 16 bits. */
export const mostWhole = 32767;

/** What a code stands for: 0, or ±1 to ±64. */
export const coefficientOf = (code: number): number =>
  code === 0 ? 0 : ((code & 8) === 0 ? 1 : -1) * (1 << (7 - (code & 7)));

/** The column of place j in row `row` of a filter, of a matrix whose columns come in runs of so many. */
export const columnOf = (along: Decomposition['along'], row: number, j: number, run: number): number =>
  along === 'kernels' ? ((row % 3) * 3 + j) * run + Math.floor(row / 3) : 3 * row + j;

/** Whole weights, as the constant has them. */
export function rebuild(d: Decomposition, shape: Shape): Int32Array<ArrayBuffer> {
  const [filters] = shape;
  const columns = elements(shape) / filters;
  const run = shape[shape.length - 1];
  const wholes = new Int32Array(filters * columns);
  for (let unit = 0; unit < filters * d.units; unit++) {
    const first = (unit % d.units) * d.rows;
    const start = Math.floor(unit / d.units) * columns;
    for (let r = 0; r < d.rows; r++)
      for (let j = 0; j < 3; j++) {
        const column = columnOf(d.along, first + r, j, run);
        if (column < columns) wholes[start + column] = wholeAt(d, unit, r, j);
      }
  }
  return wholes;
}

/** Column j of row `r` of a unit. */
export function wholeAt(
  { codes, basis, shift, rows }: Pick<Decomposition, 'codes' | 'basis' | 'shift' | 'rows'>,
  unit: number,
  r: number,
  j: number,
): number {
  const at = 3 * (unit * rows + r);
  let sum = 0;
  for (let i = 0; i < 3; i++) sum += coefficientOf(codes[at + i]) * basis[9 * unit + 3 * i + j];
  return sum << shift[unit];
}

/** Why weights of this shape cannot be made so: the rest of a sentence. */
export function decompositionFault(d: Decomposition, shape: Shape): string | undefined {
  const { along, rows, units, group, codes, basis, shift } = d;
  const [filters, ...rest] = shape;
  const columns = elements(rest);
  if (shape.length < 2) return `has units and ${shape.length} axes`;
  if (along === 'kernels' && !(shape.length === 4 && shape[1] === 3 && shape[2] === 3))
    return `has units of kernels of 3x3, and the shape ${shape.join('x')}`;
  if (![rows, units, group].every((n) => Number.isInteger(n) && n > 0))
    return `has ${units} units of ${rows} rows in groups of ${group}`;
  const [room, least] = [3 * rows * units, 3 * rows * (units - 1)];
  if (along === 'kernels' ? room !== columns : room < columns || least >= columns)
    return `has ${units} units of ${rows} rows for ${columns} weights`;
  if (codes.length !== filters * room || basis.length !== 9 * filters * units || shift.length !== filters * units)
    return `has ${codes.length} codes, ${basis.length} numbers in bases and ${shift.length} shifts for ${filters * units} units of ${rows} rows`;
  const code = codes.find((c) => c > 15 || c === 8);
  if (code !== undefined) return `has the code ${code}`;
  if (basis.includes(-128)) return 'has a basis with the number -128';
  const far = shift.find((s) => s > 15);
  return far === undefined ? undefined : `has a unit shifted by ${far}`;
}

/** The same for some filters. Where these were in groups, those left are not. */
export function keptFilters(d: Decomposition, kept: readonly number[]): Decomposition {
  const { codes, basis, shift, units, rows } = d;
  if (kept.length === shift.length / units && kept.every((filter, i) => filter === i)) return d;
  const pick = <A extends Uint8Array<ArrayBuffer> | Int8Array<ArrayBuffer>>(from: A, size: number, to: A): A => {
    for (const [i, filter] of kept.entries()) to.set(from.subarray(filter * size, (filter + 1) * size), i * size);
    return to;
  };
  return {
    ...d,
    group: 1,
    codes: pick(codes, 3 * rows * units, new Uint8Array(3 * rows * units * kept.length)),
    basis: pick(basis, 9 * units, new Int8Array(9 * units * kept.length)),
    shift: pick(shift, units, new Uint8Array(units * kept.length)),
  };
}

/** Filters with the signs of these factors: those whose factor is below zero are made of the negated basis, those of 0 of no codes. */
export function withSigns(d: Decomposition, factors: ArrayLike<number>): Decomposition {
  const [codes, basis] = [d.codes.slice(), d.basis.slice()];
  const [perFilter, perBasis] = [3 * d.rows * d.units, 9 * d.units];
  for (let f = 0; f < factors.length; f++) {
    if (factors[f] === 0) codes.fill(0, f * perFilter, (f + 1) * perFilter);
    if (factors[f] < 0) for (let i = f * perBasis; i < (f + 1) * perBasis; i++) basis[i] = -basis[i];
  }
  return { ...d, codes, basis };
}
