/** Inputs for running a graph when nobody gave any. */
import { uniformFloat32 } from 'pure-rand/distribution/uniformFloat32';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import type { Numbers } from '../tensor/numbers.ts';
import { zeros } from '../tensor/numbers.ts';
import type { TensorType } from '../tensor/type.ts';
import { elements } from '../tensor/type.ts';
import type { Named } from './evaluate.ts';
import type { Graph } from './graph.ts';

/** Numbers of a type that depend on the seed alone: uniform in [−1, 1) for f32, whole in 0..9 for integers. */
export function randomNumbers({ dtype, shape }: Pick<TensorType, 'dtype' | 'shape'>, seed: number): Numbers {
  const generator = xoroshiro128plus(seed);
  const data = zeros(dtype, elements(shape));
  for (let i = 0; i < data.length; i++)
    data[i] = dtype === 'f32' ? 2 * uniformFloat32(generator) - 1 : uniformInt(generator, 0, 9);
  return data;
}

/** One value for each input, by name. */
export function randomInputs({ nodes }: Graph, seed: number): Named {
  const inputs = nodes.filter((n) => n.kind === 'input');
  return Object.fromEntries(inputs.map((n, i) => [n.name, randomNumbers(n.type, seed + i)]));
}
