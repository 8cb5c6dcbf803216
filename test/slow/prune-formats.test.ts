/** Layers pruned to each pattern, in loops and as C: computed from the format that is made for it. */
import { expect, test } from 'vitest';
import { panel } from '../../src/tensor/type.ts';
import { kernels } from '../../targets/cpu/kernels/index.ts';
import { chosen, programOf, runProgram } from '../cpu-kernels/kit.ts';
import { runLoops } from '../ops/law.ts';
import { builtLayers, expectNear } from '../prune/layers.ts';

const layers = builtLayers(panel(64));
const program = programOf(layers, kernels);

test.each([1, 4])('the loops, in panels of %i', (lanes) => {
  for (const { encoding, ...sample } of builtLayers(panel(lanes)))
    expectNear(runLoops(sample, sample.layouts, encoding), sample);
});

test('each is taken by the kernel of convolutions', () => {
  expect(chosen(program.plan, layers)).toEqual(layers.map(() => 'conv2d'));
});

test.each([['-march=native'], ['-march=x86-64-v3'], ['-march=x86-64']])('with %s', (march) => {
  const results = runProgram(program, { compiler: 'gcc', flags: ['-O1', march], routinesAlone: true });
  for (const [i, layer] of layers.entries()) expectNear(results[i], layer);
});
