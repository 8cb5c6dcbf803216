/** PyTorch as a contender computes what the network means: on a processor, by the PyTorch of Debian's packages or that of PYTHON. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { openTorch, timeTorchLayers } from '../../src/bench/torch.ts';
import { compareOutputs, worstOf } from '../../src/check/compare.ts';
import { loadModel } from '../../src/make/load.ts';
import { compiledCuda } from '../cuda-kit.ts';

const python = process.env.PYTHON || '/usr/bin/python3';
const runs = (...lines: readonly string[]) => spawnSync(python, ['-c', lines.join('\n')]).status === 0;
const noTorch = !runs('import torch');
/** PyTorch before 2.2 has no convolutions of f16 on processors. */
const halves = runs('import torch', 'x = torch.zeros(1, 1, 3, 3).half()', 'torch.nn.functional.conv2d(x, x)');

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'espalier-torch-'));
  vi.stubEnv('PYTHON', python);
});
afterAll(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

const cases = [
  ['digits-pruned', 'torch', 1e-5],
  ...(halves ? ([['digits-pruned', 'torch-f16', 1e-2]] as const) : []),
  ['digits-2-4', 'torch-csr', 1e-5],
] as const;

describe.skipIf(noTorch)(`PyTorch, which ${python} must have,`, () => {
  test.each(cases)('runs %s as %s', async (model, name, most) => {
    const told: string[] = [];
    const report = (d: { readonly message: string }): void => void told.push(d.message);
    const loaded = loadModel(`examples/digits/${model}`, {}, report) ?? expect.unreachable(told.join());
    const compiled = compiledCuda(loaded.graph);
    const { signal } = new AbortController();
    const torch = await openTorch(name, compiled, { folder: join(folder, model), signal, report, device: 'cpu' });
    if (!torch || 'absent' in torch) return expect.unreachable(JSON.stringify(torch ?? told));
    const { inputs, outputs } = compiled.recorded();
    expect(await torch.process.load(inputs)).toBe(true);
    const got = (await torch.process.outputs()) ?? expect.unreachable(told.join());
    const shapes = compiled.plan.outputs.map((o) => ({ name: o.name, shape: o.type.shape }));
    expect(worstOf(compareOutputs(shapes, [got], [outputs]))).toBeLessThan(most);
    expect(await torch.process.time(2)).toHaveLength(2);
    const layers = await timeTorchLayers(torch.process, compiled.graph, { runs: 1, windows: 1 });
    expect(layers?.layers.map((layer) => layer.name)).toContain('conv2');
    torch.process.dispose();
  });

  const lacking = [
    ['torch-sparse24', /^this PyTorch has no cuSPARSELt, or the GPU no sparse tensor cores$/],
    ...(halves ? [] : ([['torch-f16', /^PyTorch failed: .*not implemented for 'Half'$/]] as const)),
  ] as const;
  test.each(lacking)('as %s says what it lacks on a processor', async (name, reason) => {
    const loaded = loadModel('examples/digits/digits-2-4', {}, () => {}) ?? expect.unreachable();
    const { signal } = new AbortController();
    const options = { folder: join(folder, 'half'), signal, report: () => {}, device: 'cpu' } as const;
    const torch = await openTorch(name, compiledCuda(loaded.graph), options);
    expect(torch).toEqual({ absent: expect.stringMatching(reason) });
  });
});
