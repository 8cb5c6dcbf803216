/** What formats' parameters are told by. */
import type { Matrix } from '../../src/tensor/matrix.ts';
import { liveness } from '../../src/tensor/matrix.ts';

/** The most entries that a group of `width` neighbours has. */
export function largestGroup(m: Matrix, width: number): number {
  const live = liveness(m);
  let most = 0;
  for (let start = 0; start < live.length; start += m.run)
    for (let first = start; first < start + m.run; first += width)
      most = Math.max(
        most,
        live.slice(first, Math.min(first + width, start + m.run)).reduce((a, b) => a + b, 0),
      );
  return most;
}

/** How many sets of taps the kernels keep, empty ones not counted. */
export function countMasks(m: Matrix): number {
  const live = liveness(m);
  const taps = Array.from({ length: m.columns / m.run }, (_, tap) => tap * m.run);
  const found = new Set<string>();
  for (let row = 0; row < m.rows; row++)
    for (let channel = 0; channel < m.run; channel++)
      found.add(taps.map((tap) => live[row * m.columns + tap + channel]).join(''));
  return [...found].filter((mask) => mask.includes('1')).length;
}
