/** How steps want activations to lie: images in panels wherever a kernel works on pixels side by side. */
import type { Call } from '../../src/graph/graph.ts';
import type { Types } from '../../src/ops/rules.ts';
import type { Wish } from '../../src/target.ts';
import type { Layout, TensorType } from '../../src/tensor/type.ts';
import { elements, plain } from '../../src/tensor/type.ts';
import { anywhere } from '../anywhere.ts';
import { movesPixels } from './moves.ts';
import { channelsLast, inPanels } from './panels.ts';
import { fewChannels } from './planes.ts';
import { isPointwise, isSequence } from './sequences.ts';

export function wish({ op, type }: Call, types: Types): Wish {
  // No kernel takes integers, and loops are fastest on plain values.
  if (type.dtype !== 'f32' && !anywhere.has(op.kind)) return allPlain(types);
  switch (op.kind) {
    case 'conv2d': {
      const onePixel = type.shape[1] * type.shape[2] === 1;
      // Pictures are read as they come: they are laid out anew either way.
      const few = types.x.shape[3] <= fewChannels && op.groups === 1;
      return fixed({ x: onePixel ? plain : few ? types.x.layout : inPanels, residual: inPanels }, inPanels);
    }
    case 'linear':
      return isPointwise(types.x, type) ? fixed({ x: inPanels }, inPanels) : allPlain(types);
    case 'layer-norm':
      return isSequence(type) ? fixed({ x: inPanels }, inPanels) : allPlain(types);
    case 'attention':
      return isSequence(types.q) && isSequence(types.k)
        ? fixed({ q: inPanels, k: inPanels, v: inPanels, mask: plain }, inPanels)
        : allPlain(types);
    case 'conv-transpose2d':
    case 'pool2d':
    case 'resize':
    case 'depth-to-space':
      return fixed({ x: inPanels }, inPanels);
    case 'pad':
      return alongChannels(types.x, type) ? asOperandLies(types.x, types) : allPlain(types);
    case 'concat':
      return op.axis === type.shape.length - 1 || movesPixels(op, types, type)
        ? asOperandLies(largest(types), types)
        : allPlain(types);
    case 'slice':
      return alongChannels(types.x, type) || movesPixels(op, types, type)
        ? asOperandLies(types.x, types)
        : allPlain(types);
    case 'transpose':
      if (channelsLast(op.perm) && type.dtype === 'f32') return fixed({ x: plain }, inPanels);
      return movesPixels(op, types, type) ? asOperandLies(types.x, types) : allPlain(types);
    case 'reshape':
      return movesPixels(op, types, type) ? asOperandLies(types.x, types) : allPlain(types);
    case 'reduce':
      return types.x.shape.length === 4 && op.axes.toSorted((a, b) => a - b).join() === '1,2'
        ? fixed({ x: inPanels }, plain)
        : allPlain(types);
    case 'unary':
    case 'binary':
    case 'select':
    case 'cast':
    case 'quantize':
    case 'dequantize':
    case 'requantize':
    case 'lookup':
    case 'batch-norm':
      return { kind: 'same' };
    default:
      return allPlain(types);
  }
}

const fixed = (operands: Readonly<Record<string, Layout>>, result: Layout): Wish => ({
  kind: 'fixed',
  operands,
  result,
});

const everywhere = (types: Types, layout: Layout): Wish =>
  fixed(Object.fromEntries(Object.keys(types).map((name) => [name, layout])), layout);

const allPlain = (types: Types): Wish => everywhere(types, plain);

/** Channels are joined, cut out or added wherever the image is. */
const asOperandLies = ({ layout }: TensorType, types: Types): Wish => everywhere(types, layout);

/** Whether the images differ in their channels alone. */
const alongChannels = (x: TensorType, y: TensorType): boolean =>
  x.shape.length > 1 && x.shape.slice(0, -1).every((size, axis) => size === y.shape[axis]);

/** The operand with the most elements: where it lies, the others can be brought. */
const largest = (types: Types): TensorType =>
  Object.values(types).reduce((a, b) => (elements(b.shape) > elements(a.shape) ? b : a));
