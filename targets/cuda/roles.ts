/** What calls can do with values in pieces: read them, write them, or neither. */
import type { Call, Node } from '../../src/graph/graph.ts';
import type { Types } from '../../src/ops/rules.ts';
import type { TensorType } from '../../src/tensor/type.ts';
import { leastPanelAxes, paddedTo, sameShape } from '../../src/tensor/type.ts';
import { filterFault } from './kernels/depthwise.ts';
import type { Element } from './tensor/elements.ts';

/**
 *   layer    on tensor cores: reads x in pieces, and writes the result in any way; a residual lies as the result
 *   alike    writes as it reads the operands that are tied
 *   either   reads pieces and wide numbers, and writes wide ones
 *   other    knows wide numbers alone
 */
export interface Role {
  readonly kind: 'layer' | 'alike' | 'either' | 'other';
  /** Operands that lie as the result does. */
  readonly tied: readonly string[];
}

/** Pictures that are moved, or filtered channel by channel. */
const moving: ReadonlySet<Call['op']['kind']> = new Set<Call['op']['kind']>([
  ...(['pool2d', 'resize', 'pad', 'slice', 'tile', 'depth-to-space', 'space-to-depth'] as const),
]);

const other: Role = { kind: 'other', tied: [] };

/** `isLayer`: whether tensor cores compute a call. */
export function roleOf(
  call: Call,
  operands: Readonly<Record<string, Node>>,
  element: Element,
  isLayer: (types: Types) => boolean,
): Role {
  const { op, type } = call;
  const types = Object.fromEntries(Object.entries(operands).map(([name, node]) => [name, node.type]));
  const { weights, residual } = operands;
  if (type.dtype !== wideOf(element) || Object.values(types).some(({ dtype }) => dtype !== type.dtype)) return other;
  if (weights && residual?.kind !== 'constant' && isLayer(types))
    return { kind: 'layer', tied: residual ? ['residual'] : [] };
  if (op.kind === 'reduce')
    return op.axes.includes(types.x.shape.length - 1) || !fills(types.x, element)
      ? other
      : { kind: 'either', tied: [] };
  const tied = tiedIn(call, types).filter((name) => operands[name].kind !== 'constant');
  return tied.length > 0 && [type, ...tied.map((name) => types[name])].every((t) => fills(t, element))
    ? { kind: 'alike', tied }
    : other;
}

const wideOf = ({ sum }: Element): TensorType['dtype'] => (sum === 'int' ? 'i32' : 'f32');

/** Whether channels are whole pieces, so that loops leave nothing unwritten. */
const fills = ({ shape }: TensorType, { narrow }: Element): boolean =>
  shape.length >= leastPanelAxes &&
  narrow !== undefined &&
  paddedTo(shape[shape.length - 1], narrow) === shape[shape.length - 1];

function tiedIn(call: Call, types: Types): readonly string[] {
  const { op, type } = call;
  if (op.kind === 'unary' || op.kind === 'binary' || op.kind === 'select')
    return Object.keys(types).filter((name) => sameShape(types[name].shape, type.shape));
  if (op.kind === 'concat') return Object.keys(types);
  if (op.kind === 'conv2d' && filterFault(call, types) === undefined && types.x.shape[3] === type.shape[3])
    return types.residual ? ['x', 'residual'] : ['x'];
  return moving.has(op.kind) && type.shape.length === 4 ? ['x'] : [];
}
