/** Normalisation along the last axis, a group for each line. */
import type { Kernel } from '../../../src/plan/kernel.ts';
import { linesOf } from '../../gpu/lines.ts';
import { spread } from '../print-grid.ts';
import { declared } from './layer.ts';
import { together, togetherName } from './lines.ts';

const names = ['x', 'result', 'lines', 'size', 'scale', 'offset', 'epsilon'];

const routine = {
  name: 'layer-norm',
  template: 'webgpu/kernels/layer-norm.wgsl.hbs',
  view: { told: declared(names), allSum: togetherName('sum') },
  needs: [together('sum')],
};

export const layerNorm: Kernel = {
  name: 'layer-norm',
  doc: 'normalisation along the last axis, a group for each line',

  match({ call: { op }, types, arrays, result, constant }) {
    if (op.kind !== 'layer-norm') return 'takes normalisation along the last axis';
    if (!constant('scale') || !constant('offset')) return 'takes a constant "scale" and "offset"';
    if (types.x.layout.kind !== 'plain' || result.type.layout.kind !== 'plain') return 'takes what is row-major';
    const lines = linesOf(types, [types.x.shape.length - 1]);
    if (typeof lines === 'string') return lines;
    const args = [arrays.x, result.array, lines.count, lines.size, arrays.scale, arrays.offset, { f32: op.epsilon }];
    return { calls: [{ routine, args, groups: spread(lines.count) }] };
  },
};
