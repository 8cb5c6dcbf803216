/** Networks that a CPU and an accelerator share, from the command line to the bits that the host's program writes. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { portable } from '../../passes/index.ts';
import { quantizeLayers } from '../../passes/quantize-layers.ts';
import { bug } from '../../src/diagnostic.ts';
import { evaluate } from '../../src/graph/evaluate.ts';
import { print } from '../../src/graph/print.ts';
import { randomInputs } from '../../src/graph/samples.ts';
import { packSidecar, sidecarPath } from '../../src/graph/sidecar.ts';
import { figuresOf } from '../../src/graph/split.ts';
import { loadModel } from '../../src/make/load.ts';
import { manifestSchema } from '../../src/make/manifest.ts';
import { runPasses } from '../../src/pass.ts';
import { parseQuantize } from '../../src/quantize/options.ts';
import { bytesOf } from '../../src/tensor/numbers.ts';
import { split } from '../../targets/fpga/split/split.ts';
import { espalier } from '../cli-kit.ts';
import { attentive, inTurn } from '../fpga-split-graphs.ts';
import { modelPath, randomInputs as pictures } from '../models.ts';

const filesIn = (folder: string): readonly string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => statSync(join(folder, path)).isFile())
    .sort();

test('an attention block between convolutions: built, simulated, and equal to the last bit', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'espalier-split-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const graph = attentive();
  const { text, sidecar } = print(graph);
  const model = join(folder, 'attentive.graph');
  writeFileSync(model, text);
  writeFileSync(sidecarPath(model), packSidecar(sidecar));
  const out = join(folder, 'out');
  const command = ['build', model, '-t', 'fpga', '--part', 'xc7z020clg400-1', '--split', '--json'];
  const built = await espalier([...command, '-o', out]);
  expect(built.err).toBe('');
  expect(built.code).toBe(0);
  const told = JSON.parse(built.out);
  expect(told.split).toMatchObject({ macs: 128_512, acceleratedMacs: 110_592, bytesIn: 1024, bytesOut: 512 });
  expect(told.split.operators).toHaveLength(18);

  // The manifest lists what is there, and no more.
  const { files } = manifestSchema.parse(JSON.parse(readFileSync(join(out, 'espalier.json'), 'utf8')));
  expect([...files.map(({ path }) => path), 'espalier.json'].sort()).toEqual(filesIn(out));

  // Again, the same bytes; what is built over an older output takes its place.
  const again = join(folder, 'again');
  await espalier([...command, '-o', again]);
  await espalier([...command, '-o', again]);
  for (const path of filesIn(out))
    expect(readFileSync(join(again, path)).equals(readFileSync(join(out, path))), path).toBe(true);

  const place = join(folder, 'desk');
  mkdirSync(place);
  const run = (program: string, ...args: readonly string[]) => {
    const { status, stdout, stderr } = spawnSync(program, args, { cwd: place, encoding: 'utf8' });
    return { status, said: `${stdout}${stderr}` };
  };
  expect(run('sh', join(out, 'host', 'csim.sh'))).toEqual({ status: 0, said: '' });
  const recorded = join(out, 'host', 'recorded.bin');
  const right = run('./attentive_host_check', recorded);
  expect(right.status).toBe(0);
  expect(right.said.match(/: equal/g)).toHaveLength(6);
  expect(right.said).toMatch(/ok\n$/);
  const bytes = readFileSync(recorded);
  // The last number of what the accelerator gives lies before the outputs.
  bytes[4 * 192 + 1024 + 511] ^= 1;
  writeFileSync(join(place, 'wrong.bin'), bytes);
  const wrong = run('./attentive_host_check', 'wrong.bin');
  expect(wrong).toMatchObject({ status: 1, said: expect.stringMatching(/accelerator, out_\w+: different\n/) });

  for (const seed of [5, 6]) {
    const inputs = randomInputs(graph, seed);
    writeFileSync(join(place, 'picture.bin'), bytesOf(inputs.picture));
    const outputs = Object.entries(evaluate(graph, inputs));
    const paths = outputs.map(([name]) => `${name}.out`);
    expect(run('./attentive_host', 'picture.bin', ...paths)).toEqual({ status: 0, said: '' });
    for (const [name, data] of outputs)
      expect(readFileSync(join(place, `${name}.out`)).equals(bytesOf(data)), name).toBe(true);
  }
}, 600_000);

test('a network that ends with a transposed convolution, from TensorFlow.js: the parts are the whole', () => {
  const report = (d: { readonly message: string }): never => bug(d.message);
  const loaded = loadModel(modelPath('meet'), {}, report) ?? bug('not loaded');
  const options = parseQuantize('weights=int8,activations=int8,ranges=minmax');
  if ('length' in options) return bug(options[0]);
  const inputs = Object.fromEntries(
    Object.entries(pictures('meet')).map(([name, { data }]) => [name, Float32Array.from(data)]),
  );
  const final = runPasses(loaded.graph, portable, report);
  const graph = quantizeLayers(options, [inputs], () => {}).run(final, report);
  const made = split(graph, report) ?? bug('not cut');
  const { macs, acceleratedMacs } = figuresOf(made);
  console.log(`meet: ${((100 * acceleratedMacs) / macs).toFixed(1)} % of the multiply-adds on the accelerator`);
  expect(acceleratedMacs / macs).toBeGreaterThan(0.9);
  expect(made.operators.filter(({ op }) => op === 'conv-transpose2d').map(({ part }) => part)).toEqual(['after']);
  expect(inTurn(made, inputs)).toEqual(evaluate(graph, inputs));
}, 300_000);
