/** Between plain data and data as a layout has it in memory. */
import type { Numbers } from './numbers.ts';
import { heldIn, valueIn, zeros } from './numbers.ts';
import type { TensorType } from './type.ts';
import { elements, paddedTo, panelsOf, pictureOf, storedDType, storedLength } from './type.ts';

/** Plain data as it lies in memory, padding lanes 0. A plain layout gives `data` itself. */
export function layOut(type: TensorType, data: Numbers): Numbers {
  if (type.layout.kind === 'plain') return data;
  const stored = zeros(storedDType(type), storedLength(type));
  const at = storedAt(type);
  const bits = heldIn(storedDType(type));
  for (let i = 0; i < data.length; i++) stored[at(i)] = bits(data[i]);
  return stored;
}

/** Data as it lies in memory made plain: the inverse of `layOut`. */
export function takeIn(type: TensorType, stored: Numbers): Numbers {
  if (type.layout.kind === 'plain') return stored;
  const data = zeros(type.dtype, elements(type.shape));
  const at = storedAt(type);
  const value = valueIn(storedDType(type));
  for (let i = 0; i < data.length; i++) data[i] = value(stored[at(i)]);
  return data;
}

/** Where the element with flat index `i` lies. */
function storedAt({ shape, layout }: TensorType): (i: number) => number {
  if (layout.kind === 'plain') return (i) => i;
  const { pixels, channels: c } = pictureOf(shape);
  if (layout.kind === 'pieces') {
    const padded = paddedTo(c, layout.of);
    return (i) => Math.floor(i / c) * padded + (i % c);
  }
  const { lanes } = layout;
  const panels = panelsOf(shape, lanes);
  return (i) => {
    const pixel = Math.floor(i / c);
    const p = pixel % pixels;
    const panel = Math.floor(pixel / pixels) * panels + Math.floor(p / lanes);
    if (layout.pairs)
      return 2 * ((panel * Math.ceil(c / 2) + Math.floor((i % c) / 2)) * lanes + (p % lanes)) + ((i % c) % 2);
    return (panel * c + (i % c)) * lanes + (p % lanes);
  };
}
