/** Masks are found again by the formats that are made for them, stored bit for bit, and computed from what is stored. */
import { expect, test } from 'vitest';
import { wordsOf } from '../src/tensor/matrix.ts';
import { panel } from '../src/tensor/type.ts';
import { kernels } from '../targets/wasm/kernels/index.ts';
import { chosen, graphOf } from './cpu-kernels/kit.ts';
import { builtLayers, expectNear, prunedAs, prunedLayer } from './prune/layers.ts';
import { buildModule } from './wasm-module.ts';

const layers = prunedAs.map(prunedLayer);

const seen = prunedAs.map(([pattern, name, wanted], i) => ({ pattern, name, wanted, ...layers[i] }));

test.each(seen)('$pattern is seen as $name $wanted', ({ format, matrix, params = expect.unreachable() }) => {
  const { data } = format.unpack(format.pack(matrix, params), params);
  const words = wordsOf(matrix.data);
  expect(wordsOf(data).findIndex((word, at) => word !== words[at])).toBe(-1);
});

test('and the kernels compute all of them as WebAssembly', async () => {
  const built = builtLayers(panel(28));
  const { plan, run } = await buildModule(graphOf(built), kernels);
  expect(chosen(plan, built)).toEqual(layers.map(() => 'conv-window'));
  const results = run({ unused: new Float32Array(1) });
  for (const [i, { sample }] of layers.entries()) expectNear(results[`case_${i}`], sample);
});
