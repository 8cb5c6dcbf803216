/** Which rows share the packs of a GS pattern, and how many packs they get. */

/** Banks, and how many weights of a pack are of one row. */
export interface Gather {
  readonly banks: number;
  readonly perRow: number;
}

export interface Group {
  readonly rows: readonly number[];
  readonly packs: number;
}

/** How many weights of each row are above the threshold, and how many packs there can be. */
export interface Wanted {
  readonly counts: Int32Array;
  readonly most: number;
}

/** Neighbouring rows. The last group may have fewer. */
export const groupRows = (wanted: Wanted, gather: Gather): readonly Group[] =>
  chunks(
    Array.from(wanted.counts, (_, row) => row),
    gather.banks / gather.perRow,
  ).map((rows) => ({ rows, packs: packsOf(rows, wanted, gather) }));

/**
 * Rows in the order of how many of their weights are above the threshold. Where groups get equally many packs, their
 * rows are shared out again in their own order: whoever sorts the rows by what they keep finds the groups.
 */
export function scatterRows(wanted: Wanted, gather: Gather): readonly Group[] {
  const { counts } = wanted;
  const size = gather.banks / gather.perRow;
  const order = Array.from(counts, (_, row) => row).sort((a, b) => counts[a] - counts[b] || a - b);
  const sorted = chunks(order, size).map((rows) => ({ rows, packs: packsOf(rows, wanted, gather) }));
  const sizes = [...new Set(sorted.map(({ packs }) => packs))];
  return sizes.flatMap((packs) => {
    const rows = sorted.filter((g) => g.packs === packs).flatMap((g) => g.rows);
    return chunks(
      rows.sort((a, b) => a - b),
      size,
    ).map((own) => ({ rows: own, packs }));
  });
}

const chunks = (rows: readonly number[], size: number): readonly (readonly number[])[] =>
  Array.from({ length: Math.ceil(rows.length / size) }, (_, i) => rows.slice(i * size, (i + 1) * size));

/** As many as the weights above the threshold fill: with few of them rounded up, with more than 8 to the nearest. */
function packsOf(rows: readonly number[], { counts, most }: Wanted, { perRow }: Gather): number {
  const packs = rows.reduce((sum, row) => sum + counts[row], 0) / (rows.length * perRow);
  return Math.min(most, packs > 8 ? Math.round(packs) : Math.ceil(packs));
}
