/** What convolutions may read: places are counted in 32 bits. */
import { expect, test } from 'vitest';
import { convolutionFault } from '../targets/cpu/convolving.ts';

const reading = (dilation: number, pad: number) => ({
  from: [1, 1000, 1000, 4],
  to: [1, 1000, 1000, 1],
  plain: false,
  kernel: [3, 3],
  stride: [1, 1],
  dilation: [dilation, dilation],
  pad: [pad, pad],
  matrix: { rows: 1, columns: 36, run: 4, data: new Float32Array(36) },
});

test('taps that read far outside an image are refused, on either side of it', () => {
  expect(convolutionFault(reading(1, 1))).toBeUndefined();
  expect(convolutionFault(reading(1 << 22, 1 << 22))).toBe('the padded input is too large');
  expect(convolutionFault(reading(1 << 22, 0))).toBe('the padded input is too large');
});
