/**
 * Decompositions made elsewhere, as the paper's code saves them: for each layer `l0`, `l1`, ... and each of its filters
 * `k0` (of 3x3 kernels) or `r0` (of other rows) the coefficients `Ces` and the bases `Bs` of its units:
 *
 *     { "l0": { "k0": { "Ces": [[[0.5, 0, -2], ...], ...], "Bs": [[[1, 0, 0], [0, 1, 0], [0, 0, 1]], ...] }, ... }, ... }
 *
 * `type` and `shape`, which the code saves as well, say nothing that the model does not.
 */
import type { Shape } from '../tensor/type.ts';
import type { Made } from './decompose.ts';
import { assemble } from './decompose.ts';
import type { CodedUnit } from './encode.ts';
import { codedUnit } from './encode.ts';
import { exponentOf } from './powers.ts';
import type { Split } from './units.ts';

/** Filters in order, of the units of each. */
export type SavedLayer = readonly SavedFilter[];

export interface SavedFilter {
  /** As the file calls it: `l0/k3`. */
  readonly name: string;
  /** Rows × 3 of each unit. */
  readonly ces: readonly Float64Array[];
  /** 3x3 of each unit. */
  readonly bs: readonly Float64Array[];
}

/** The weights that a saved layer makes of this shape, or why it does not: the rest of a sentence about the layer. */
export function fromSaved(
  layer: SavedLayer,
  shape: Shape,
  split: Split,
): (Made & { readonly dropped: number }) | string {
  if (layer.length !== shape[0]) return `has ${shape[0]} filters, and the decomposition ${layer.length}`;
  const filters: CodedUnit[][] = [];
  let dropped = 0;
  for (const filter of layer) {
    const fault = faultOf(filter, split);
    if (fault !== undefined) return `does not go with "${filter.name}", which ${fault}`;
    const units = filter.ces.map((c, u) => ({ c, coded: codedUnit({ c, b: filter.bs[u] }) }));
    for (const { c, coded } of units)
      coded.codes.forEach((code, at) => {
        if (code === 0 && c[at] !== 0) dropped++;
      });
    filters.push(units.map(({ coded }) => coded));
  }
  return { ...assemble(filters, shape, { ...split, group: 1 }), dropped };
}

/** Powers outside of these are no weights of a network. */
const farthest = 40;

function faultOf({ ces, bs }: SavedFilter, { units, rows }: Split): string | undefined {
  if (ces.length !== units || bs.length !== units)
    return `has ${ces.length} arrays of coefficients and ${bs.length} bases, where ${units} of each belong`;
  const short = ces.find((c) => c.length !== 3 * rows);
  if (short) return `has ${short.length} coefficients in a unit, where ${rows} rows of 3 belong`;
  const small = bs.find((b) => b.length !== 9);
  if (small) return `has a basis of ${small.length} numbers, where 3x3 belong`;
  for (const c of ces)
    for (const v of c)
      if (v !== 0 && Math.abs(v) !== 2 ** exponentOf(v)) return `has the coefficient ${v}, which is no power of 2`;
  const far = [...ces, ...bs]
    .flatMap((a) => [...a])
    .find((v) => !(Math.abs(v) <= 2 ** farthest) || (v !== 0 && Math.abs(v) < 2 ** -100));
  return far === undefined ? undefined : `has the number ${far}`;
}
