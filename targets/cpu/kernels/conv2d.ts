/** Convolutions without groups, lanes over pixels. */
import type { Kernel } from '../../../src/plan/kernel.ts';
import { convolutionFault, convolve } from '../convolving.ts';
import { isPanel } from '../panels.ts';

export const conv2d: Kernel = {
  name: 'conv2d',
  doc: 'convolutions of any size, stride, dilation and padding, dense or sparse',

  match(site) {
    const { call, types, arrays, result, weights } = site;
    const { op } = call;
    if (op.kind !== 'conv2d') return 'not a convolution';
    if (!weights) return 'the weights are not known';
    if (op.groups !== 1) return 'the channels are in groups';
    if (!isPanel(result.type)) return 'the result is not in panels';
    const plain = types.x.layout.kind === 'plain';
    if (!plain && !isPanel(types.x)) return 'the input is in panels of another width';
    if (types.residual && !isPanel(types.residual)) return 'the residual is not in panels';
    const [, kh, kw] = types.weights.shape;
    const conv = {
      from: types.x.shape,
      to: result.type.shape,
      plain,
      kernel: [kh, kw],
      stride: op.stride,
      dilation: op.dilation,
      pad: op.pad.slice(0, 2),
      matrix: weights.matrix,
      encoding: weights.constant.type.encoding,
      activation: op.activation,
    };
    const fault = convolutionFault(conv);
    if (fault) return fault;
    const { x, bias, slope, residual } = arrays;
    return { calls: convolve(site, { ...conv, x, y: result.array, bias, slope, residual }) };
  },
};
