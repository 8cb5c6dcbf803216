/** Layers that are synthesised, for every engine: what estimates of area are held against. */

import type { Engine } from '../../targets/fpga/engines/engine.ts';
import { engines } from '../../targets/fpga/engines/index.ts';
import type { Layer } from '../../targets/fpga/engines/layer.ts';
import { type LayerCase, randomLayer, scattered } from '../fpga-layers.ts';
import { endingOf } from './kit.ts';

export interface Measured {
  readonly name: string;
  readonly engine: string;
  /** Multipliers. */
  readonly folding: number;
  readonly layer: () => Layer;
}

export const engineOf = ({ engine }: Measured): Engine => {
  const found = engines.find(({ name }) => name === engine);
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

export const measuredLayers: readonly Measured[] = [
  { name: '16 x 16 x 9, 25 %', engine: 'crossbar', folding: 2, layer: kept(square(16, 16, 14), 0.25) },
  { name: '16 x 16 x 9, 25 %', engine: 'crossbar', folding: 4, layer: kept(square(16, 16, 14), 0.25) },
  { name: '64 x 64 x 9, 10 %', engine: 'crossbar', folding: 4, layer: kept(square(64, 64, 14), 0.1) },
  { name: '64 x 64 x 9, 10 %', engine: 'crossbar', folding: 8, layer: kept(square(64, 64, 14), 0.1) },
  { name: '64 x 32, 20 %', engine: 'crossbar', folding: 8, layer: kept(pointwise(64, 32, 196), 0.2) },
  { name: '64 x 32, 20 %, sums', engine: 'crossbar', folding: 6, layer: sums(pointwise(64, 32, 196), 0.2) },
  { name: '32 x 32 x 9, 20 %', engine: 'crossbar', folding: 16, layer: kept(square(32, 32, 28), 0.2) },
  { name: '32 x 32 x 9, 20 %', engine: 'crossbar', folding: 24, layer: kept(square(32, 32, 28), 0.2) },
  { name: '16 x 8 x 9', engine: 'dense', folding: 4, layer: kept(square(16, 8, 14), 1) },
  { name: '16 x 8 x 9', engine: 'dense', folding: 16, layer: kept(square(16, 8, 14), 1) },
  { name: '16 x 8 x 9', engine: 'dense', folding: 32, layer: kept(square(16, 8, 14), 1) },
  { name: '10 x 128, 100 %', engine: 'dense', folding: 5, layer: kept(pointwise(10, 128, 1), 1) },
  { name: '64 x 256, 10 %', engine: 'stationary', folding: 4, layer: kept(pointwise(64, 256, 1), 0.1) },
  { name: '64 x 256, 10 %', engine: 'stationary', folding: 16, layer: kept(pointwise(64, 256, 1), 0.1) },
  { name: '32 x 16 x 9, blocks', engine: 'broadcast', folding: 8, layer: () => blocks(square(32, 16, 14), 8) },
  { name: '32 x 16 x 9, blocks', engine: 'broadcast', folding: 32, layer: () => blocks(square(32, 16, 14), 8) },
];

/** Without an ending: sums themselves are given. */
function sums({ ending: _, ...rest }: LayerCase, density: number): () => Layer {
  return kept(rest, density);
}
