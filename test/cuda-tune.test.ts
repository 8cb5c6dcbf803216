/** Rates of GPUs by CUDA: measured by the program that a build's own sources make, here on a processor. Times are not judged. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { tunedOptionsOf } from '../src/cli/tuned.ts';
import type { Diagnostic } from '../src/diagnostic.ts';
import { cudaFile, readCudaTuning, readGpuTuning, writeTuning } from '../src/make/tuning.ts';
import { measureOnCuda } from '../src/tune/cuda.ts';
import { countedBy, probesOf } from '../src/tune/cuda-probes.ts';
import type { Grid } from '../src/tune/grid.ts';
import { probesFor } from '../src/tune/probes.ts';
import { tuneFrom } from '../src/tune/tune.ts';
import { h100 as device } from '../targets/cuda/devices.ts';
import { estimatedRates } from '../targets/cuda/rates/estimated.ts';
import { estimatedFor } from '../targets/cuda/rates/rates.ts';
import { espalier } from './cli-kit.ts';
import { installed } from './cpu-build.ts';
import { useShimNvcc, withEnvironment } from './cuda-nvcc.ts';

const h100 = estimatedRates(device);
const countsOf = countedBy('sm_80,sm_90', estimatedFor(device), 'f16');

let root: string;
let restore: () => void;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'espalier-cuda-tune-'));
  restore = useShimNvcc(root);
});
afterAll(() => {
  restore();
  rmSync(root, { recursive: true });
});

const tiny: Grid = {
  shapes: [
    { kind: 'conv', size: 5, channels: 8, filters: 8, kernel: 3, stride: 1 },
    { kind: 'depthwise', size: 5, channels: 8, filters: 8, kernel: 3, stride: 1 },
    { kind: 'dense', inputs: 32, outputs: 16, batch: 1 },
    { kind: 'dense', inputs: 64, outputs: 32, batch: 32 },
  ],
  patterns: [{ r: 1, c: 1 }],
  densities: [0.3],
  groups: [{ n: 2, m: 4 }],
  halves: true,
};

const options = {
  ...{ seconds: 0, doing: () => {}, signal: new AbortController().signal },
  journal: { hold: () => {}, release: () => {}, keep: () => {} },
};

describe.skipIf(!installed('g++'))('layers', () => {
  test('are timed one by one, and rates follow that are kept by the name of the device', async () => {
    const { graph, probes } = probesFor(tiny, countsOf);
    const measured = await measureOnCuda(graph, { ...options, arithmetic: 'f16' }, (d) =>
      expect.unreachable(d.message),
    );
    if (!measured) return expect.unreachable();
    expect([...measured.times.keys()].sort()).toEqual(probes.map(({ name }) => name).sort());
    for (const ns of measured.times.values()) expect(ns).toBeGreaterThan(0);
    expect(new Set(probes.map(({ family }) => family))).toContain('sparse tensor cores');
    const { name, arch, toolkit } = measured.device;
    const where = { machine: `${name} (${arch})`, compiler: `CUDA ${toolkit}`, device: 'H100' };
    const { rates, fits } = tuneFrom(probes, measured.times, h100, where);
    expect(fits.map(({ family }) => family).sort()).toEqual(Object.keys(h100.families).sort());
    const cores = rates.families['tensor cores'];
    // What no layer was bound by is not free.
    for (const thing of ['call', 'memory', 'tensor cores', 'shared memory', 'cache', 'waiting'] as const)
      if (!probes.some(({ family, counts }) => family === 'tensor cores' && thing in counts))
        expect(cores[thing]).toBeGreaterThan(0);

    const cache = join(root, 'espalier');
    const file = cudaFile(where.machine, cache);
    expect(file).toMatch(/tuning-cuda-cuda-shim-sm-90-[0-9a-f]{12}\.json$/);
    const faults: Diagnostic[] = [];
    const report = (d: Diagnostic): void => void faults.push(d);
    const tuning = { version: 1, target: 'cuda', ...where, families: rates.families } as const;
    expect(writeTuning(file, tuning, report)).toBe(true);
    expect(readCudaTuning(file, report)).toMatchObject({ families: rates.families });
    expect(faults).toEqual([]);
    expect(readGpuTuning(file, report)).toBeUndefined();
    expect(faults[0].message).toBe('it has the rates of another target');

    // Builds on the machine of that GPU take them, where they are for it.
    const taken = async (options: { arch?: string; gpu?: string; tuning?: string }) => {
      const gpu = options.gpu ?? `${name}, ${arch.slice(3, -1)}.${arch.slice(-1)}`;
      writeFileSync(join(root, 'programs', 'nvidia-smi'), `#!/bin/sh\necho "${gpu}"\n`, { mode: 0o755 });
      const choices = { target: 'cuda', ...(options.arch !== undefined && { arch: options.arch }) };
      const ask = () => tunedOptionsOf(choices, options.tuning, { report: (d) => expect.unreachable(d.message) });
      return (await withEnvironment({ XDG_CACHE_HOME: root }, ask))?.tuning;
    };
    expect(await taken({})).toBe(`of ${file}`);
    expect(await taken({ arch: 'sm_90a' })).toBe(`of ${file}`);
    expect(await taken({ tuning: 'none' })).toBe('that are estimated for a GPU like the H100');
    expect(await taken({ arch: 'sm_80' })).toBe('that are estimated for a GPU like the A100');
    expect(await taken({ gpu: 'NVIDIA L4, 8.9', arch: 'sm_89' })).toBe(
      'that are estimated for a GPU like the GeForce RTX 4090',
    );
    expect(await taken({ gpu: 'no devices were found' })).toBe('that are estimated for a GPU like the H100');
  });

  test('of which none is timed where there is no GPU', async () => {
    const faults: Diagnostic[] = [];
    const { graph } = probesFor({ ...tiny, shapes: tiny.shapes.slice(2, 3), groups: [] }, countsOf);
    const timed = withEnvironment({ CUDA_SHIM_DEVICES: '0' }, () =>
      measureOnCuda(graph, options, (d) => void faults.push(d)),
    );
    expect(await timed).toBeUndefined();
    expect(faults).toMatchObject([{ code: 'tune/failed', hint: expect.stringContaining('CUDA_VISIBLE_DEVICES') }]);
  });
});

test('every family of kernels is in a grid of seconds', () => {
  const all = probesOf('sm_80,sm_90', estimatedFor(device), true);
  const found = new Set(all.flatMap(([, { probes }]) => probes.map(({ family }) => family)));
  const others = [
    'loops',
    'tensor cores by warpgroups',
    'sparse tensor cores by warpgroups',
    'tensor cores, tiles copied in bulk',
  ];
  expect([...found].sort()).toEqual(
    Object.keys(h100.families)
      .filter((family) => !others.includes(family))
      .sort(),
  );
});

test('builds take what was measured, and explanations say so', async () => {
  const file = join(root, 'rates.json');
  const slow = { ...h100.families, 'sparse windows': { call: 1e9 }, 'sparse vectors': { call: 1e9 } };
  const where = { machine: 'GPU', compiler: 'CUDA 13.0', device: 'H100' };
  expect(writeTuning(file, { version: 1, target: 'cuda', ...where, families: slow }, () => {})).toBe(true);
  const explained = async (more: readonly string[]) => {
    const { code, out } = await espalier(['explain', 'examples/digits/digits-pruned', '-t', 'cuda', '--json', ...more]);
    expect(code).toBe(0);
    return JSON.parse(out) as { tuning: string; layers: readonly { chosen: { format: string; routine: string } }[] };
  };
  const tuned = await explained(['--tuning', file]);
  expect(tuned.tuning).toContain('rates.json');
  for (const { chosen } of tuned.layers) expect(chosen.routine).not.toMatch(/^sparse/);
  expect((await explained([])).tuning).toContain('H100');
});

test('what does not go together is said', async () => {
  const cases = [
    [['-t', 'cuda', '--cpu', 'native'], 'the target "cuda" has no cpu'],
    [['-t', 'webgpu', '--arch', 'sm_90'], 'the target "webgpu" has no --arch'],
    [['-t', 'cuda', '--browser'], '--browser is for WebGPU'],
    [['-t', 'cuda', '--arch', 'sm_1'], 'there is no architecture "sm_1"'],
  ] as const;
  for (const [words, message] of cases) {
    const { code, err } = await espalier(['tune', ...words]);
    expect([code, err]).toEqual([1, expect.stringContaining(message)]);
  }
});
