/** One number for each channel of a picture: sums, means, the largest or the smallest over height and width. */
import type { Kernel, Routine } from '../../../src/plan/kernel.ts';
import { isPanels, lanes, rowBytes } from '../panels.ts';
import { literal } from '../text.ts';

type Fold = 'sum' | 'max' | 'min';

export const reducePanels: Kernel = {
  name: 'reduce-panels',
  doc: 'sum, mean, max, min and global pooling over height and width of panels',

  match({ call: { op }, types: { x }, arrays, result }) {
    if (op.kind !== 'reduce' && op.kind !== 'pool2d') return 'not a reduction';
    if (!isPanels(x)) return 'the operand is not in panels';
    if (result.type.layout.kind !== 'plain') return 'the result is not plain';
    const [n, h, w, c] = x.shape;
    if (op.kind === 'reduce') {
      if (op.fn === 'prod') return 'there is no routine for products';
      if ([...op.axes].sort().join() !== '1,2') return 'does not reduce height and width';
    } else {
      const whole = op.window[0] === h && op.window[1] === w;
      if (!whole || op.pad.some((p) => p !== 0)) return 'the window is not the whole picture';
    }
    const fold: Fold = op.fn === 'max' || op.fn === 'min' ? op.fn : 'sum';
    const count = op.fn === 'mean' || op.fn === 'avg' ? h * w : 1;
    return { calls: [{ routine: reduceOf(fold), args: [arrays.x, result.array, n, h * w, c, { f32: count }] }] };
  },
};

const folds: Readonly<Record<Fold, { readonly instruction: string; readonly start: number }>> = {
  sum: { instruction: 'add', start: 0 },
  max: { instruction: 'pmax', start: -Infinity },
  min: { instruction: 'pmin', start: Infinity },
};

function reduceOf(fold: Fold): Routine {
  const { instruction, start } = folds[fold];
  return {
    name: `reduce-${fold}`,
    template: 'wasm/kernels/reduce-panels.wat.hbs',
    view: {
      name: `reduce_${fold}`,
      doc: fold,
      instruction,
      start: literal('f32', start),
      others: Array.from({ length: lanes / 4 - 1 }, (_, i) => 16 * (i + 1)),
      lanes,
      round: lanes - 1,
      row: rowBytes,
    },
    needs: [],
  };
}
