/**
 * Depthwise convolutions by fours of channels, turned so that a vector is a pixel. Pixels of any row, stride and width are
 * then whole vectors, weights are read and not spread, and rows of taps beyond the picture are left out.
 */
import { coderFor } from '../../../src/formats/coder.ts';
import type { Weights } from '../../../src/graph/weights.ts';
import type { Conv2d } from '../../../src/ops/conv2d.ts';
import type { KernelSite, Routine, RoutineCall } from '../../../src/plan/kernel.ts';
import type { Shape } from '../../../src/tensor/type.ts';
import { lanes, panelBytes, pictureBytes, rowBytes, rowsOfVectors } from '../panels.ts';
import { identifierOf } from '../text.ts';
import type { Epilogue } from './epilogue.ts';
import { byRows } from './ranges.ts';
import { storedCodes, storedNumbers, storedValue } from './stored.ts';
import { mostOfStretch } from './tile.ts';

/** Bytes of a pixel of four channels. */
const quadBytes = 16;

export function quadCall(site: KernelSite, op: Conv2d, weights: Weights, { low, high }: Epilogue): RoutineCall {
  const { types, arrays, result } = site;
  const [n, h, w, channels] = types.x.shape;
  const [, , ow] = result.type.shape;
  const [, kh, kw] = types.weights.shape;
  const { pitch, strip, align, input, output } = quadsOf(op, types.x.shape, types.weights.shape, result.type.shape);
  const scratch = site.scratch('quads', 'f32', (input + output) / 4);
  const quads = packQuads(site, weights);
  const rows = { top: op.pad[0], down: op.stride[0], reach: (kh - 1) * op.dilation[0] + 1 };
  return {
    routine: quadsFor(op.stride[1], mostOfStretch(ow), kw),
    ...byRows(site, rows, (begin, end) => [
      ...[arrays.x, result.array, quads, arrays.bias, scratch],
      ...[channels, h, w, begin, end, ow],
      ...[op.pad[0], op.pad[1], op.stride[0], op.dilation[0], kh, kw, quadBytes * op.dilation[1]],
      ...[strip, align, pitch, input],
      ...[panelBytes(types.x), panelBytes(result.type), n, pictureBytes(types.x), pictureBytes(result.type)],
      ...[{ f32: low }, { f32: high }],
    ]),
  };
}

/** What stays in the first cache with the panels that are read and written. */
const budget = 32 * 1024;

/** How the pixels of four channels lie in scratch, and how many output rows are computed at a time. */
function quadsOf({ stride, dilation, pad }: Conv2d, [, h, w]: Shape, [, kh]: Shape, [, oh, ow]: Shape) {
  const pitch = quadBytes * (pad[1] + w + pad[3]);
  // So many rows begin with a new vector of four pixels.
  const align = rowsOfVectors(w);
  const together = rowsOfVectors(ow);
  const reach = (kh - 1) * dilation[0] + 1;
  // Where a row of taps begins in the middle of a vector, rows before it come along, and pixels after the last.
  const inputOf = (strip: number): number => pitch * (Math.min(h, (strip - 1) * stride[0] + reach + align - 1) + 1);
  const outputOf = (strip: number): number => quadBytes * (strip * ow + 3);
  let strip = together * Math.ceil(oh / together);
  while (strip > together && inputOf(strip) + outputOf(strip) > budget)
    strip = together * Math.ceil(Math.ceil(strip / together) * 0.75 - 0.5);
  return { pitch, strip, align, input: inputOf(strip), output: outputOf(strip) };
}

/** By fours of channels, of which the last may come a second time: a vector for each tap. */
function packQuads(site: KernelSite, { matrix, constant: { type } }: Weights) {
  const { rows, columns, data } = matrix;
  const quads = new Float32Array(4 * columns * Math.ceil(rows / 4));
  for (let i = 0; i < quads.length; i++) {
    const [quad, tap, lane] = [Math.floor(i / (4 * columns)), Math.floor(i / 4) % columns, i % 4];
    quads[i] = data[(Math.min(4 * quad, rows - 4) + lane) * columns + tap];
  }
  const coder = coderFor(matrix, type.encoding);
  const constant = site.pack('quads', quads, {
    pieces: coder ? storedCodes(data, coder, (i) => Math.floor(i / columns)) : storedNumbers(data),
    expand: (source) => ({ routine: expandQuads, args: [source, constant.array, rows, columns] }),
  });
  return constant.array;
}

const expandQuads: Routine = {
  name: 'expand-quads',
  template: 'wasm/kernels/expand-quads.wat.hbs',
  view: {},
  needs: [storedValue],
};

/** Vectors of two vectors: numbers in turn of the first and the second halves of both, and halves themselves. */
const shuffles = {
  lowHalves: '0 1 2 3 16 17 18 19 4 5 6 7 20 21 22 23',
  highHalves: '8 9 10 11 24 25 26 27 12 13 14 15 28 29 30 31',
  lowPairs: '0 1 2 3 4 5 6 7 16 17 18 19 20 21 22 23',
  highPairs: '8 9 10 11 12 13 14 15 24 25 26 27 28 29 30 31',
};

const rowsView = { lanes, row: rowBytes, row2: 2 * rowBytes, row3: 3 * rowBytes, ...shuffles };

const toQuads: Routine = {
  name: 'to-quads',
  template: 'wasm/kernels/to-quads.wat.hbs',
  view: { ...rowsView, pixels: ['a', 'b', 'c', 'd'] },
  needs: [],
};

const fromQuads: Routine = {
  name: 'from-quads',
  template: 'wasm/kernels/from-quads.wat.hbs',
  view: { ...rowsView, vectors: ['a', 'b', 'c', 'd'].map((name, i) => ({ name, offset: quadBytes * i })) },
  needs: [],
};

/** Rows of `count` pixels at a time, for windows of `kw` columns. */
function quadRows(stride: number, count: number, kw: number): Routine {
  const name = `quad-rows-${kw}-by-${stride}-for-${count}`;
  return {
    name,
    template: 'wasm/kernels/quad-rows.wat.hbs',
    view: {
      name: name.replaceAll('-', '_'),
      stride,
      count,
      bytes: quadBytes * count,
      kw,
      bytesOfTaps: quadBytes * kw,
      taps: Array.from({ length: kw }, (_, i) => ({ at: quadBytes * i, parting: i > 0 ? [true] : [] })),
      pixels: Array.from({ length: count }, (_, id) => ({ id, offset: quadBytes * stride * id, to: quadBytes * id })),
    },
    needs: [],
  };
}

function quadsFor(stride: number, count: number, kw: number): Routine {
  const rows = quadRows(stride, count, kw);
  const name = `depthwise-${rows.name}`;
  return {
    name,
    template: 'wasm/kernels/depthwise-quads.wat.hbs',
    view: { name: name.replaceAll('-', '_'), rows: identifierOf(rows), row: rowBytes },
    needs: [rows, toQuads, fromQuads],
  };
}
