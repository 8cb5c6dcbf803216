/** Streams of the whole weights of depthwise convolutions: for each pair of channels records of two taps, as whole-taps.wat.hbs says. */
import type { Matrix } from '../../../src/tensor/matrix.ts';
import { isLive } from '../../../src/tensor/matrix.ts';
import type { PairOffset } from './pair-stream.ts';
import { headOf, packed } from './pair-stream.ts';
import type { Rescaling } from './rescale.ts';

export function tapStream(
  matrix: Matrix,
  rescalings: readonly Rescaling[],
  zero: number,
  at: PairOffset,
): Int32Array<ArrayBuffer> {
  const { rows, columns: taps, data } = matrix;
  const words: number[] = [];
  const weight = (row: number, tap: number | undefined): number =>
    row < rows && tap !== undefined && isLive(matrix, row * taps + tap) ? data[row * taps + tap] : 0;
  for (let row = 0; row < rows; row += 2) {
    const live = Array.from({ length: taps }, (_, tap) => tap).filter(
      (tap) => weight(row, tap) !== 0 || weight(row + 1, tap) !== 0,
    );
    const count = Math.ceil(live.length / 2);
    words.push(16 * count, zero, ...headOf(rescalings, row, 2));
    for (let i = 0; i < count; i++) {
      const [a, b]: readonly (number | undefined)[] = [live[2 * i], live[2 * i + 1]];
      const first = live[2 * i];
      words.push(at(first, row / 2), at(b ?? first, row / 2));
      words.push(...packed([weight(row, a), weight(row, b), weight(row + 1, a), weight(row + 1, b)]));
    }
  }
  return Int32Array.from(words);
}
