/**
 * `npm run bench:webgpu`: how much less time pruned layers take than our own dense kernel, on the adapter that is there, as data
 * under test/bench/results/ with its name. Every figure is that of the fastest of many runs, which alternate in one process. On a
 * software adapter time is that of this process alone, on all of its threads, so what other programs do counts little.
 */
import { randomInputs } from '../../src/graph/samples.ts';
import type { Encoding } from '../../src/tensor/type.ts';
import { dense as whole } from '../../src/tensor/type.ts';
import { kernels } from '../../targets/webgpu/kernels/index.ts';
import type { ConvSpec } from '../wasm-graphs.ts';
import { gpu } from '../webgpu-device.ts';
import type { WebgpuCase } from '../webgpu-layers.ts';
import { convOf, grouped, inGroups, shared } from '../webgpu-layers.ts';
import type { TestShaders } from '../webgpu-module.ts';
import { buildShaders } from '../webgpu-module.ts';
import { keep } from './keep.ts';

const rounds = Number(process.env.ROUNDS ?? 15);

const three = (size: number, channels: number): ConvSpec => ({
  x: [1, size, size, channels],
  o: channels,
  kernel: [3, 3],
  pad: [1, 1, 1, 1],
  activation: 'relu',
});

const one = (size: number, channels: number): ConvSpec => ({
  ...three(size, channels),
  kernel: [1, 1],
  pad: [0, 0, 0, 0],
});

const csr: Encoding = { format: 'csr', params: { index: 16 } };
const block = (r: number, c: number): Encoding => ({ format: 'block', params: { r, c } });
const nm = (n: number, m: number): Encoding => ({ format: 'nm', params: { n, m, rank: 0 } });

/** How weights are kept, and which share of them. */
const masks: readonly { readonly name: string; of(title: string, spec: ConvSpec): WebgpuCase }[] = [
  { name: 'dense', of: (t, spec) => convOf(t, spec, whole, (m) => grouped(m, { r: 1, c: 1 }, 1, 5)) },
  { name: 'anywhere, 10 %', of: (t, spec) => convOf(t, spec, csr, (m) => grouped(m, { r: 1, c: 1 }, 0.1, 5)) },
  {
    name: 'blocks of 4x1, 10 %',
    of: (t, spec) => convOf(t, spec, block(4, 1), (m) => grouped(m, { r: 4, c: 1 }, 0.1, 5)),
  },
  { name: '1 of 4', of: (t, spec) => convOf(t, spec, nm(1, 4), (m) => inGroups(m, 1, 4, 5)) },
  { name: '2 of 8 in fours of rows', of: (t, spec) => convOf(t, spec, nm(2, 8), (m) => shared(m, 2, 8, 5)) },
];

async function time(shaders: TestShaders, software: boolean): Promise<number> {
  const since = process.cpuUsage();
  const clock = await shaders.time(1);
  const { user, system } = process.cpuUsage(since);
  return software ? (user + system) / 1000 : clock;
}

const rounded = (x: number): number => Math.round(100 * x) / 100;

async function report(title: string, spec: ConvSpec, software: boolean) {
  const built: { readonly name: string; readonly kernel: string; readonly shaders: TestShaders; best: number }[] = [];
  for (const { name, of } of masks) {
    const { graph } = of(title, spec);
    const shaders = await buildShaders(graph, kernels);
    await shaders.run(randomInputs(graph, 7));
    const kernel = shaders.module.calls.at(-1)?.entry ?? 0;
    built.push({ name, kernel: shaders.module.entries[kernel].name, shaders, best: Infinity });
  }
  for (let round = 0; round < rounds; round++)
    for (const one of built) one.best = Math.min(one.best, await time(one.shaders, software));
  const layers = built.map(({ name, kernel, best }) => ({
    name,
    kernel,
    ms: rounded(best),
    faster: rounded(built[0].best / best),
  }));
  for (const { name, ms, faster } of layers)
    console.log(title.padEnd(20), name.padEnd(26), `${ms} ms`.padEnd(12), `${faster}x`);
  return { title, layers };
}

const adapter = await (await gpu()).requestAdapter();
if (!adapter) throw new Error('there is no adapter');
const { vendor, architecture, device, description } = adapter.info;
const software = architecture === 'swiftshader';
const geometries: readonly (readonly [string, ConvSpec])[] = [
  ['3x3 of 56x56x64', three(56, 64)],
  ['3x3 of 28x28x128', three(28, 128)],
  ['3x3 of 14x14x256', three(14, 256)],
  ['1x1 of 28x28x256', one(28, 256)],
];
const results: Awaited<ReturnType<typeof report>>[] = [];
for (const [title, spec] of geometries) results.push(await report(title, spec, software));
keep([{ adapter: { vendor, architecture, device, description }, software, results }], 'webgpu-kernels');
// Dawn's threads would keep the process.
process.exit(0);
