/** Depthwise convolutions channel by channel, whose output rows are whole panels: from a copy of each with its border. */
import type { Weights } from '../../../src/graph/weights.ts';
import type { Conv2d } from '../../../src/ops/conv2d.ts';
import type { KernelSite, Routine, RoutineCall } from '../../../src/plan/kernel.ts';
import { lanes, panelBytes, pictureBytes, rowBytes } from '../panels.ts';
import { identifierOf } from '../text.ts';
import type { Epilogue } from './epilogue.ts';
import { fillOf, fillRow } from './fill.ts';
import { packDense } from './linear.ts';
import { byRows } from './ranges.ts';
import { scratchBytes, windowOf } from './window.ts';

/** For windows of at most so many columns, strides across of 1 and 2, and taps beside each other. */
export function filterCall(site: KernelSite, op: Conv2d, weights: Weights, { low, high }: Epilogue): RoutineCall {
  const { types, arrays, result } = site;
  const [n, h, w, channels] = types.x.shape;
  const [, , ow] = result.type.shape;
  const [, kh, kw] = types.weights.shape;
  const window = windowOf(op, types.x.shape, types.weights.shape, result.type.shape);
  const { count, strip, plane, pitch, phase, reach } = window;
  const scratch = site.scratch('window', 'f32', scratchBytes(window, count) / 4);
  const taps = packDense(site, weights);
  return {
    routine: filtersFor(fillOf(w, op.stride[1], true), op.stride[1], kw),
    ...byRows(site, { top: op.pad[0], down: op.stride[0], reach }, (begin, end) => [
      ...[arrays.x, result.array, taps, arrays.bias, scratch],
      ...[channels, count, h, w, begin, end, ow / lanes],
      ...[op.pad[0], op.pad[1], op.stride[0], op.dilation[0], kh],
      ...[strip, plane, pitch, phase],
      ...[panelBytes(types.x), panelBytes(result.type), n, pictureBytes(types.x), pictureBytes(result.type)],
      ...[{ f32: low }, { f32: high }],
    ]),
  };
}

/** Rows of a channel, a panel at a time. */
function filterRows(stride: number, kw: number): Routine {
  const name = `filter-rows-${kw}-by-${stride}`;
  return {
    name,
    template: 'wasm/kernels/filter-rows.wat.hbs',
    view: {
      name: name.replaceAll('-', '_'),
      stride,
      kw,
      odd: stride === 1 ? '' : ', columns of odd numbers `phase` bytes behind the others',
      bytesOfTaps: 4 * kw,
      panelRow: rowBytes,
      taps: Array.from({ length: kw }, (_, tap) => ({
        at: 4 * tap,
        row: tap % stride === 0 ? 'p' : 'o',
        parting: tap === 0 ? [] : [tap],
        vectors: Array.from({ length: lanes / 4 }, (_, id) => ({ id, offset: 16 * id + 4 * Math.floor(tap / stride) })),
      })),
      vectors: Array.from({ length: lanes / 4 }, (_, id) => ({ id, offset: 16 * id })),
    },
    needs: [],
  };
}

function filtersFor(fill: Routine, stride: number, kw: number): Routine {
  const rows = filterRows(stride, kw);
  const name = `depthwise-${rows.name}-${fill.name}`;
  return {
    name,
    template: 'wasm/kernels/depthwise-rows.wat.hbs',
    view: {
      name: name.replaceAll('-', '_'),
      fill: identifierOf(fill),
      rows: identifierOf(rows),
      bytesOfTaps: 4 * kw,
      panelRow: rowBytes,
    },
    needs: [rows, fill, fillRow],
  };
}
