/** Convolutions of any window, stride, dilation, padding and number of groups, depthwise ones among them. */
import type { Kernel } from '../../../src/plan/kernel.ts';
import type { Shape } from '../../../src/tensor/type.ts';
import { isPanels } from '../panels.ts';
import { epilogueOf } from './epilogue.ts';
import { biasInPasses, blockOf, inOnePass, inPasses, passesFor, planesOf } from './passes.ts';
import type { Offsets } from './rows.ts';
import { multiplied, packRows, widthOf } from './rows.ts';
import { slide } from './slide.ts';
import { tilesOf } from './tile.ts';
import type { Sliding, Window } from './window.ts';
import { tapsOf, windowOf } from './window.ts';

export const convWindow: Kernel = {
  name: 'conv-window',
  doc: 'convolutions of any geometry',

  match(site) {
    const { types, arrays, result, weights } = site;
    const { op } = site.call;
    if (op.kind !== 'conv2d') return 'not a convolution';
    const bias = site.constant('bias');
    if (!weights || !bias) return 'weights or bias are computed';
    // Taps on the border multiply zeros, which the loops leave out.
    if (!weights.matrix.data.every(Number.isFinite)) return 'a weight is not finite';
    if (!isPanels(result.type)) return 'the result is not in panels';
    if (!isPanels(types.x) && types.x.layout.kind !== 'plain') return 'the input lies in panels of another width';
    if (types.residual && !isPanels(types.residual)) return 'the residual is not in panels';
    const [, , , channels] = types.x.shape;
    const epilogue = epilogueOf(site, op.activation);
    if (typeof epilogue === 'string') return epilogue;

    const width = op.groups === 1 ? widthOf(weights) : 1;
    const matrix = multiplied(weights);
    const window = windowOf(op, types.x.shape, types.weights.shape, result.type.shape, width);
    const rows = (types.weights.shape[0] * window.count) / channels;
    const passes = op.groups === 1 && window.direct ? passesFor(matrix, window.plane) : inOnePass(matrix);
    const { columns, ...planes } = windowOffsets(op, types.weights.shape.with(3, passes.channels), window, rows);
    const stream = packRows(site, inPasses(matrix, passes), width, biasInPasses(bias, passes), {
      columns,
      ...(passes.count > 1 ? planesOf(passes, matrix.rows / width, window.plane) : planes),
    });
    const tiling = tilesOf(window.tile, width);
    const { low, high, after } = epilogue;
    const [x, y] = [{ array: arrays.x, type: types.x }, result];
    const { residual } = arrays;
    const call = slide(op, {
      x,
      y,
      residual,
      window,
      scratch: site.scratch,
      rows,
      passes: passes.count,
      ...(op.groups === 1 && { block: blockOf(stream, rows, passes) }),
      stream,
      tiling,
      border: 0,
      low,
      high,
    });
    return { calls: [call, ...after] };
  },
};

/** Where each tap of a window lies in scratch. The output rows of a group read the planes of the group. */
export function windowOffsets(op: Sliding, [, kh, kw, perGroup]: Shape, window: Window, rows: number): Offsets {
  const { count, plane } = window;
  const taps = tapsOf(op, window, kh, kw);
  const columns = taps.flatMap((tap) => Array.from({ length: perGroup }, (_, channel) => channel * plane + tap));
  const groups = count / perGroup;
  return { columns: Int32Array.from(columns), rowsPerPlane: rows / groups, planes: groups, plane: perGroup * plane };
}
