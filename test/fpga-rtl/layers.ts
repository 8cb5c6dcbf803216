/** Layers that are synthesised, for every engine: what estimates of area are held against. */

import type { Engine } from '../../targets/fpga/contract/engine.ts';
import type { Layer } from '../../targets/fpga/contract/layer.ts';
import { engines } from '../../targets/fpga/engines/index.ts';
import { tree } from '../../targets/fpga/engines/tree.ts';
import { decomposedLayer, type LayerCase, randomLayer, scattered } from '../fpga-layers.ts';
import { endingOf } from './kit.ts';

export interface Measured {
  readonly name: string;
  readonly engine: string;
  /** Multipliers. */
  readonly folding: number;
  readonly layer: () => Layer;
}

export const engineOf = ({ engine }: Measured): Engine => {
  const found = [...engines, tree].find(({ name }) => name === engine);
  if (!found) throw new Error(`there is no engine ${engine}`);
  return found;
};

const square = (rows: number, channels: number, size: number): LayerCase => ({
  rows,
  channels,
  taps: [3, 3],
  input: [size, size],
  pad: [1, 1, 1, 1],
  ending: endingOf(rows),
});

const pointwise = (rows: number, channels: number, pixels: number): LayerCase => ({
  rows,
  channels,
  input: [1, pixels],
  ending: endingOf(rows),
});

/** Weights that a block of rows and channels keeps together. */
const blocks = (c: LayerCase, height: number): Layer =>
  randomLayer(c, 1, (row, column) => (Math.floor(row / height) * 31 + column * 17) % 5 === 0);

const kept = (c: LayerCase, density: number) => (): Layer => scattered(c, 1, density);

/** N of every M channels: the first of each of two columns in turn. */
const nm = (c: LayerCase): Layer => randomLayer(c, 1, (row, column) => [0, 1].includes((column + row) % 4));

/** One weight of each bank of four in every pack. */
const packs = (c: LayerCase): Layer => randomLayer(c, 1, (row, column) => (Math.floor(column / 4) + row) % 4 === 0);

/** Every kernel a unit of SmartDeal. */
const units = (c: LayerCase): Layer => decomposedLayer(c, { along: 'kernels', rows: 3 * c.channels, units: 1 }, 4);

export const measuredLayers: readonly Measured[] = [
  { name: '16 x 16 x 9, 25 %', engine: 'crossbar', folding: 2, layer: kept(square(16, 16, 14), 0.25) },
  { name: '16 x 16 x 9, 25 %', engine: 'crossbar', folding: 4, layer: kept(square(16, 16, 14), 0.25) },
  { name: '24 x 16 x 9, 20 %', engine: 'crossbar', folding: 8, layer: kept(square(24, 16, 8), 0.2) },
  { name: '16 x 32, 20 %, sums', engine: 'crossbar', folding: 6, layer: sums(pointwise(16, 32, 20), 0.2) },
  { name: '16 x 16 x 9, 10 %', engine: 'crossbar', folding: 24, layer: kept(square(16, 16, 28), 0.1) },
  { name: '16 x 8 x 9', engine: 'dense', folding: 4, layer: kept(square(16, 8, 14), 1) },
  { name: '16 x 8 x 9', engine: 'dense', folding: 16, layer: kept(square(16, 8, 14), 1) },
  { name: '10 x 64', engine: 'dense', folding: 5, layer: kept(pointwise(10, 64, 1), 1) },
  { name: '32 x 64, 10 %', engine: 'stationary', folding: 8, layer: kept(pointwise(32, 64, 1), 0.1) },
  { name: '32 x 16 x 9, blocks', engine: 'broadcast', folding: 8, layer: () => blocks(square(32, 16, 6), 8) },
  { name: '16 x 16 x 9, 2 of 4', engine: 'n-of-m', folding: 8, layer: () => nm(square(16, 16, 8)) },
  { name: '16 x 8 x 9, units', engine: 'smartdeal', folding: 4, layer: () => units(square(16, 8, 8)) },
  { name: '16 x 8 x 9, units', engine: 'smartdeal', folding: 8, layer: () => units(square(16, 8, 8)) },
  { name: '8 x 8, 50 %', engine: 'unrolled', folding: 0, layer: kept(pointwise(8, 8, 20), 0.5) },
  { name: '8 x 2 x 9, 30 %', engine: 'unrolled', folding: 0, layer: kept(square(8, 2, 6), 0.3) },
  { name: '16 x 16 x 9, packs', engine: 'tree', folding: 4, layer: () => packs(square(16, 16, 8)) },
];

/** Without an ending: sums themselves are given. */
function sums({ ending: _, ...rest }: LayerCase, density: number): () => Layer {
  return kept(rest, density);
}
