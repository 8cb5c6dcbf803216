/** Pooling of any window and stride over panels. */
import type { Kernel } from '../../../src/plan/kernel.ts';
import { isPanels } from '../panels.ts';
import { slide } from './slide.ts';
import { poolTile } from './tile.ts';
import type { Sliding } from './window.ts';
import { tapsOf, windowOf } from './window.ts';

export const poolWindow: Kernel = {
  name: 'pool-window',
  doc: 'the largest or the average pixel below a window, on panels',

  match(site) {
    const { call, types, arrays, result } = site;
    const { op } = call;
    if (op.kind !== 'pool2d') return 'not pooling';
    if (!isPanels(types.x) || !isPanels(result.type)) return 'does not go from panels to panels';
    const [, , , channels] = types.x.shape;
    if (op.fn === 'avg' && !op.countPad && op.pad.some((p) => p > 0)) return 'windows on the border have fewer pixels';
    const [kh, kw] = op.window;
    const sliding: Sliding = { stride: op.stride, dilation: [1, 1], pad: op.pad, groups: channels };
    const window = windowOf(sliding, types.x.shape, [channels, kh, kw, 1], result.type.shape);
    const taps = tapsOf(sliding, window, kh, kw);
    const words = Int32Array.from([4 * taps.length, window.plane, 0, ...taps]);
    new Float32Array(words.buffer)[2] = op.fn === 'avg' ? 1 / (kh * kw) : 1;
    return {
      calls: [
        slide(sliding, {
          x: { array: arrays.x, type: types.x },
          y: result,
          window,
          scratch: site.scratch,
          rows: window.count,
          stream: site.pack('taps', words).array,
          tiling: poolTile(op.fn, window.tile),
          border: op.fn === 'max' ? -Infinity : 0,
          low: -Infinity,
          high: Infinity,
        }),
      ],
    };
  },
};
