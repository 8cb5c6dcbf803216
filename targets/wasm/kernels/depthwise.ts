/** Depthwise convolutions: rows that are whole panels by themselves, others by fours of channels. */
import type { Conv2d } from '../../../src/ops/conv2d.ts';
import type { Kernel } from '../../../src/plan/kernel.ts';
import { isPanels, lanes } from '../panels.ts';
import { epilogueOf } from './epilogue.ts';
import { filterCall } from './filters.ts';
import { quadCall } from './quads.ts';

/** Columns of taps for which there is code one by one. */
const widest = 7;

export const depthwise: Kernel = {
  name: 'depthwise',
  doc: 'depthwise convolutions of panels, with dense weights',

  match(site) {
    const { types, result, weights } = site;
    const { op } = site.call;
    if (op.kind !== 'conv2d') return 'not a convolution';
    const [, , , channels] = types.x.shape;
    const [, , ow, filters] = result.type.shape;
    if (op.groups !== channels || filters !== channels) return 'not a filter for each channel';
    if (!weights || !site.constant('bias')) return 'weights or bias are computed';
    if (weights.constant.type.encoding.format !== 'dense') return 'the weights are not dense';
    // Taps beside the picture multiply zeros, which the loops leave out.
    if (!weights.matrix.data.every(Number.isFinite)) return 'a weight is not finite';
    if (!isPanels(types.x) || !isPanels(result.type)) return 'does not go from panels to panels';
    if (types.residual) return 'there is a residual';
    const epilogue = epilogueOf(site, op.activation);
    if (typeof epilogue === 'string') return epilogue;
    const [, , kw] = types.weights.shape;
    if (kw > widest) return `a window of more than ${widest} columns`;
    // They are whole vectors as they are, and to turn them costs more than it saves.
    const inRows = ow % lanes === 0;
    if (inRows && !isNear(op)) return 'taps that are far apart, in rows of whole panels';
    if (!inRows && channels < 4) return 'fewer than four channels';
    const call = (inRows ? filterCall : quadCall)(site, op, weights, epilogue);
    return { calls: [call, ...epilogue.after] };
  },
};

/** Whether there is code for how far taps are apart from each other in a row. */
const isNear = ({ stride, dilation }: Conv2d): boolean => stride[1] <= 2 && dilation[1] === 1;
