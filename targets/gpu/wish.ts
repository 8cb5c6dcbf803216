/** The layouts that steps want: planes wherever pictures are filtered, rows of channels elsewhere. */
import type { Call } from '../../src/graph/graph.ts';
import type { Types } from '../../src/ops/rules.ts';
import type { Target, Wish } from '../../src/target.ts';
import type { TensorType } from '../../src/tensor/type.ts';
import { plain } from '../../src/tensor/type.ts';
import { anywhere } from '../anywhere.ts';
import { isPlanes, planes } from './planes.ts';

const allPlain = (types: Types): Wish => ({
  kind: 'fixed',
  operands: Object.fromEntries(Object.keys(types).map((name) => [name, plain])),
  result: plain,
});

/** The operands that are pictures, and the result, in planes. */
const inPlanes = (types: Types, result: TensorType, names: readonly string[]): Wish => ({
  kind: 'fixed',
  operands: Object.fromEntries(names.flatMap((name) => (types[name] ? [[name, planes(types[name])]] : []))),
  result: planes(result),
});

export const wish: Target['wish'] = (call: Call, types: Types): Wish => {
  const { op, type } = call;
  if (anywhere.has(op.kind)) return { kind: 'same' };
  switch (op.kind) {
    case 'conv2d':
    case 'conv-transpose2d':
    case 'pool2d':
      return inPlanes(types, type, ['x', 'residual']);
    case 'resize':
    case 'depth-to-space':
    case 'space-to-depth':
    case 'pad':
    case 'slice':
    case 'tile':
      return isPlanes(types.x) && types.x.shape.length === 4 ? inPlanes(types, type, ['x']) : allPlain(types);
    case 'concat':
      return op.axis === 3 && isPlanes(types.x0) ? inPlanes(types, type, Object.keys(types)) : allPlain(types);
    case 'reduce':
      return op.axes.every((axis) => axis === 1 || axis === 2) && isPlanes(types.x)
        ? { kind: 'fixed', operands: { x: planes(types.x) }, result: plain }
        : allPlain(types);
    default:
      return allPlain(types);
  }
};
