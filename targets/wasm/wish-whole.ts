/**
 * The layouts that steps of whole numbers want: pairs of 16 bits wherever a kernel works on pictures whose numbers have
 * as many, plain elsewhere.
 */
import type { Bounds } from '../../src/graph/bounds.ts';
import type { Call } from '../../src/graph/graph.ts';
import type { Types } from '../../src/ops/rules.ts';
import type { Wish } from '../../src/target.ts';
import type { Layout, TensorType } from '../../src/tensor/type.ts';
import { plain } from '../../src/tensor/type.ts';
import { pairs, panels } from './panels.ts';

export type BoundsOf = (operand?: string) => Bounds | undefined;

const fixed = (types: Types, operand: Layout, result: Layout): Wish => ({
  kind: 'fixed',
  operands: Object.fromEntries(Object.keys(types).map((name) => [name, name in parameters ? plain : operand])),
  result,
});

/** Operands that are vectors of parameters. */
const parameters = { weights: true, bias: true, scale: true, zero: true, multiplier: true, shift: true, table: true };

const isPicture = ({ shape }: TensorType): boolean => shape.length === 4 && shape[1] * shape[2] > 1;

export const mostShort = 2 ** 15 - 1;

const isShort = (bounds: Bounds | undefined): boolean =>
  bounds !== undefined && bounds.low >= -mostShort - 1 && bounds.high <= mostShort;

/** For calls that give whole numbers, or take them. */
export function wishOfWhole({ op, type }: Call, types: Types, bounds: BoundsOf): Wish {
  const short = (name: string): boolean => isShort(bounds(name)) && isPicture(types[name]);
  const gives = isShort(bounds()) && isPicture(type);
  const moved = (fits: boolean): Wish => fixed(types, fits ? pairs : plain, fits ? pairs : plain);
  switch (op.kind) {
    case 'conv2d': {
      const [, , , c] = types.x.shape;
      const taken = op.groups === 1 || (op.groups === c && types.weights.shape[0] === c);
      return fixed(types, short('x') && taken && !op.residual ? pairs : plain, plain);
    }
    case 'requantize':
      return fixed(types, short('x') ? pairs : plain, gives ? pairs : plain);
    case 'quantize':
      return fixed(types, isPicture(type) ? panels : plain, gives ? pairs : plain);
    case 'lookup':
      return moved(gives && short('x'));
    case 'binary':
      return fixed(types, op.fn === 'add' && short('a') && short('b') ? pairs : plain, plain);
    case 'pool2d':
      return moved(op.fn === 'max' && short('x') && gives);
    case 'reduce': {
      const overPixels = op.fn === 'sum' && op.axes.every((axis) => axis === 1 || axis === 2);
      return fixed(types, overPixels && short('x') ? pairs : plain, plain);
    }
    case 'resize':
      return moved(op.method === 'nearest' && short('x') && gives);
    case 'resize-sums':
      return moved(short('x') && gives);
    case 'pad':
      return moved(short('x') && gives && op.before[3] + op.after[3] === 0);
    case 'slice':
      return moved(short('x') && gives && op.begin[3] % 2 === 0 && (op.step[3] === 1 || types.x.shape[3] === 1));
    case 'tile':
      return moved(short('x') && gives && op.repeats[3] === 1);
    case 'depth-to-space':
      return moved(short('x') && gives && type.shape[3] % 2 === 0);
    case 'concat': {
      const names = Object.keys(types);
      const even = names.slice(0, -1).every((name) => types[name].shape[3] % 2 === 0);
      return moved(op.axis === 3 && even && gives && names.every(short));
    }
    default:
      return fixed(types, plain, plain);
  }
}
