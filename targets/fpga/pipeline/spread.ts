/** Operands of two values that are smaller than the result: repeated before they meet. */
import type { TensorType } from '../../../src/tensor/type.ts';
import { elements } from '../../../src/tensor/type.ts';
import type { Work } from './draft.ts';
import { regular } from './moves.ts';

/** What repeats an operand so that it has the shape of the result; undefined where it has. */
export function spreadOf({ shape }: TensorType, result: TensorType): Work | string | undefined {
  const count = elements(result.shape);
  if (elements(shape) === count) return undefined;
  const from = new Int32Array(count);
  for (let i = 0; i < count; i++) {
    let [rest, place, stride] = [i, 0, 1];
    for (let axis = result.shape.length - 1; axis >= 0; axis--) {
      const size = shape[axis - (result.shape.length - shape.length)] ?? 1;
      if (size > 1) place += (rest % result.shape[axis]) * stride;
      rest = Math.floor(rest / result.shape[axis]);
      stride *= size;
    }
    from[i] = place;
  }
  const loops = regular(from, elements(shape));
  return loops ? { kind: 'rearrange', ...loops } : 'repeats elements in no regular way';
}
