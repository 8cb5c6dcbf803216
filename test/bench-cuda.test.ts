/** `espalier bench` for CUDA from one end to the other, on this machine's processor. No time is looked at. */
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bandwidthOf, peakOf } from '../src/bench/cuda-device.ts';
import { benchSchema } from '../src/bench/report.ts';
import { runCompiler } from '../src/toolchain/compiler.ts';
import { parseClocks } from '../src/toolchain/cuda.ts';
import { toolkitFolders } from '../src/toolchain/toolkit.ts';
import { espalier } from './cli-kit.ts';
import { installed } from './cpu-build.ts';
import { useShimNvcc, withEnvironment } from './cuda-nvcc.ts';
import { bytesOfModel, floats, modelOf, node, port } from './onnx/kit.ts';

let root: string;
let onnx: string;
let restore: () => void;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'espalier-bench-cuda-'));
  restore = useShimNvcc(root);
  onnx = join(root, 'small.onnx');
  const weights = Array.from({ length: 8 * 4 * 9 }, (_, i) => (i % 5 === 0 ? (i % 7) - 3 : 0));
  const small = modelOf({
    inputs: [port('x', [1, 4, 5, 5])],
    outputs: ['y'],
    initializers: [floats('w', [8, 4, 3, 3], weights), floats('b', [8], new Float32Array(8))],
    nodes: [
      node('Conv', ['x', 'w', 'b'], ['c'], { pads: [1, 1, 1, 1] }),
      node('Relu', ['c'], ['r']),
      node('GlobalAveragePool', ['r'], ['y']),
    ],
  });
  writeFileSync(onnx, bytesOfModel(small));
});
afterAll(() => {
  restore();
  rmSync(root, { recursive: true });
});

/** One that finds no packages. */
function barePython(): string {
  const file = join(root, 'python');
  writeFileSync(file, '#!/bin/sh\nexec python3 -I -S "$@"\n');
  chmodSync(file, 0o755);
  return file;
}

describe.skipIf(!installed('g++'))('a model', () => {
  test('is timed whole and step by step, and what ran is told', async () => {
    const folder = join(root, 'out');
    const argv = ['bench', onnx, '-t', 'cuda', '--layers', '--runs', '2', '--json', '-o', folder];
    // A Python that has no PyTorch, whatever is installed.
    const { code, out, held } = await withEnvironment({ PYTHON: barePython() }, () =>
      espalier([...argv, '--against', 'torch-f16']),
    );
    expect({ code, ...(code !== 0 && { out }) }).toEqual({ code: 0 });
    expect([...held]).toEqual([]);
    const report = benchSchema.parse(JSON.parse(out));
    expect(report).toMatchObject({
      command: expect.stringContaining('bench'),
      device: { name: 'cuda shim', arch: 'sm_90', toolkit: '13.0', multiprocessors: 132, cacheBytes: 50 << 20 },
      ours: { target: 'cuda', cpu: null, runs: 2 },
      absent: [{ name: 'torch-f16', reason: expect.stringMatching(/^there is no (PyTorch for this )?Python/) }],
      layerPeers: [],
      machine: { compiler: expect.stringContaining('release 13.0') },
    });
    expect(report.ours.maxError).toBeLessThan(1e-4);
    expect(report.ours.peakGflops).toBeCloseTo(2 * 128 * 132 * 1.785, 0);
    expect(report.layers.find(({ op }) => op === 'conv2d')).toMatchObject({ shape: [1, 5, 5, 8], macs: 25 * 288 });
    for (const layer of report.layers) expect(layer.hotMinMs).toBeGreaterThan(0);
    expect(benchSchema.parse(JSON.parse(readFileSync(join(folder, 'bench.json'), 'utf8')))).toEqual(report);
    expect(readFileSync(join(folder, 'bench.html'), 'utf8')).toContain('cuda shim (sm_90)');
  });
});

test('without nvcc it is said where to get it', async () => {
  const task = { kind: 'run-compiler', compilers: ['nvcc'], args: [], output: 'small.o', doc: 'code' } as const;
  const made = await runCompiler(task, { folder: root, path: root, toolkits: [] });
  expect(made).toMatchObject({ ok: false, diagnostic: { code: 'toolchain/no-compiler' } });
  if (!made.ok) expect(made.diagnostic.hint).toMatch(/^install the CUDA toolkit.*CUDA_HOME/s);
  const found = await runCompiler(task, { folder: root, path: root, toolkits: [join(root, 'programs')] });
  // It is there, and has nothing to compile.
  expect(found).toMatchObject({ ok: false, diagnostic: { code: 'toolchain/compiler-failed' } });
});

test('toolkits are looked for where people name them, then where they put themselves', () => {
  expect(toolkitFolders({ CUDA_HOME: '/a', CUDA_PATH: '/b' }).slice(0, 2)).toEqual(['/a/bin', '/b/bin']);
  expect(toolkitFolders({})).not.toContain('bin');
});

test('what nvidia-smi says is read, or nothing is', () => {
  expect(parseClocks('580.65.06, 1755, 1980, 2619, 700.00\n')).toEqual({
    driver: '580.65.06',
    ...{ clockMhz: 1755, mostClockMhz: 1980, memoryClockMhz: 2619, powerLimit: 700 },
  });
  expect(parseClocks('580.65.06, [N/A], 1980, 2619, 700.00')).toBeUndefined();
  expect(parseClocks('')).toBeUndefined();
});

test('what a GPU can do follows from its description', () => {
  const h100 = {
    ...{ name: 'H100', arch: 'sm_90', driver: '13.0', toolkit: '13.0', multiprocessors: 132, clockMhz: 1980 },
    ...{ memoryClockMhz: 2619, busBits: 5120, cacheBytes: 0, memoryBytes: 0, clocks: null },
  };
  expect(peakOf(h100)).toBeCloseTo(66_908, 0);
  expect(bandwidthOf(h100)).toBeCloseTo(3352, 0);
});
