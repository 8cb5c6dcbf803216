/** Prices of GPUs: what is counted is what kernels do, what is chosen by it, and how rates are measured. Times are not judged. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { reorderLayout } from '../passes/reorder-layout.ts';
import type { Diagnostic } from '../src/diagnostic.ts';
import { samplingOffers } from '../src/explain/patterns.ts';
import { formatNamed } from '../src/formats/index.ts';
import { nodesById } from '../src/graph/graph.ts';
import type { LayerSpec } from '../src/graph/one-layer.ts';
import { callOf, convSpec, linearSpec } from '../src/graph/one-layer.ts';
import { print } from '../src/graph/print.ts';
import { packSidecar } from '../src/graph/sidecar.ts';
import { weightsOfCall } from '../src/graph/weights.ts';
import { gpuFile, gpuTuningSchema, printTuning, readGpuTuning, readTuning, writeTuning } from '../src/make/tuning.ts';
import { runPasses } from '../src/pass.ts';
import { lower } from '../src/plan/lower.ts';
import type { Offer } from '../src/plan/offers.ts';
import { workOf } from '../src/plan/offers.ts';
import type { Plan, Step } from '../src/plan/plan.ts';
import { tensor } from '../src/tensor/type.ts';
import type { Grid } from '../src/tune/grid.ts';
import { quickGpuGrid, wholeGpuGrid } from '../src/tune/grid.ts';
import { probesFor } from '../src/tune/probes.ts';
import { shadersOf } from '../src/tune/shaders.ts';
import { tuneFrom } from '../src/tune/tune.ts';
import { openTimer } from '../src/tune/web/time-shaders.ts';
import { countsOf, families } from '../targets/webgpu/counts.ts';
import { laptop } from '../targets/webgpu/rates/laptop.ts';
import { webgpu } from '../targets/webgpu/target.ts';
import { espalier } from './cli-kit.ts';
import { layerGraph } from './explain-graphs.ts';
import { vectorCases } from './webgpu-cases-vectors.ts';
import { windowCases } from './webgpu-cases-windows.ts';
import { noGpu, gpu as openGpu } from './webgpu-device.ts';

const root = mkdtempSync(join(tmpdir(), 'espalier-gpu-tune-'));
afterAll(() => rmSync(root, { recursive: true }));

const tiny: Grid = {
  shapes: [
    { kind: 'conv', size: 7, channels: 40, filters: 24, kernel: 3, stride: 2 },
    { kind: 'conv', size: 20, channels: 3, filters: 5, kernel: 1, stride: 1 },
    { kind: 'depthwise', size: 9, channels: 70, filters: 70, kernel: 3, stride: 1 },
    { kind: 'dense', inputs: 100, outputs: 36, batch: 1 },
    { kind: 'dense', inputs: 16, outputs: 12, batch: 11 },
  ],
  patterns: [
    { r: 1, c: 1 },
    { r: 2, c: 1 },
    { r: 4, c: 1 },
  ],
  densities: [0.2],
  groups: [
    { n: 1, m: 4 },
    { n: 2, m: 4 },
  ],
  halves: true,
};

describe('counts', () => {
  const { graph, probes } = probesFor(tiny, countsOf);
  let plan: Plan;
  let steps: ReadonlyMap<string, Step>;
  beforeAll(() => {
    const target = webgpu.target({});
    plan = lower(
      runPasses(graph, [reorderLayout(target)], () => {}),
      target.kernels,
    );
    steps = new Map(plan.steps.map((step) => [step.call.id, step]));
  });

  const callsOf = (name: string) => {
    const work = steps.get(name)?.work;
    return work?.kind === 'routines' ? work.calls : [];
  };

  test.each(probes.map((probe) => [`${probe.shape} ${probe.family} ${probe.density}`, probe] as const))(
    '%s: of the kernel that computes it',
    (_, { name, family, counts }) => {
      const calls = callsOf(name);
      expect(calls.at(-1)?.routine.name.startsWith(family.replace(' ', '-'))).toBe(true);
      expect(counts.call).toBe(calls.length);
      // What the layer reads but its bias, which all formats have.
      const own = new Set(steps.get(name)?.reads);
      const bias = graph.nodes.find(({ id }) => id === `${name}_b`);
      const bytes = plan.constants.reduce((sum, { array, data }) => sum + (own.has(array) ? data.byteLength : 0), 0);
      const rest = bias?.kind === 'constant' ? bias.data.byteLength : NaN;
      // Numbers are stored in pairs, and a factor where there is none.
      expect(Math.abs(bytes - rest - counts.weights)).toBeLessThanOrEqual(8);
    },
  );

  test('every family that layers have is measured', () => {
    for (const grid of [quickGpuGrid, wholeGpuGrid]) {
      const { shapes } = grid;
      expect(new Set(shapes.map((shape) => JSON.stringify(shape))).size).toBe(shapes.length);
    }
    const found = new Set(probesFor(quickGpuGrid, countsOf).probes.map(({ family }) => family));
    expect(families.filter((family) => !found.has(family))).toEqual(['loops']);
  });

  test('there are rates for all that is counted', () => {
    expect(Object.keys(laptop.families)).toEqual(families);
    expect(Object.values(laptop.families).every((rates) => Object.values(rates).every((ns) => ns > 0))).toBe(true);
  });
});

describe('counts of convolutions in groups, of transposed ones and of few pixels', () => {
  const cases = [windowCases, vectorCases].flatMap((all) =>
    Object.entries(all).flatMap(([kernel, own]) =>
      own.map(({ title, graph }) => [kernel, title, graph, all === vectorCases] as const),
    ),
  );

  test.each(cases)('%s: %s', (_, _title, graph, isVector) => {
    const { steps } = lower(graph, webgpu.target({}).kernels);
    const byId = nodesById(graph);
    const { call, work } = steps.find((step) => weightsOfCall(step.call, byId)) ?? expect.unreachable();
    const weights = weightsOfCall(call, byId) ?? expect.unreachable();
    const { encoding } = weights.constant.type;
    const cost = formatNamed(encoding.format)?.cost(weights.matrix, encoding.params) ?? expect.unreachable();
    const { family, counts } = countsOf(workOf(call, { encoding, cost }, byId));
    const calls = work.kind === 'routines' ? work.calls : [];
    expect(counts.call).toBe(calls.length);
    // What four rows share is seen in the weights, and not in their format.
    const name = calls.at(-1)?.routine.name.replace(/^vnm(-vectors)?/, family.replace(' ', '-'));
    expect(name?.startsWith(family.replace(' ', '-'))).toBe(true);
    expect(calls.at(-1)?.routine.name.includes('-vectors')).toBe(isVector || family === 'dense vectors');
    expect(Object.values(counts).every((count) => count >= 0 && count < Infinity)).toBe(true);
  });
});

describe('the choice without tuning', () => {
  const { price } = webgpu.target({});
  const offersAt = samplingOffers();

  function cheapest(spec: LayerSpec, r: number, density: number): string {
    const x = { kind: 'input', id: 'x', name: 'x', type: tensor('f32', spec.input) } as const;
    const constant = (id: string, shape: readonly number[]) =>
      ({ kind: 'constant', id, type: tensor('f32', shape), data: new Float32Array(0) }) as const;
    const operands = { x, weights: constant('w', spec.weights), bias: constant('b', [spec.size.rows]) };
    const call = callOf('y', spec.op, operands);
    const byId = new Map(Object.values(operands).map((node) => [node.id as string, node]));
    const offers = offersAt(spec.size, { r, c: 1 }, density) ?? [];
    const costs = offers.map((offer: Offer) => ({ offer, cost: price(workOf(call, offer, byId)) }));
    return countsOf(workOf(call, costs.reduce((a, b) => (b.cost < a.cost ? b : a)).offer, byId)).family;
  }

  const layers: readonly (readonly [string, LayerSpec])[] = [
    ['3x3', convSpec({ size: 28, channels: 128, filters: 128, kernel: 3 })],
    ['1x1', convSpec({ size: 14, channels: 96, filters: 576, kernel: 1 })],
    ['1x1 on few pixels', convSpec({ size: 7, channels: 960, filters: 160, kernel: 1 })],
    ['one vector', linearSpec(1280, 1000)],
  ];

  test.each(layers)('%s: sparse where most is pruned, and dense where little is', (name, spec) => {
    const isVector = name === 'one vector';
    expect(cheapest(spec, 1, 0.1)).toBe(isVector ? 'sparse vectors' : 'sparse rows');
    expect(cheapest(spec, 4, 0.1)).toBe(isVector ? 'sparse vectors' : 'sparse bands');
    expect(cheapest(spec, 1, 1)).toMatch(/^dense/);
  });

  test('depthwise filters are stored as all of their taps', () => {
    expect(cheapest(convSpec({ size: 28, channels: 96, filters: 96, kernel: 3, depthwise: true }), 1, 0.2)).toBe(
      'depthwise',
    );
  });
});

describe.skipIf(noGpu)(`measuring ${noGpu ?? ''}`, () => {
  test('every layer of a grid, on this device', async () => {
    const { graph, probes } = probesFor({ ...tiny, shapes: tiny.shapes.slice(2, 4) }, countsOf);
    const { job, weights } = shadersOf(graph);
    expect(job.parts.map(({ name }) => name)).toEqual(probes.map(({ name }) => name));
    const timer = await openTimer(await openGpu(), job, weights);
    await timer.round();
    const times = timer.times();
    timer.close();
    for (const { name } of probes) expect(times[name], name).toBeGreaterThan(0);
    const where = { machine: timer.adapter, compiler: 'Dawn' };
    const { rates, fits } = tuneFrom(probes, new Map(Object.entries(times)), laptop, where);
    expect(gpuTuningSchema.safeParse({ version: 1, target: 'webgpu', ...rates }).error).toBeUndefined();
    expect(fits.find(({ family }) => family === 'depthwise')?.layers).toBe(1);
    expect(fits.find(({ family }) => family === 'dense tiles')?.layers).toBe(0);
  });

  test('where it cannot be is said', async () => {
    const { job, weights } = shadersOf(probesFor({ ...tiny, shapes: tiny.shapes.slice(3, 4) }, countsOf).graph);
    await expect(openTimer(undefined, job, weights)).rejects.toThrow('there is no WebGPU here');
    const small = { requestAdapter: async () => ({ limits: { maxBufferSize: 256 } }) } as unknown as GPU;
    await expect(openTimer(small, job, weights)).rejects.toThrow(
      /^layers to measure need maxBufferSize of \d+, and the adapter allows 256$/,
    );
  });
});

describe('a file of rates', () => {
  const rates = { version: 1, target: 'webgpu', ...laptop } as const;
  const told: Diagnostic[] = [];
  const report = (d: Diagnostic) => void told.push(d);

  test('is read as it was written, by the target that it is for', () => {
    const file = gpuFile({ machine: 'Radeon \u001b[31m/../x', compiler: 'Dawn' }, root);
    expect(file.slice(root.length)).toMatch(/^.tuning-webgpu-radeon-31m-x-[0-9a-f]{12}\.json$/);
    expect(writeTuning(file, rates, report)).toBe(true);
    expect(readGpuTuning(file, report)).toEqual(rates);
    expect(told).toEqual([]);
    expect(readTuning(file, report)).toBeUndefined();
    expect(told.map(({ message }) => message)).toEqual(['it has the rates of another target']);
  });

  test('decides what a build and an explanation choose', async () => {
    const path = join(root, 'net.graph');
    const { text, sidecar } = print(layerGraph({ weights: [64, 3, 3, 32], density: 0.1, r: 4, c: 1 }));
    writeFileSync(path, text);
    writeFileSync(`${path}.npz`, packSidecar(sidecar));
    const chosen = async (...flags: readonly string[]) => {
      const { out } = await espalier(['explain', path, '-t', 'webgpu', '--json', ...flags]);
      const { tuning, layers } = JSON.parse(out) as { tuning: string; layers: { chosen: { format: string } }[] };
      return [tuning, layers[0].chosen.format === 'dense'];
    };
    const file = join(root, 'dense.json');
    writeFileSync(file, printTuning({ ...rates, families: denseIsFree }));
    expect(await chosen()).toEqual(['that are estimated for the GPU of a laptop', false]);
    expect(await chosen('--tuning', 'none')).toEqual(['that are estimated for the GPU of a laptop', false]);
    expect(await chosen('--tuning', file)).toEqual([`of ${file}`, true]);
  });
});

/** And whatever else takes so long that bytes do not matter. */
const denseIsFree = Object.fromEntries(
  Object.entries(laptop.families).map(([name, counts]) => [
    name,
    Object.fromEntries(Object.entries(counts).map(([thing, ns]) => [thing, name.startsWith('dense') ? 0 : 1000 * ns])),
  ]),
) as typeof laptop.families;

describe('options of tune', () => {
  test.each([
    ['a page for the cpu', ['--page'], 'tune/options'],
    ['a browser for the cpu', ['--browser'], 'tune/options'],
    ['a cpu for GPUs', ['-t', 'webgpu', '--cpu', 'native'], 'tune/options'],
    ['a browser and a page', ['-t', 'webgpu', '--page', '--browser'], 'tune/options'],
    ['a browser that is none', ['-t', 'webgpu', '--browser', '/nowhere'], 'bench/no-browser'],
  ])('%s', async (_, flags, code) => {
    const ran = await espalier(['tune', ...flags, '--json']);
    expect([ran.code, JSON.parse(ran.out)]).toMatchObject([1, { errors: [{ code }] }]);
  });
});
