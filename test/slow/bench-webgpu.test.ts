/** `espalier bench -t webgpu` in Node.js and in pages: the adapter, what it is given, and what is shipped. No time is looked at. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { benchSchema, softwareNote } from '../../src/bench/report.ts';
import { espalier } from '../cli-kit.ts';
import { digitPath } from '../digits.ts';
import { noGpu } from '../webgpu-device.ts';

const browser = '/usr/bin/chromium';
const model = digitPath('digits-pruned');

let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'espalier-bench-webgpu-test-'));
});
afterAll(() => rmSync(root, { recursive: true }));

const bench = (...argv: readonly string[]) =>
  espalier(['bench', model, '-t', 'webgpu', '--runs', '2', '--starts', '1', ...argv]);

const count = expect.any(Number);

describe.skipIf(noGpu)(`on a software adapter ${noGpu ?? ''}`, () => {
  test('in Node.js, against the native provider of ONNX Runtime, which does the same', async () => {
    const folder = join(root, 'out');
    const { code, out, err, held } = await bench('--json', '--against', 'ort-webgpu', '-o', folder);
    expect({ code, ...(code !== 0 && { out, err }) }).toEqual({ code: 0 });
    expect([...held]).toEqual([]);
    const report = benchSchema.parse(JSON.parse(out));
    expect(report.place.kind).toBe('node');
    expect(report.adapter).toMatchObject({ architecture: 'swiftshader', software: true, note: softwareNote });
    expect(report.ours).toMatchObject({ target: 'webgpu', web: { version: 'webgpu', start: { starts: 1 } } });
    expect(report.ours.maxError).toBeLessThan(1e-4);
    expect(report.peers).toMatchObject([{ name: 'ort-webgpu', web: { version: null, ships: null } }]);
    expect(report.peers[0].maxError).toBeLessThan(1e-4);
    const { counts, web } = report.ours;
    expect(counts?.share).toBeLessThan(0.5);
    // Weights once, the picture, and what shaders are told.
    const uploaded = web?.start.gpu?.uploadedBytes ?? 0;
    expect(uploaded).toBe((counts?.weightBytes ?? 0) + 4 * 28 * 28 + 256 * (counts?.dispatches ?? 0));
    expect(web?.start.gpu?.heldBytes).toBeGreaterThan((counts?.memoryBytes ?? 0) + (counts?.weightBytes ?? 0));
    expect(readFileSync(join(folder, 'bench.html'), 'utf8')).toContain(softwareNote);
    expect(readFileSync(join(folder, 'starts.csv'), 'utf8')).toContain(`,${uploaded},`);
  });

  test('for people', async () => {
    const { code, out, err } = await bench();
    expect({ code, ...(code !== 0 && { out, err }) }).toEqual({ code: 0 });
    expect(out).toMatch(/^adapter: SwiftShader.* \(software\)$/m);
    expect(out).toContain(softwareNote);
    expect(out).toMatch(/^espalier +[\d.]+ kB +[\d.]+ kB$/m);
    expect(out).toMatch(/^from the plan: .* of weights, .* % of all as f16/m);
  });
});

test.skipIf(!existsSync(browser))('in pages of chromium, which must be at /usr/bin/chromium', async () => {
  const { code, out, err } = await bench('--json', '--against', 'ort', '--browser', browser);
  expect({ code, ...(code !== 0 && { out, err }) }).toEqual({ code: 0 });
  expect(err).not.toContain('bench/shipped');
  const report = benchSchema.parse(JSON.parse(out));
  expect(report.place).toEqual({ kind: 'browser', version: expect.stringMatching(/^Chromium \d+\./) });
  expect(report.adapter).toMatchObject({ software: true, note: softwareNote });
  expect(report.ours.maxError).toBeLessThan(1e-4);
  const { start, ships } = report.ours.web ?? expect.unreachable();
  expect(start).toMatchObject({ downloadMs: count, gpu: { uploadedBytes: count, heldBytes: count } });
  expect(ships?.weights.raw).toBe(report.ours.counts?.weightBytes);
  expect(report.absent).toEqual([{ name: 'ort', reason: 'it is native code, which runs in no browser' }]);
});
