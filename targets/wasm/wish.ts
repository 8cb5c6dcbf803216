/** The layouts that steps want: panels wherever a kernel works on pictures, rows of channels elsewhere. */
import type { Call } from '../../src/graph/graph.ts';
import type { Conv2d } from '../../src/ops/conv2d.ts';
import type { Types } from '../../src/ops/rules.ts';
import type { Target, Wish } from '../../src/target.ts';
import type { Layout, TensorType } from '../../src/tensor/type.ts';
import { plain } from '../../src/tensor/type.ts';
import { anywhere } from '../anywhere.ts';
import { isPairs, isPanels, panels } from './panels.ts';
import type { BoundsOf } from './wish-whole.ts';
import { wishOfWhole } from './wish-whole.ts';

const fixed = (types: Types, layout: Layout, result: Layout = layout): Wish => ({
  kind: 'fixed',
  operands: Object.fromEntries(Object.keys(types).map((name) => [name, layout])),
  result,
});

const oneOfX = (x: Layout, result: Layout): Wish => ({ kind: 'fixed', operands: { x }, result });

/** Conditions and the like, on whatever layout they are given but pairs. */
const liesAsGiven = ({ op }: Call, types: Types, bounds: BoundsOf): boolean =>
  anywhere.has(op.kind) &&
  !Object.values(types).some(isPairs) &&
  !['quantize', 'requantize', 'lookup'].includes(op.kind) &&
  !(op.kind === 'binary' && bounds('a') && bounds('b'));

const onePixel = ({ shape }: TensorType): boolean => shape.length === 4 && shape[1] * shape[2] === 1;

/** Channels of a picture: a convolution copies them from rows of channels as fast as from panels. */
const fewChannels = 4;

function wishOfConvolution({ stride }: Conv2d, { x, weights }: Types, result: TensorType): Wish {
  const places = (x: Layout, y: Layout): Wish => ({ kind: 'fixed', operands: { x, residual: y }, result: y });
  if (onePixel(result)) return places(plain, plain);
  const [, kh, kw] = weights.shape;
  const copies = kh * kw > 1 || stride.some((s) => s > 1);
  return places(copies && x.shape[3] <= fewChannels ? plain : panels, panels);
}

export const wish: Target['wish'] = (call: Call, types: Types, bounds = () => undefined): Wish => {
  const { op, type } = call;
  const isWhole = type.dtype !== 'f32' || Object.values(types).some(isPairs);
  if (isWhole && !liesAsGiven(call, types, bounds)) return wishOfWhole(call, types, bounds);
  switch (op.kind) {
    case 'conv2d':
      return wishOfConvolution(op, types, type);
    case 'conv-transpose2d':
    case 'pool2d':
      return oneOfX(panels, panels);
    case 'unary':
    case 'binary':
    case 'select':
    case 'cast':
    case 'quantize':
    case 'dequantize':
    case 'requantize':
    case 'lookup':
      return { kind: 'same' };
    case 'resize':
    case 'depth-to-space':
    case 'pad':
    case 'slice':
    case 'tile':
      return isPanels(types.x) ? oneOfX(panels, panels) : oneOfX(plain, plain);
    case 'concat':
      return op.axis === 3 && isPanels(types.x0) ? fixed(types, panels) : fixed(types, plain);
    case 'reduce':
      return op.axes.every((axis) => axis === 1 || axis === 2) && isPanels(types.x)
        ? oneOfX(panels, plain)
        : oneOfX(plain, plain);
    default:
      return fixed(types, plain);
  }
};
