/** Outputs of a layer that are stored together: rows in groups of neighbours that read the same inputs. */
import type { Mixing } from './mixing.ts';

/** Rows that formats store as blocks. */
const heights = [16, 8, 4, 2] as const;

/**
 * How many neighbouring rows read the same inputs, in all of the weights; 1 where that is no pattern of blocks. One that is
 * the same in every group says nothing about groups: it is that of inputs which nobody reads.
 */
export function rowsTogether({ reads, inputs, outputs }: Pick<Mixing, 'reads' | 'inputs' | 'outputs'>): number {
  // Of weights that are all kept, all rows are alike.
  if (!reads.includes(0)) return 1;
  const alike = (a: number, b: number): boolean => {
    for (let c = 0; c < inputs; c++) if (reads[a * inputs + c] !== reads[b * inputs + c]) return false;
    return true;
  };
  const isEmpty = (row: number): boolean => !reads.subarray(row * inputs, (row + 1) * inputs).includes(1);
  return (
    heights.find((height) => {
      if (outputs % height !== 0) return false;
      let first = -1;
      let differs = false;
      for (let row = 0; row < outputs; row += height) {
        for (let r = row + 1; r < row + height; r++) if (!alike(row, r)) return false;
        if (isEmpty(row)) continue;
        if (first < 0) first = row;
        else differs ||= !alike(first, row);
      }
      return differs;
    }) ?? 1
  );
}
