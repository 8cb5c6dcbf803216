/** Convolutions of whole numbers of 32 bits, which ONNX has not: a product of matrices for each tap, and their sum. */
import type { Conv2d } from '../../ops/conv2d.ts';
import type { Tensor } from './file.ts';
import type { Layer } from './layer.ts';
import { list, number } from './layer.ts';
import { imageOrder } from './order.ts';

/** Without its activation, as [n, o, h, w]. */
export function wholeConvolution({ stride, dilation, pad, groups }: Conv2d, l: Layer): Tensor {
  const [n, , , i] = l.types.x.shape;
  const [o, kh, kw, ig] = l.types.weights.shape;
  const [, oh, ow] = l.type.shape;
  const x = l.view('x', imageOrder);
  const borders = [0, 0, pad[0], pad[1], 0, 0, pad[2], pad[3]];
  const padded = pad.every((p) => p === 0) ? x : l.node('Pad', [x, list(l, borders, 'pads'), number(l, 0, 'int32')]);
  const weights = l.shaped('weights', [groups, o / groups, kh * kw, ig]);
  const taps = Array.from({ length: kh * kw }, (_, tap) => {
    const first = [Math.floor(tap / kw) * dilation[0], (tap % kw) * dilation[1]];
    const end = [first[0] + (oh - 1) * stride[0] + 1, first[1] + (ow - 1) * stride[1] + 1];
    const pixels = l.node('Slice', [
      padded,
      list(l, first, 'starts'),
      list(l, end, 'ends'),
      list(l, [2, 3], 'axes'),
      list(l, stride, 'steps'),
    ]);
    const rows = l.node('Slice', [weights, list(l, [tap], 'starts'), list(l, [tap + 1], 'ends'), list(l, [2], 'axes')]);
    return l.node('MatMul', [
      l.reshape(rows, [groups, o / groups, ig]),
      l.reshape(pixels, [n, groups, i / groups, oh * ow]),
    ]);
  });
  const sum = taps.reduce((total, tap) => l.node('Add', [total, tap]));
  return l.node('Add', [l.reshape(sum, [n, o, oh, ow]), l.shaped('bias', [o, 1, 1])]);
}
