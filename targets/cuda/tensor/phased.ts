/** Transposed convolutions as products: one for each phase of the result's pixels, all of the same x (see targets/gpu/phases.ts). */
import type { KernelSite } from '../../../src/plan/kernel.ts';
import type { Matrix } from '../../../src/tensor/matrix.ts';
import { isLive } from '../../../src/tensor/matrix.ts';
import type { Phase } from '../../gpu/phases.ts';
import { mostPhases, phaseCount, phasesIn } from '../../gpu/phases.ts';
import type { Element } from './elements.ts';
import type { TensorLayer } from './layer.ts';
import { bytesRead, mostSide, picturePieces, planesFault } from './layer.ts';

export function phasedLayers(site: KernelSite, matrix: Matrix, element: Element): readonly TensorLayer[] | string {
  const { call, types, result } = site;
  const { op } = call;
  if (op.kind !== 'conv-transpose2d') return 'takes transposed convolutions';
  const fault = planesFault(site);
  if (fault !== undefined) return fault;
  const phases = phaseCount(op);
  if (phases > mostPhases) return `takes pixels of ${mostPhases} phases, and these have ${phases}`;
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
      matrix: ofTaps(
        matrix,
        down.taps.flatMap((ky) => right.taps.map((kx) => ky * across + kx)),
      ),
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
      ...{ along: 'pixels', plain: false, ...picturePieces(site, element) },
      bytes: bytesRead(types.x, element) + 4 * images * pixels * matrix.rows,
    };
  };
  return rows.flatMap((row) => columns.map((column) => ofPhase(row, column)));
}

/** The same taps the other way round, so that each reads further on than the one before. */
function ascending({ taps, from, step }: Phase): Pick<Phase, 'taps' | 'from' | 'step'> {
  return { taps: taps.toReversed(), from: from + step * Math.max(0, taps.length - 1), step: -step };
}

/** Weights of some taps, one after the other. Of none there is one without weights. */
function ofTaps(matrix: Matrix, taps: readonly number[]): Matrix {
  const { rows, run } = matrix;
  const columns = Math.max(1, taps.length) * run;
  const data = new Float32Array(rows * columns);
  const mask = new Uint8Array(rows * columns);
  for (let row = 0; row < rows; row++)
    taps.forEach((tap, k) => {
      for (let c = 0; c < run; c++) {
        const from = row * matrix.columns + tap * run + c;
        if (!isLive(matrix, from)) continue;
        data[row * columns + k * run + c] = matrix.data[from];
        mask[row * columns + k * run + c] = 1;
      }
    });
  return { rows, columns, run, data, mask };
}
