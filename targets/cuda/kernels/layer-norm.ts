/** Normalisation along the last axis, a warp or a block for each line. */
import type { Kernel } from '../../../src/plan/kernel.ts';
import { linesOf } from '../../gpu/lines.ts';
import { callOf, real, whole, result as written } from '../kernel.ts';
import { leaving, sharingOf, together, togetherName } from '../lines.ts';

export const layerNorm: Kernel = {
  name: 'layer-norm',
  doc: 'normalisation along the last axis, a warp or a block for each line',

  match({ call: { op }, types, arrays, result }) {
    if (op.kind !== 'layer-norm') return 'takes normalisation along the last axis';
    if (types.x.layout.kind !== 'plain' || result.type.layout.kind !== 'plain') return 'takes what is row-major';
    const lines = linesOf(types, [types.x.shape.length - 1], leaving);
    if (typeof lines === 'string') return lines;
    const { width, linesEach, threads, groups } = sharingOf(lines);
    const call = callOf({
      name: `layer-norm-${width}`,
      template: 'layer-norm',
      view: { width, linesEach, allSum: togetherName('sum', width) },
      needs: [together('sum', width)],
      parameters: [
        ...[
          real('x', arrays.x),
          written('result', result.array),
          whole('lines', lines.count),
          whole('size', lines.size),
        ],
        ...[real('scale', arrays.scale), real('offset', arrays.offset)],
        { declare: 'float epsilon', argument: { f32: op.epsilon } },
      ],
      ...{ threads, groups },
    });
    return { calls: [call] };
  },
};
