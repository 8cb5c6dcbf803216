import type { Element } from '../targets/cuda/tensor/elements.ts';

/**
 * What PyTorch and CUTLASS publish of places (torch/sparse/_semi_structured_conversions.py): nibbles are packed from the lowest bits on, four to 16
 * bits or eight to 32; rows are interwoven in groups, the two off the diagonal of each two by two change places, and two columns at a
 * time lie row by row. Stated here for single nibbles, without our words and lanes.
 */
export function recipe(nibbles: Uint8Array, rows: number, groups: number, element: Element): readonly number[] {
  const [perWord, group, interweave] = element.bytes === 1 ? [8, 16, 2] : [4, 32, 4];
  const columns = groups / perWord;
  const out = new Array<number>(rows * groups).fill(-1);
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) {
      let to = Math.floor(row / group) * group + (row % 8) * interweave + Math.floor((row % group) / 8);
      let across = column;
      if (to % 2 === 0 && column % 2 === 1) [to, across] = [to + 1, column - 1];
      else if (to % 2 === 1 && column % 2 === 0) [to, across] = [to - 1, column + 1];
      const word = Math.floor(across / 2) * rows * 2 + to * 2 + (across % 2);
      for (let k = 0; k < perWord; k++) out[word * perWord + k] = nibbles[row * groups + column * perWord + k];
    }
  return out;
}
