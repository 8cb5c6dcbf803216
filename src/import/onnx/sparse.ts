/** Sparse tensors: coordinates and values → all values, and a mask of those that are there. A value that is there may be 0. */
import type { Numbers } from '../../tensor/numbers.ts';
import { zeros } from '../../tensor/numbers.ts';
import type { Shape } from '../../tensor/type.ts';
import type { SparseTensorProto } from './schema.ts';
import type { ReadExternal, Tensor } from './tensors.ts';
import { readTensor, shapeOf } from './tensors.ts';

export interface SparseTensor extends Tensor {
  readonly mask: Uint8Array<ArrayBuffer>;
}

/** A few bytes may claim to be gigabytes: beyond so many elements, one in a thousand must be there. */
const freely = 2 ** 22;

/** The tensor, or why it is none: the rest of a sentence that begins with its name. */
export function readSparse(sparse: SparseTensorProto, readExternal: ReadExternal): SparseTensor | string {
  if (!sparse.values || !sparse.indices) return 'is sparse and lacks its values or its indices';
  const shape = shapeOf(sparse.dims);
  if (typeof shape === 'string') return shape;
  const values = readTensor(sparse.values, readExternal);
  if (typeof values === 'string') return `has values, and that tensor ${values}`;
  const indices = readTensor(sparse.indices, readExternal);
  if (typeof indices === 'string') return `has indices, and that tensor ${indices}`;
  const count = shape.reduce((n, d) => n * d, 1);
  const found = values.data.length;
  if (count > freely && count > 1000 * found)
    return `claims the shape [${shape.join(', ')}] for ${found} values; so few of so many are not read`;
  const at = positionsOf(indices, found, shape);
  if (typeof at === 'string') return at;
  const data: Numbers = zeros(values.data instanceof Int32Array ? 'i32' : 'f32', count);
  const mask = new Uint8Array(count);
  for (let i = 0; i < found; i++) {
    if (mask[at[i]] === 1) return `holds two values for element ${at[i]}`;
    data[at[i]] = values.data[i];
    mask[at[i]] = 1;
  }
  return { element: values.element, shape, data, mask };
}

/** Flat positions, from either form of indices. */
function positionsOf({ shape: form, data }: Tensor, found: number, shape: Shape): Int32Array | string {
  const rank = form.length === 1 ? 1 : shape.length;
  const fits = form[0] === found && (form.length === 1 || (form.length === 2 && form[1] === shape.length));
  if (!fits)
    return `has ${found} values and indices of shape [${form.join(', ')}], where [${found}] or [${found}, ${shape.length}] is meant`;
  const sizes = rank === 1 && form.length === 1 ? [shape.reduce((n, d) => n * d, 1)] : shape;
  const at = new Int32Array(found);
  for (let i = 0; i < found; i++) {
    let flat = 0;
    for (let axis = 0; axis < rank; axis++) {
      const index = data[i * rank + axis];
      if (!(index >= 0 && index < sizes[axis])) return `has the index ${index} along an axis of ${sizes[axis]}`;
      flat = flat * sizes[axis] + index;
    }
    at[i] = flat;
  }
  return at;
}
