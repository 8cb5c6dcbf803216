/** Transposed convolutions as products: one for each phase of the result's pixels, all of the same x (see targets/gpu/phases.ts). */
import type { KernelSite } from '../../../src/plan/kernel.ts';
import type { Matrix } from '../../../src/tensor/matrix.ts';
import type { Phase } from '../../gpu/phases.ts';
import { phasesIn } from '../../gpu/phases.ts';
import type { Element } from './elements.ts';
import type { Forms } from './forms.ts';
import { alongOf, placesOf } from './forms.ts';
import type { TensorLayer } from './layer.ts';
import { makesOf } from './making.ts';
import { ascending, ofTaps, tapsOf } from './phase-taps.ts';

/** Of what products take. */
export function phasedLayers(
  site: KernelSite,
  matrix: Matrix,
  element: Element,
  forms: Forms,
): readonly TensorLayer[] | string {
  const { call, types, result } = site;
  const { op } = call;
  if (op.kind !== 'conv-transpose2d') return 'takes transposed convolutions';
  const [images, height, width, channels] = types.x.shape;
  const [, , across] = types.weights.shape;
  const [, resultHeight, resultWidth] = result.type.shape;
  const { rows, columns } = phasesIn(op, types.x.shape, types.weights.shape);
  const { stored, toImage, toPixel, toRow } = placesOf(forms.to, matrix.rows, resultHeight * resultWidth, element);
  const ofPhase = (row: Phase, column: Phase): TensorLayer => {
    const [down, right] = [ascending(row), ascending(column)];
    const pixels = row.count * column.count;
    return {
      matrix: ofTaps(matrix, tapsOf(row, column, across)),
      taps: { across: Math.max(1, right.taps.length), dilation: [down.step, right.step], width },
      reach: { width, height, stride: [1, 1], above: -down.from, left: -right.from },
      goes: {
        ...{ rows: matrix.rows, stored, pixels: images * pixels, imagePixels: pixels },
        ...{ rowPixels: column.count, rowKept: column.count },
        first: (row.first * resultWidth + column.first) * toPixel,
        ...{ toImage, toDown: op.stride[0] * resultWidth * toPixel, toPixel: op.stride[1] * toPixel, toRow },
      },
      ...{ forms, along: alongOf(forms.to) },
      ...makesOf(site, { images, size: height * width, channels }, element, forms, false),
    };
  };
  return rows.flatMap((row) => columns.map((column) => ofPhase(row, column)));
}
