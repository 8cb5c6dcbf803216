/** Whole numbers that stand for real ones: small enough to work out by hand. */
import { f, i, inf, nan } from './makers.ts';

export const quantisedExamples = {
  dequantize: [
    {
      op: { kind: 'dequantize', axis: -1 },
      values: [i([3], 0, 3, 255), f([1], 0.5), i([1], 3)],
      gives: [-1.5, 0, 126],
    },
    {
      op: { kind: 'dequantize', axis: 0 },
      values: [i([2, 2], 1, -2, 1, -2), f([2], 0.5, 4), i([2], 0, -1)],
      gives: [0.5, -1, 8, -4],
    },
  ],
  lookup: [
    { op: { kind: 'lookup', low: -1 }, values: [i([5], -9, -1, 0, 1, 9), i([3], 7, 5, 6)], gives: [7, 7, 5, 6, 6] },
    {
      // A table for each channel.
      op: { kind: 'lookup', low: 10 },
      values: [i([2, 2], 10, 10, 11, -2147483648), i([2, 2], 1, 2, 3, 4)],
      gives: [1, 3, 2, 3],
    },
  ],
  quantize: [
    {
      // Ties to even, then bounds; NaN is below all.
      op: { kind: 'quantize', axis: -1, low: 0, high: 255 },
      values: [f([8], 1, 3, -3, 1000, -1000, inf, -inf, nan), f([1], 2), i([1], 10)],
      gives: [10, 12, 8, 255, 0, 255, 0, 0],
    },
    {
      op: { kind: 'quantize', axis: 1, low: -128, high: 127 },
      values: [f([2, 2], 0.7, 0.7, -99, -99), f([2], 0.25, 2), i([2], 0, 5)],
      gives: [3, 5, -128, -45],
    },
  ],
  requantize: [
    {
      // Halves go up, below zero as well.
      op: { kind: 'requantize', low: -128, high: 127 },
      values: [i([6], 3, -3, 5, -5, 2147483647, -2147483648), i([1], 1), i([1], 1), i([1], 10)],
      gives: [12, 9, 13, 8, 127, -128],
    },
    {
      // 100 · 3 / 4, 100 · 32767 / 2^46 and 2^31 − 1 times nearly 2^15, divided by 2^31.
      op: { kind: 'requantize', low: -99999, high: 99999 },
      values: [i([1, 3], 100, 100, 2147483647), i([3], 3, 32767, 32767), i([3], 2, 46, 31), i([1], 0)],
      gives: [75, 0, 32767],
    },
  ],
  'resize-sums': [
    {
      // Quarters of the way.
      op: { kind: 'resize-sums', size: [1, 4], coordinates: 'half-pixel' },
      values: [i([1, 1, 2, 1], 10, -6)],
      gives: [80, 48, -16, -48],
    },
  ],
  'softmax-table': [
    {
      // What is far below the largest has the last entry.
      op: { kind: 'softmax-table', axis: 0 },
      values: [i([4], 5, 3, 5, -2147483648), i([3], 30000, 20000, 10000)],
      gives: [12288, 4096, 12288, 4096],
    },
    { op: { kind: 'softmax-table', axis: 0 }, values: [i([2], 1, 0), i([2], 99999, -1)], gives: [32768, 0] },
    // No sum.
    { op: { kind: 'softmax-table', axis: 0 }, values: [i([2], 1, 1), i([1], 0)], gives: [0, 0] },
  ],
} as const;
