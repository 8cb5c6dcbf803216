/** Products on tensor cores: every way of the weights against plain sums over all of them. */
import type { Matrix } from '../src/tensor/matrix.ts';
import { matrix } from '../src/tensor/matrix.ts';
import type { Depth } from '../targets/cuda/tensor/depth.ts';
import { pitchOf } from '../targets/cuda/tensor/depth.ts';
import type { Element, ElementName } from '../targets/cuda/tensor/elements.ts';
import { elements, perPiece } from '../targets/cuda/tensor/elements.ts';
import { foursOf, packGathered } from '../targets/cuda/tensor/gathered.ts';
import type { Packing } from '../targets/cuda/tensor/packing.ts';
import { packDense, packExtra, packSparse } from '../targets/cuda/tensor/packing.ts';
import type { Shape } from '../targets/cuda/tensor/product.ts';
import { tiles } from '../targets/cuda/tensor/tiles.ts';
import type { ProductCase } from './cuda-products.ts';
import { bytesOfCase, productsProgram, resultLength } from './cuda-products.ts';
import { shimProgramOf } from './cuda-shim.ts';
import { maskOf, random, stored } from './cuda-weights.ts';

const small = tiles[tiles.length - 2];
const wide = tiles[tiles.length - 1];

export const shapes: readonly Shape[] = [
  { way: 'dense', tile: small, element: elements.f16, along: 'pixels', parted: true },
  { way: 'sparse', tile: small, element: elements.f16, along: 'pixels', parted: true },
  { way: 'dense', tile: small, element: elements.bf16, along: 'rows', parted: false },
  { way: 'gathered', tile: wide, element: elements.f16, along: 'rows', parted: true },
  { way: 'sparse', tile: wide, element: elements.bf16, along: 'rows', parted: false },
  { way: 'sparse', tile: small, element: elements.tf32, along: 'rows', parted: false },
  { way: 'sparse', tile: wide, element: elements.s8, along: 'pixels', parted: false },
  { way: 'dense', tile: wide, element: elements.s8, along: 'rows', parted: false },
  { way: 'extra', tile: small, element: elements.f16, along: 'pixels', parted: false },
  { way: 'extra', tile: wide, element: elements.tf32, along: 'rows', parted: false },
];

interface Layer {
  readonly rows: number;
  readonly images: number;
  readonly size: readonly [number, number];
  readonly channels: number;
  readonly kernel: readonly [number, number];
  readonly stride: readonly [number, number];
  readonly dilation: readonly [number, number];
  readonly pad: readonly [number, number];
}

const vectors = (rows: number, images: number, channels: number): Layer => ({
  ...{ rows, images, channels, size: [1, 1], kernel: [1, 1], stride: [1, 1], dilation: [1, 1], pad: [0, 0] },
});

/** Odd sizes everywhere: rows, pixels, channels and taps that fill no tile, borders, strides, dilation. */
const layers: readonly Layer[] = [
  vectors(70, 45, 100),
  vectors(32, 1, 64),
  { rows: 37, images: 2, size: [7, 9], channels: 24, kernel: [3, 3], stride: [1, 1], dilation: [1, 1], pad: [1, 1] },
  { rows: 64, images: 1, size: [11, 6], channels: 5, kernel: [3, 2], stride: [2, 1], dilation: [2, 3], pad: [2, 0] },
];

/** Numbers that elements hold, so that only the order of sums differs. */
function inputOf(l: Layer, element: Element): Float32Array<ArrayBuffer> {
  const n = l.images * l.size[0] * l.size[1] * l.channels;
  return stored(
    Float32Array.from({ length: n }, (_, i) => random(i, 7)),
    element,
  );
}

const resultSize = ({ size, kernel, stride, dilation, pad }: Layer): readonly number[] =>
  size.map((s, i) => Math.floor((s + 2 * pad[i] - dilation[i] * (kernel[i] - 1) - 1) / stride[i]) + 1);

