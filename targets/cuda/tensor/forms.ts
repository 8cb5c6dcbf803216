/** How the values of a layer lie: channels of a pixel side by side, as wide numbers or in pieces, or a plane for each. */
import type { KernelSite } from '../../../src/plan/kernel.ts';
import type { TensorType } from '../../../src/tensor/type.ts';
import { paddedTo, pictureOf } from '../../../src/tensor/type.ts';
import { isPlanes } from '../../gpu/planes.ts';
import type { Element } from './elements.ts';
import type { Goes } from './product.ts';
import type { Along } from './tiles.ts';

export type Form = 'plain' | 'planes' | 'pieces';

export interface Forms {
  readonly x: Form;
  readonly to: Form;
}

export function formOf(type: TensorType, element: Element): Form | undefined {
  if (type.layout.kind === 'pieces') return type.layout.of === element.narrow ? 'pieces' : undefined;
  if (type.layout.kind === 'plain' || pictureOf(type.shape).pixels === 1) return 'plain';
  return isPlanes(type) ? 'planes' : undefined;
}

/** Or why products do not take them. */
export function formsOf({ call, types, result }: KernelSite, element: Element): Forms | string {
  const [x, to] = [formOf(types.x, element), formOf(result.type, element)];
  if (!x || !to) return 'takes values that are row-major, in planes, or in its own pieces';
  if (types.residual && formOf(types.residual, element) !== to) return 'takes a residual that lies as the result does';
  if (call.op.kind === 'linear' && (x === 'planes' || to === 'planes'))
    return 'takes vectors as they are, or in pieces';
  return { x, to };
}

/** Elements from one image, pixel and row of a result to the next, and how many rows a pixel has with those that fill its last piece. */
export function placesOf(
  to: Form,
  rows: number,
  pixels: number,
  { narrow }: Element,
): Pick<Goes, 'stored' | 'toImage' | 'toPixel' | 'toRow'> {
  const stored = to === 'pieces' && narrow ? paddedTo(rows, narrow) : rows;
  const [toPixel, toRow] = to === 'planes' ? [1, pixels] : [stored, 1];
  return { stored, toImage: stored * pixels, toPixel, toRow };
}

export const alongOf = (to: Form): Along => (to === 'planes' ? 'pixels' : 'rows');
