/** Transposed convolutions as products: one for each phase of the result's pixels, all of the same x (see targets/gpu/phases.ts). */
import type { KernelSite } from '../../../src/plan/kernel.ts';
import type { Matrix } from '../../../src/tensor/matrix.ts';
import type { Phase } from '../../gpu/phases.ts';
import { phasesIn } from '../../gpu/phases.ts';
import type { Element } from './elements.ts';
import type { TensorLayer } from './layer.ts';
import { mostSide, picturePieces, planesFault } from './layer.ts';
import { ascending, ofTaps, tapsOf } from './phase-taps.ts';

export function phasedLayers(site: KernelSite, matrix: Matrix, element: Element): readonly TensorLayer[] | string {
  const { call, types, result } = site;
  const { op } = call;
  if (op.kind !== 'conv-transpose2d') return 'takes transposed convolutions';
  const fault = planesFault(site);
  if (fault !== undefined) return fault;
  const [images, height, width] = types.x.shape;
  const [, , across] = types.weights.shape;
  const [, resultHeight, resultWidth] = result.type.shape;
  const { rows, columns, border } = phasesIn(op, types.x.shape, types.weights.shape);
  const sides = [height + border[0] + border[2], width + border[1] + border[3]];
  if (sides.some((side) => side > mostSide)) return `takes pictures of at most ${mostSide} by ${mostSide}`;
  const size = resultHeight * resultWidth;
  const ofPhase = (row: Phase, column: Phase): TensorLayer => {
    const [down, right] = [ascending(row), ascending(column)];
    const pixels = row.count * column.count;
    return {
      matrix: ofTaps(matrix, tapsOf(row, column, across)),
      taps: { across: Math.max(1, right.taps.length), dilation: [down.step, right.step], width },
      reach: { width, height, stride: [1, 1], above: -down.from, left: -right.from },
      goes: {
        ...{
          rows: matrix.rows,
          pixels: images * pixels,
          imagePixels: pixels,
          rowPixels: column.count,
          rowKept: column.count,
        },
        first: row.first * resultWidth + column.first,
        ...{
          toImage: matrix.rows * size,
          toDown: op.stride[0] * resultWidth,
          toPixel: op.stride[1],
          toRow: size,
          part: 0,
        },
      },
      ...{ along: 'pixels', ...picturePieces(site, element) },
    };
  };
  return rows.flatMap((row) => columns.map((column) => ofPhase(row, column)));
}
