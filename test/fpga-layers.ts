/** Layers of whole numbers for tests of engines: random ones, and what `evaluate` gives for them. */
import { conv2d } from '../src/ops/conv2d.ts';
import type { Decomposition } from '../src/tensor/decomposition.ts';
import { rebuild } from '../src/tensor/decomposition.ts';
import { tensor } from '../src/tensor/type.ts';
import type { Ending, Layer, Pair } from '../targets/fpga/contract/layer.ts';
import { layerOf } from '../targets/fpga/engines/make-layer.ts';
import { random } from './models.ts';

export interface LayerCase {
  readonly rows: number;
  readonly channels: number;
  readonly taps?: Pair;
  readonly stride?: Pair;
  readonly dilation?: Pair;
  readonly pad?: readonly [number, number, number, number];
  readonly input: Pair;
  readonly ending?: Ending;
}

/** Weights of −128..127 where `keep` says so. */
export function randomLayer(c: LayerCase, seed: number, keep: (row: number, column: number) => boolean): Layer {
  const { rows, channels, taps = [1, 1] } = c;
  const next = random(seed);
  const columns = taps[0] * taps[1] * channels;
  const data = Int32Array.from({ length: rows * columns }, (_, i) => {
    const value = Math.floor(next() * 255) - 127;
    return keep(Math.floor(i / columns), i % columns) ? value || 1 : 0;
  });
  const bias = Int32Array.from({ length: rows }, () => Math.floor(next() * 2000) - 1000);
  return layerOf({ name: `layer ${seed}`, ...c, taps, data, bias });
}

/** Each weight kept by chance. */
export function scattered(c: LayerCase, seed: number, density: number): Layer {
  const next = random(seed + 7919);
  const columns = (c.taps?.[0] ?? 1) * (c.taps?.[1] ?? 1) * c.channels;
  const kept = Uint8Array.from({ length: c.rows * columns }, () => (next() < density ? 1 : 0));
  return randomLayer(c, seed, (row, column) => kept[row * columns + column] === 1);
}

export function randomInput(
  { input, channels }: Pick<Layer, 'input' | 'channels'>,
  seed: number,
): Int32Array<ArrayBuffer> {
  const next = random(seed);
  return Int32Array.from({ length: input[0] * input[1] * channels }, () => Math.floor(next() * 256) - 128);
}

/** The sums without bias that the operator's own evaluation gives. */
export function sumsOf(layer: Layer, x: Int32Array<ArrayBuffer>): Int32Array {
  const { rows, channels, taps, input, weights } = layer;
  const columns = taps[0] * taps[1] * channels;
  const data = new Int32Array(rows * columns);
  for (let r = 0; r < rows; r++)
    for (let e = weights.pos[r]; e < weights.pos[r + 1]; e++) data[r * columns + weights.column[e]] = weights.value[e];
  const operand = (shape: readonly number[], values: Int32Array<ArrayBuffer>) => ({
    type: tensor('i32', shape),
    data: values,
  });
  const op = {
    kind: 'conv2d',
    stride: layer.stride,
    dilation: layer.dilation,
    pad: layer.pad,
    groups: 1,
    activation: 'none',
  } as const;
  const result = tensor('i32', [1, layer.output[0], layer.output[1], rows]);
  return conv2d.evaluate(
    op,
    {
      x: operand([1, ...input, channels], x),
      weights: operand([rows, ...taps, channels], data),
      bias: operand([rows], new Int32Array(rows)),
    },
    result,
  ) as Int32Array;
}

/** Weights made of units: random codes, of which half of the rows have none, and random bases. */
export function decomposedLayer(
  c: LayerCase,
  { along, rows, units }: Pick<Decomposition, 'along' | 'rows' | 'units'>,
  seed: number,
): Layer {
  const next = random(seed);
  const { taps = [1, 1], channels } = c;
  const all = c.rows * units * rows;
  const shared = Uint8Array.from({ length: units * rows }, () => (next() < 0.5 ? 1 : 0));
  const code = (i: number): number =>
    shared[Math.floor(i / 3) % (units * rows)] === 1 ? [0, 9, 4, 15, 2, 7][Math.floor(6 * next())] : 0;
  const codes = Uint8Array.from({ length: 3 * all }, (_, i) => code(i));
  const basis = Int8Array.from({ length: 9 * c.rows * units }, () => Math.floor(next() * 255) - 127);
  const shift = Uint8Array.from({ length: c.rows * units }, () => Math.floor(next() * 2));
  const decomposed = { along, rows, units, group: 1, codes, basis, shift };
  const data = rebuild(decomposed, [c.rows, ...taps, channels]);
  return layerOf({ name: 'units', ...c, taps, data, bias: new Int32Array(c.rows), decomposed });
}
