/**
 * Ways in which rows that are multiplied together share columns. A turn takes one column for each row; those of a set
 * take the same one. Loops over turns come in the order of the ways: first all rows together, last every row alone.
 */

/** Sets of rows, a bit for each row: every row is in one of them. */
export type Way = readonly number[];

export const waysOf: Readonly<Record<2 | 4, readonly Way[]>> = {
  2: [[0b11], [0b01, 0b10]],
  4: [
    [0b1111],
    ...[0b0111, 0b1011, 0b1101, 0b1110].map((three) => [three, 0b1111 ^ three]),
    ...[0b0011, 0b0101, 0b1001].map((two) => [two, 0b1111 ^ two]),
    [0b0001, 0b0010, 0b0100, 0b1000],
  ],
};

const sets = Array.from({ length: 16 }, (_, set) => set);

/** The rows of each set. */
export const rowsIn: readonly (readonly number[])[] = sets.map((set) => [0, 1, 2, 3].filter((row) => (set >> row) & 1));

/** Smaller sets that each set is split into, of those that come later: pairs, or else single rows. */
export const partsOf: readonly (readonly Way[])[] = sets.map((set) => {
  const rows = rowsIn[set];
  if (rows.length < 2) return [];
  if (rows.length === 2) return [rows.map((row) => 1 << row)];
  if (rows.length === 4) return [[0b0011, 0b1100]];
  return rows.map((alone) => [set ^ (1 << alone), 1 << alone]);
});
