/** The largest whole number below a window, on pairs of channels. */
import type { Kernel } from '../../../src/plan/kernel.ts';
import { isPairs, wordsOf } from '../panels.ts';
import { maxTiles } from './pair-tile.ts';
import { slide } from './slide.ts';
import { repeated } from './whole-moves.ts';
import type { Sliding } from './window.ts';
import { tapsOf, windowOf } from './window.ts';

/** The least number of 16 bits: what a border is, which no window is on alone. */
const least = -(2 ** 15);

export const wholePool: Kernel = {
  name: 'whole-pool',
  doc: 'the largest whole number below a window, on pairs of channels',
  integers: true,

  match({ call: { op }, types, arrays, result, scratch, pack }) {
    if (op.kind !== 'pool2d' || op.fn !== 'max') return 'not the largest below a window';
    if (!isPairs(types.x) || !isPairs(result.type)) return 'does not go from pairs to pairs';
    const [from, to] = [wordsOf(types.x), wordsOf(result.type)];
    const [, , , channels] = from.shape;
    const [kh, kw] = op.window;
    const sliding: Sliding = { stride: op.stride, dilation: [1, 1], pad: op.pad, groups: channels };
    const window = windowOf(sliding, from.shape, [channels, kh, kw, 1], to.shape);
    const taps = tapsOf(sliding, window, kh, kw);
    const call = slide(sliding, {
      x: { array: arrays.x, type: from },
      y: { array: result.array, type: to },
      window,
      scratch,
      rows: window.count,
      stream: pack('taps', Int32Array.of(4 * taps.length, window.plane, 0, ...taps)).array,
      tiling: maxTiles(window.tile),
      border: repeated(least),
      low: 0,
      high: 0,
    });
    return { calls: [call] };
  },
};
