/** Convolutions of whole numbers: of bytes where they are known to be bytes, or else a product of matrices for each tap. */
import type { Element } from '../../import/onnx/elements.ts';
import { elementNumber, elementRow } from '../../import/onnx/elements.ts';
import type { Conv2d } from '../../ops/conv2d.ts';
import type { Tensor } from './file.ts';
import { int, ints } from './file.ts';
import type { Layer } from './layer.ts';
import { isZero, list, number } from './layer.ts';
import { imageOrder } from './order.ts';

/** Without its activation, as [n, o, h, w]. */
export function wholeConvolution(op: Conv2d, l: Layer): Tensor {
  const sum = ofBytes(op, l) ?? byTaps(op, l);
  return isZero(l, 'bias') ? sum : l.node('Add', [sum, l.shaped('bias', [l.types.bias.shape[0], 1, 1])]);
}

function ofBytes({ stride, dilation, pad, groups }: Conv2d, l: Layer): Tensor | undefined {
  const weights = (['int8', 'uint8'] as const).find((element) => fits(l.range('weights'), element));
  const range = l.range('x');
  if (!weights || !range || !l.known('weights')) return undefined;
  // Padding is 0, so 0 must be a byte as well.
  const low = Math.min(range[0], 0);
  if (Math.max(range[1], 0) - low > 255) return undefined;
  const [, kh, kw] = l.types.weights.shape;
  const zero = low === 0 ? [] : [number(l, -low, 'uint8')];
  return l.node('ConvInteger', [asBytes(l, low), l.view('weights', imageOrder, weights), ...zero], {
    dilations: ints(dilation),
    group: int(groups),
    kernel_shape: ints([kh, kw]),
    pads: ints(pad),
    strides: ints(stride),
  });
}

function fits(range: readonly [number, number] | undefined, element: Element): boolean {
  const [low, high] = elementRow(element).range;
  return range !== undefined && range[0] >= low && range[1] <= high;
}

/** x − low as bytes. What was made of bytes by the same difference is those bytes. */
function asBytes(l: Layer, low: number): Tensor {
  if (low === 0) return l.view('x', imageOrder, 'uint8');
  const x = l.view('x', imageOrder);
  const { opType, inputs: [before, zero] = ['', ''] } = l.maker(x) ?? {};
  const isUndone = opType === 'Sub' && l.numberOf(zero) === -low;
  const above = isUndone ? before : l.node('Sub', [x, number(l, low, 'int32')]);
  const source = l.maker(above);
  const bytes = source?.opType === 'Cast' ? source.inputs[0] : undefined;
  const isByte = bytes !== undefined && isUnsigned(l, bytes);
  return isUndone && isByte ? bytes : l.node('Cast', [above], { to: int(elementNumber('uint8')) });
}

/** Whether it was computed as bytes without a sign. */
function isUnsigned(l: Layer, tensor: Tensor): boolean {
  const { opType, inputs } = l.maker(tensor) ?? {};
  return opType === 'QuantizeLinear' && inputs?.[2] !== undefined && l.elementOf(inputs[2]) === 'uint8';
}

/** ONNX has no such operator for 32 bits. */
function byTaps({ stride, dilation, pad, groups }: Conv2d, l: Layer): Tensor {
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
  return l.reshape(sum, [n, o, oh, ow]);
}