/** Sums over all weights, in double precision: [pixel of all images][row]. */
function plainSums(l: Layer, m: Matrix, x: Float32Array<ArrayBuffer>): Float64Array {
  const [h, w] = resultSize(l);
  const sums = new Float64Array(l.images * h * w * l.rows);
  for (let p = 0; p < l.images * h * w; p++) {
    const [image, y, z] = [Math.floor(p / (h * w)), Math.floor(p / w) % h, p % w];
    for (let column = 0; column < m.columns; column++) {
      const [tap, c] = [Math.floor(column / l.channels), column % l.channels];
      const iy = y * l.stride[0] - l.pad[0] + Math.floor(tap / l.kernel[1]) * l.dilation[0];
      const ix = z * l.stride[1] - l.pad[1] + (tap % l.kernel[1]) * l.dilation[1];
      if (iy < 0 || ix < 0 || iy >= l.size[0] || ix >= l.size[1]) continue;
      const value = x[((image * l.size[0] + iy) * l.size[1] + ix) * l.channels + c];
      for (let row = 0; row < l.rows; row++) sums[p * l.rows + row] += m.data[row * m.columns + column] * value;
    }
  }
  return sums;
}

/** Pixels with their channels padded, as pieces. */
function piecesOf(l: Layer, x: Float32Array<ArrayBuffer>, depth: Depth, element: Element): Uint8Array<ArrayBuffer> {
  const { order } = depth;
  const padded = pitchOf(depth, element) * perPiece(element);
  const all = maskOf(x.length / l.channels, padded, (pixel, at) => {
    const channel = order ? order[at] : at;
    return channel >= 0 && channel < l.channels ? x[pixel * l.channels + channel] : 0;
  });
  return element.store(all);
}

interface Checked {
  readonly given: ProductCase;
  readonly shape: Shape;
  readonly sums: Float64Array;
}

function caseOf(shape: number, l: Layer, live: (row: number, column: number) => boolean, splits = 1): Checked {
  const { way, tile, element, along } = shapes[shape];
  const columns = l.kernel[0] * l.kernel[1] * l.channels;
  const data = stored(
    maskOf(l.rows, columns, (row, column) => (live(row, column) ? random(row * columns + column, 3) || 1 : 0)),
    element,
  );
  const m = matrix(l.rows, columns, l.channels, data);
  const x = inputOf(l, element);
  const taps = { across: l.kernel[1], dilation: l.dilation, width: l.size[1] };
  const pack = { dense: packDense, sparse: packSparse, extra: packExtra }[way as 'dense'];
  const packing: Packing | string = pack(m, tile.rows, element, taps);
  if (typeof packing === 'string') throw new Error(packing);
  const [h, w] = resultSize(l);
  const pixels = l.images * h * w;
  const goes = { rows: l.rows, stored: l.rows, pixels, imagePixels: h * w };
  const [toPixel, toRow] = along === 'rows' ? [l.rows, 1] : [1, h * w];
  const lies = { rowPixels: w, rowKept: w, first: 0, toImage: h * w * l.rows, toDown: w * toPixel, toPixel, toRow };
  const given: ProductCase = {
    ...{ shape, tile, packing, splits, goes: { ...goes, ...lies } },
    x: piecesOf(l, x, packing.depth, element),
    pitch: pitchOf(packing.depth, element),
    reach: { height: l.size[0], width: l.size[1], stride: l.stride, above: l.pad[0], left: l.pad[1] },
  };
  return { given, shape: shapes[shape], sums: plainSums(l, m, x) };
}

/** V:N:M weights over vectors, which lie as rows of pixels. */
function gatheredCase(rows: number, pixels: number, channels: number, m: number, splits = 1): Checked {
  const { tile, element } = shapes[3];
  const data = stored(
    maskOf(rows, channels, (row, column) => {
      const first = random(Math.floor(row / tile.rows) * 1000 + Math.floor(column / m), 5);
      const shared = Math.floor((first + 1) * 1000);
      const place = [0, 1, 2, 3].find((k) => (shared + k * (m / 4 - (k === 3 ? 1 : 0))) % m === column % m);
      return place !== undefined && (place + row) % 2 === 0 ? random(row * channels + column, 3) : 0;
    }),
    element,
  );
  const weights = matrix(rows, channels, channels, data);
  const columns = packGathered(weights, tile.rows, foursOf(weights, tile.rows));
  const l = vectors(rows, pixels, channels);
  const x = inputOf(l, element);
  const pitch = Math.ceil(pixels / 8);
  const turned = maskOf(channels, 8 * pitch, (c, p) => (p < pixels ? x[p * channels + c] : 0));
  const goes = {
    rows,
    stored: rows,
    ...{ pixels: 8 * pitch, imagePixels: 8 * pitch, rowPixels: 8 * pitch, rowKept: pixels },
    first: 0,
    toImage: 0,
    toDown: 0,
    toPixel: rows,
    toRow: 1,
  };
  const packing = { ...columns, list: columns.list.map((column) => (column < 0 ? -1 : column * pitch)) };
  const given: ProductCase = { shape: 3, tile, packing, splits, goes, x: element.store(turned), pitch };
  return { given, shape: shapes[3], sums: plainSums(l, weights, x) };
}

