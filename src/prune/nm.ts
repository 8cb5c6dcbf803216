/**
 * The n largest of every m consecutive input channels at one tap: groups in the order O, H, W, I, as in Zhang et al.,
 * "Learning Best Combination for Efficient N:M Sparsity", 2022. The last group of a run may be short, and keeps n as well.
 */
import type { Matrix } from '../tensor/matrix.ts';
import { parsePair } from './parts.ts';
import type { Mask, Pattern } from './pruner.ts';

export const nm: Pattern = {
  name: 'nm',
  doc: 'n of every m consecutive input channels',
  example: 'nm:2:4',

  parse(parts) {
    const sizes = parsePair(parts.join(':'), ':', 'how many of how many are kept', 64);
    if (typeof sizes === 'string') return sizes;
    const [n, m] = sizes;
    if (n >= m) return `keeps ${n} of every ${m}, and that is all of them`;
    return {
      kind: 'fixed',
      refuse: ({ run }) =>
        run < m ? `has ${run} input channel${run === 1 ? '' : 's'} side by side, and a group takes ${m}` : undefined,
      keep: (matrix) => keepGroups(matrix, n, m),
    };
  },
};

function keepGroups({ data, run }: Matrix, n: number, m: number): Mask {
  const mask = new Uint8Array(data.length);
  const size = (at: number): number => (Number.isNaN(data[at]) ? Infinity : Math.abs(data[at]));
  const best = new Int32Array(n);
  for (let start = 0; start < data.length; start += run)
    for (let first = start; first < start + run; first += m) {
      const end = Math.min(first + m, start + run);
      let count = 0;
      for (let at = first; at < end; at++) {
        // Where equals meet the one that came first stays.
        let place = count;
        while (place > 0 && size(best[place - 1]) < size(at)) place--;
        if (place === n) continue;
        if (count < n) count++;
        best.copyWithin(place + 1, place, count - 1);
        best[place] = at;
      }
      for (let k = 0; k < count; k++) mask[best[k]] = 1;
    }
  return mask;
}
