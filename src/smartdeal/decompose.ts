/** The weights of one layer → what makes nearly the same weights, and how near. */
import type { Decomposition } from '../tensor/decomposition.ts';
import { rebuild } from '../tensor/decomposition.ts';
import type { Quantity } from '../tensor/quantity.ts';
import type { Shape } from '../tensor/type.ts';
import { elements } from '../tensor/type.ts';
import type { CodedFilter, CodedUnit } from './encode.ts';
import { codedBases, codedUnit } from './encode.ts';
import type { FitOptions } from './fit.ts';
import { fitUnit } from './fit.ts';
import type { Split } from './units.ts';
import { expansionOf, rowsOf, splitOf } from './units.ts';
import type { VectorPruning } from './vectors.ts';
import { groupSize, keptVectors } from './vectors.ts';

export interface LayerOptions extends FitOptions {
  /** Of convolutions; none are pruned unless given. */
  readonly vectors?: VectorPruning | undefined;
}

/** Weights made of units. */
export interface Made {
  readonly quantity: Quantity & { readonly decomposition: Decomposition };
  /** Of the layer's shape. */
  readonly data: Float32Array<ArrayBuffer>;
}

/** Why weights of this shape are not decomposed, as the rest of a sentence; how they are cut into units otherwise. */
export function splitFor(shape: Shape, data: Float32Array): Split | string {
  const split = splitOf(shape);
  if (typeof split === 'string') return split;
  const expands = expansionOf(shape, split);
  if (expands !== undefined) return expands;
  const most = data.reduce((max, v) => Math.max(max, Math.abs(v)), 0);
  if (!data.every(Number.isFinite)) return 'has weights that are not finite';
  if (most !== 0 && !(most > 2 ** -40 && most < 2 ** 40))
    return `has weights of at most ${most}, where powers of 2 within 2^40 are told apart`;
  return split;
}

/** Weights [o, kh, kw, i] or [out, in], for which there is a split. */
export function decompose(data: Float32Array, shape: Shape, split: Split, options: LayerOptions): Made {
  const [filters] = shape;
  const columns = elements(shape) / filters;
  const run = shape[shape.length - 1];
  const vectors = shape.length === 4 ? options.vectors : undefined;
  const group = vectors ? groupSize : 1;
  const coded: CodedUnit[][] = [];
  for (let first = 0; first < filters; first += group) {
    const together = Array.from({ length: Math.min(group, filters - first) }, (_, i) =>
      data.subarray((first + i) * columns, (first + i + 1) * columns),
    );
    const kept = vectors && keptVectors(together, split, run, vectors);
    for (const filter of together) coded.push(codedFilter(rowsOf(filter, split, run), split, kept, options));
  }
  return assemble(coded, shape, { ...split, group });
}

function codedFilter(rows: Float64Array, split: Split, kept: Uint8Array | undefined, options: FitOptions): CodedUnit[] {
  if (kept) for (let at = 0; at < rows.length; at++) if (kept[Math.floor(at / 3)] === 0) rows[at] = 0;
  return Array.from({ length: split.units }, (_, unit) => {
    const w = rows.slice(3 * split.rows * unit, 3 * split.rows * (unit + 1));
    return codedUnit(fitUnit(w, options), w);
  });
}

/** Filters of coded units as one layer. */
export function assemble(
  filters: readonly (readonly CodedUnit[])[],
  shape: Shape,
  { along, rows, units, group }: Split & Pick<Decomposition, 'group'>,
): Made {
  const codes = new Uint8Array(filters.length * units * rows * 3);
  const basis = new Int8Array(filters.length * units * 9);
  const shift = new Uint8Array(filters.length * units);
  const scale: number[] = [];
  for (const [f, filter] of filters.entries()) {
    const bases: CodedFilter = codedBases(filter);
    for (const [u, unit] of filter.entries()) codes.set(unit.codes, (f * units + u) * rows * 3);
    basis.set(bases.basis, f * units * 9);
    shift.set(bases.shift, f * units);
    scale.push(bases.scale);
  }
  const decomposition: Decomposition = { along, rows, units, group, codes, basis, shift };
  const row = elements(shape) / shape[0];
  const data = Float32Array.from(rebuild(decomposition, shape), (whole, at) => whole * scale[Math.floor(at / row)]);
  return { quantity: { scale, zero: scale.map(() => 0), axis: 0, decomposition }, data };
}

/** Bits by the paper's count: for each unit a bit a row, 12 for each row stored and 72 for the basis; a group shares the bits of rows. */
export function bitsOf({ codes, rows, units, group }: Decomposition): number {
  const filters = codes.length / (3 * rows * units);
  let bits = 72 * filters * units + Math.ceil(filters / group) * rows * units;
  for (let first = 0; first < filters; first += group)
    for (let row = 0; row < rows * units; row++) {
      const together = Math.min(group, filters - first);
      const used = Array.from({ length: together }, (_, i) => 3 * ((first + i) * rows * units + row));
      if (used.some((at) => (codes[at] | codes[at + 1] | codes[at + 2]) !== 0)) bits += 12 * together;
    }
  return bits;
}

/** ‖a − b‖ / ‖a‖; 0 where both are 0. */
export function relativeError(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let [off, all] = [0, 0];
  for (let at = 0; at < a.length; at++) {
    off += (a[at] - b[at]) ** 2;
    all += a[at] ** 2;
  }
  return off === 0 ? 0 : Math.sqrt(off / all);
}