/** The largest difference, relative to the largest sum. */
function errorOf({ given, shape, sums }: Checked, result: Float32Array | Int32Array): number {
  const { goes: g } = given;
  let [worst, largest] = [0, 0];
  for (let p = 0; p < sums.length / g.rows; p++)
    for (let row = 0; row < g.rows; row++) {
      const at = Math.floor(p / g.imagePixels) * g.toImage + (p % g.imagePixels) * g.toPixel + row * g.toRow;
      const difference = Math.abs(result[at] - sums[p * g.rows + row]);
      worst = Math.max(worst, Number.isNaN(difference) ? Infinity : difference);
      largest = Math.max(largest, Math.abs(sums[p * g.rows + row]));
    }
  if (shape.element.sum === 'int') return worst;
  return largest === 0 ? worst : worst / largest;
}

const halfOf =
  (name: ElementName) =>
  (row: number, column: number): boolean =>
    name === 'tf32' ? column % 2 === (row + (column >> 1)) % 2 : (column + row + (column >> 2)) % 4 < 2;

const cases = (): readonly (readonly [string, Checked])[] => [
  ...layers.flatMap((l, i) => [
    [`dense f16, layer ${i}`, caseOf(0, l, () => true)] as const,
    [`2:4 f16, layer ${i}`, caseOf(1, l, (row, column) => halfOf('f16')(row, column % l.channels))] as const,
    [`2:4 bf16, layer ${i}`, caseOf(4, l, (row, column) => halfOf('bf16')(row, column % l.channels))] as const,
    [`1:2 tf32, layer ${i}`, caseOf(5, l, (row, column) => halfOf('tf32')(row, column % l.channels))] as const,
    [`2:4 int8, layer ${i}`, caseOf(6, l, (row, column) => halfOf('s8')(row, column % l.channels))] as const,
    [`dense bf16, layer ${i}`, caseOf(2, l, () => true)] as const,
  ]),
  ['dense int8', caseOf(7, layers[2], () => true)],
  ['no weights, dense', caseOf(0, layers[2], () => false)],
  ['no weights, 2:4', caseOf(1, layers[2], () => false)],
  ['2:4 with groups of one, and of none', caseOf(1, layers[0], (row, column) => (row + column) % 5 === 0)],
  ['dense by three', caseOf(0, layers[0], () => true, 3)],
  ['2:4 by seven, where there are two steps', caseOf(1, layers[0], (row, column) => halfOf('f16')(row, column), 7)],
  ...layers.flatMap((l, i) => [
    [`6:8 f16, layer ${i}`, caseOf(8, l, (row, column) => (row + (column % l.channels)) % 4 < 3)] as const,
    [`2:4 tf32, layer ${i}`, caseOf(9, l, (row, column) => (row + (column % l.channels)) % 4 < 2)] as const,
  ]),
  ['V:2:8', gatheredCase(130, 75, 128, 8)],
  ['V:2:16', gatheredCase(64, 8, 400, 16)],
  ['V:2:32 by two', gatheredCase(100, 33, 1024, 32, 2)],
];

/** Which cases are too far from what they should be, for a program of these flags. */
export function productFaults(
  flags: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): readonly string[] {
  const all = cases();
  const removals: (() => void)[] = [];
  const program = shimProgramOf(productsProgram(shapes), flags, (remove) => removals.push(remove));
  const input = Buffer.concat(all.map(([, { given }]) => bytesOfCase(given)));
  const { code, out, said } = program([], { input, environment });
  for (const remove of removals) remove();
  if (code !== 0 || said !== '') return [`${code}: ${said.slice(0, 4000)}`];
  const bytes = new Uint8Array(out).buffer;
  let at = 0;
  const worse = all.flatMap(([name, checked]) => {
    const length = resultLength(checked.given);
    const result = new (checked.shape.element.sum === 'int' ? Int32Array : Float32Array)(bytes, at, length);
    at += 4 * length;
    const error = errorOf(checked, result);
    return error <= (checked.shape.element.sum === 'int' ? 0 : 2e-6) ? [] : [`${name}: ${error}`];
  });
  return at === bytes.byteLength ? worse : [...worse, `${bytes.byteLength} bytes, and ${at} are expected`];
}
