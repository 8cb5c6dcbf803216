/**
 * GS(B,k): rows in groups of B / k, and the weights that a group keeps in packs of B, in each k of every row, whose
 * columns all lie in different banks (column mod B), so that one gather without conflicts reads what they are multiplied
 * with. With scatter, rows that keep equally many share a group, wherever they stand. The pruning of Sun et al.,
 * "Load-balanced Gather-scatter Patterns for Sparse Deep Neural Networks", 2021; columns in the order H, W, I.
 */
import type { Matrix } from '../tensor/matrix.ts';
import type { Gather } from './gs-groups.ts';
import { groupRows, scatterRows } from './gs-groups.ts';
import { packGroup } from './gs-packs.ts';
import { parsePair, parseRatio } from './parts.ts';
import type { Mask, Pattern } from './pruner.ts';
import { keepHighest } from './ranking.ts';
import { magnitudes } from './unstructured.ts';

export const gs: Pattern = {
  name: 'gs',
  doc: 'packs of B weights for conflict-free gathers, k of each row; with :scatter rows are grouped by how much they keep',
  example: 'gs:16,1:0.8',

  parse(parts) {
    const pair = parsePair(parts[0], ',', 'the banks and the weights of a row in a pack', 64);
    if (typeof pair === 'string') return pair;
    const [banks, perRow] = pair;
    if (banks < 2 || banks % perRow !== 0)
      return `has packs of ${banks} weights with ${perRow} of a row, which must divide them`;
    const ratio = parseRatio(parts[1]);
    if (typeof ratio === 'string') return ratio;
    const [, , way, ...rest] = parts;
    if (way !== undefined && (way !== 'scatter' || rest.length > 0))
      return `has "${[way, ...rest].join(':')}" at its end, where only "scatter" may stand`;
    return {
      kind: 'ranked',
      ratio,
      refuse: ({ columns }) =>
        columns < banks
          ? `has ${columns} weight${columns === 1 ? '' : 's'} an output, and a gather takes ${banks} banks`
          : undefined,
      most: ({ data }) => data.length,
      units: magnitudes,
      keep: (m, budget) => keepPacks(m, budget, { banks, perRow }, way !== undefined),
    };
  },
};

function keepPacks(m: Matrix, budget: number, gather: Gather, scatter: boolean): Mask {
  const ranked = magnitudes(m);
  const counts = countRows(m, keepHighest([ranked], budget)[0]);
  // More than the budget: the largest weights of a row may all lie in a few banks.
  const [likely] = keepHighest([ranked], 1.5 * budget);
  const mask: Mask = new Uint8Array(m.data.length);
  const even = m.columns - (m.columns % gather.banks);
  const wanted = { counts, most: even / gather.perRow };
  const groups = scatter ? scatterRows(wanted, gather) : groupRows(wanted, gather);
  for (const group of groups) packGroup(m, gather, group, { likely, mask });
  return mask;
}

/** How many weights of each row are above the threshold. */
function countRows({ rows, columns }: Matrix, kept: Uint8Array): Int32Array {
  const counts = new Int32Array(rows);
  for (let row = 0, at = 0; row < rows; row++) for (const end = at + columns; at < end; at++) counts[row] += kept[at];
  return counts;
}
