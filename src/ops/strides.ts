/** Views of plain data: what slicing, transposing, repeating and broadcasting have in common. */
import type { Numbers } from '../tensor/numbers.ts';
import { zeros } from '../tensor/numbers.ts';
import type { DType, Shape } from '../tensor/type.ts';
import { elements } from '../tensor/type.ts';

/** How far apart neighbours along each axis lie in plain data. */
export function stridesOf(shape: Shape): readonly number[] {
  const strides: number[] = [];
  let step = 1;
  for (const size of shape.toReversed()) {
    strides.unshift(step);
    step *= size;
  }
  return strides;
}

/** Which element of some plain data a result's element is: the one at `from`, and `strides` further for each coordinate. */
export interface View {
  readonly shape: Shape;
  readonly from: number;
  readonly strides: readonly number[];
}

/** The elements of a view, in row-major order. */
export function copyView(data: Numbers, dtype: DType, { shape, from, strides }: View): Numbers {
  const out = zeros(dtype, elements(shape));
  const last = shape.length - 1;
  let to = 0;
  const copy = (axis: number, at: number): void => {
    if (axis > last) out[to++] = data[at];
    else if (axis < last) for (let i = 0; i < shape[axis]; i++) copy(axis + 1, at + i * strides[axis]);
    else for (let i = 0; i < shape[axis]; i++) out[to++] = data[at + i * strides[axis]];
  };
  copy(0, from);
  return out;
}
