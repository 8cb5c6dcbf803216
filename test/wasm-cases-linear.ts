/** Dense layers, for the kernels of the target wasm. */
import type { Activation } from '../src/ops/scalar.ts';
import type { Encoding } from '../src/tensor/type.ts';
import { dense, tensor } from '../src/tensor/type.ts';
import type { WasmCase } from './wasm-cases-layers.ts';
import { conv } from './wasm-cases-layers.ts';
import { constant, layered, sparse } from './wasm-graphs.ts';

interface LinearSpec {
  readonly x: readonly number[];
  readonly outputs: number;
  readonly density?: number;
  readonly encoding?: Encoding;
  readonly activation?: Activation;
}

const csr: Encoding = { format: 'csr', params: { index: 16 } };

function layer({
  x,
  outputs,
  density = 1,
  encoding = density < 1 ? csr : dense,
  activation = 'none',
}: LinearSpec): WasmCase {
  const features = x[x.length - 1];
  const weights = { ...tensor('f32', [outputs, features]), encoding };
  return {
    title: `${x.join(' x ')} to ${outputs}, ${encoding.format}, density ${density}, ${activation}`,
    graph: layered(
      { kind: 'linear', activation },
      {
        x: tensor('f32', x),
        weights: constant('weights', weights, sparse(outputs * features, density, 4)),
        bias: constant('bias', tensor('f32', [outputs]), sparse(outputs, 1, 5)),
        ...(activation === 'prelu' && { slope: constant('slope', tensor('f32', [outputs]), sparse(outputs, 1, 6)) }),
      },
    ),
  };
}

export const linear: readonly WasmCase[] = [
  ...[
    [1, 1],
    [3, 5],
    [8, 16],
    [13, 39],
    [4, 3],
  ].flatMap(([outputs, features]) =>
    [1, 0.3].flatMap((density) =>
      [1, 3].map((vectors) =>
        layer({ x: [vectors, features], outputs, density, activation: density < 1 ? 'relu' : 'none' }),
      ),
    ),
  ),
  conv('a convolution of one window', { x: [1, 3, 4, 5], o: 6, kernel: [3, 4], activation: 'swish' }),
  conv('weights beyond f16', { x: [1, 1, 1, 30], o: 6, kernel: [1, 1], half: false, activation: 'prelu' }),
];

export const linearPanels: readonly WasmCase[] = [
  ...[4, 5, 28, 31, 60].flatMap((vectors) => [
    layer({ x: [vectors, 5], outputs: 8 }),
    layer({ x: [vectors, 17], outputs: 7, density: 0.3, activation: 'relu6' }),
  ]),
  ...(['gelu', 'prelu'] as const).map((activation) => layer({ x: [2, 3, 4, 9], outputs: 6, activation })),
  layer({ x: [1, 9, 70], outputs: 12, density: 0.2, encoding: { format: 'block', params: { r: 4, c: 1 } } }),
  layer({ x: [30, 500], outputs: 12 }),
];
