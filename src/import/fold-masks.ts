/** What becomes of masks where a known value is made of others: they move with the elements, and scaling leaves them as they are. */
import { evaluateCall } from '../graph/evaluate.ts';
import type { Op } from '../ops/index.ts';
import type { Numbers } from '../tensor/numbers.ts';
import type { TensorType } from '../tensor/type.ts';
import { sameShape } from '../tensor/type.ts';

type Mask = Uint8Array<ArrayBuffer>;

interface Masked {
  readonly type: TensorType;
  readonly data?: Numbers;
  readonly mask?: Mask;
}

/** Calls that put elements elsewhere. */
const moving: ReadonlySet<Op['kind']> = new Set(['concat', 'gather', 'reshape', 'slice', 'tile', 'transpose']);

/** The mask of a result, where an operand has one and it has a meaning for the result. */
export function maskOfResult(op: Op, inputs: readonly Masked[], result: TensorType): Mask | undefined {
  const [first] = inputs;
  if (inputs.every(({ mask }) => mask === undefined)) return undefined;
  if (moving.has(op.kind)) return op.kind === 'gather' && !first.mask ? undefined : moved(op, inputs, result);
  const scales = op.kind === 'binary' && (op.fn === 'mul' || op.fn === 'div');
  const scaled = scales && inputs.find((x, i) => x.mask && (i === 0 || op.fn === 'mul'));
  return scaled && sameShape(scaled.type.shape, result.shape) ? scaled.mask : undefined;
}

/** The call on the masks instead of the values; what has no mask is kept. */
function moved(op: Op, inputs: readonly Masked[], result: TensorType): Mask {
  const bytes = (type: TensorType): TensorType => ({ ...type, dtype: 'u8' });
  const masks = inputs.map(({ type, data, mask }, i) => {
    const indices = op.kind === 'gather' && i === 1;
    if (indices) return { type, data: data as Numbers };
    return { type: bytes(type), data: mask ?? new Uint8Array(data?.length ?? 0).fill(1) };
  });
  return evaluateCall({ op, type: bytes(result) }, masks) as Mask;
}
