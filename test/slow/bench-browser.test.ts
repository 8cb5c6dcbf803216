/** `espalier bench --browser`: pages that start, run and give back what they compute. No time is looked at. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { benchSchema } from '../../src/bench/report.ts';
import { espalier, writeModel } from '../cli-kit.ts';

const browser = '/usr/bin/chromium';

let root: string;
let model: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'espalier-bench-browser-test-'));
  model = writeModel(join(root, 'net'));
});
afterAll(() => rmSync(root, { recursive: true }));

const bench = (...argv: readonly string[]) =>
  espalier(['bench', model, '-t', 'wasm', '--runs', '2', '--starts', '1', '--json', ...argv]);

describe('what counts on the web', () => {
  const start = { starts: 1, downloadMs: expect.any(Number), peakBytes: expect.any(Number) };

  test.skipIf(!existsSync(browser))('in pages of chromium, which must be at /usr/bin/chromium', async () => {
    const folder = join(root, 'out');
    const { code, out, err, held } = await bench(
      '--against',
      'tfjs,ort,litert',
      '--browser',
      browser,
      '--layers',
      '-o',
      folder,
    );
    expect({ code, ...(code !== 0 && { out, err }) }).toEqual({ code: 0 });
    expect([...held]).toEqual([]);
    expect(err).not.toContain('bench/shipped');
    const report = benchSchema.parse(JSON.parse(out));
    expect(report.place).toEqual({ kind: 'browser', version: expect.stringMatching(/^Chromium \d+\./) });
    expect(report.ours).toMatchObject({ target: 'wasm', web: { version: 'relaxed kernels', start } });
    expect(report.ours.maxError).toBeLessThan(1e-6);
    expect(report.peers).toMatchObject([{ name: 'tfjs', web: { version: 'tfjs-backend-wasm 4.22.0', start } }]);
    expect(report.peers[0].maxError).toBeLessThan(1e-6);
    const [ours, theirs] = [report.ours.web?.ships, report.peers[0].web?.ships];
    expect(ours?.code.brotli).toBeLessThan((theirs?.code.brotli ?? 0) / 30);
    expect(theirs?.code.raw).toBeGreaterThan(1e6);
    for (const { medianMs, hotMinMs, kernel } of report.layers) {
      // Clocks of pages tick every 5 us.
      expect(medianMs).toBeGreaterThanOrEqual(0);
      expect(hotMinMs).toBeGreaterThan(0);
      expect(kernel).toMatch(/\w/);
    }
    expect(report.layers.map(({ op }) => op)).toContain('linear');
    expect(report.ours.peakGflops).toBeGreaterThan(0.1);
    expect(report.absent.map(({ name }) => name)).toEqual(['ort', 'litert']);
    expect(readFileSync(join(folder, 'starts.csv'), 'utf8')).toMatch(/^name,.*\r\nespalier,.*\r\ntfjs,.*\r\n$/);
  });

  test('in processes of Node.js, for people', async () => {
    const { code, out, err } = await espalier([
      'bench',
      model,
      '-t',
      'wasm',
      '--runs',
      '2',
      '--starts',
      '1',
      '--against',
      'tfjs',
      '--layers',
      '--link',
      '1Mbit',
    ]);
    expect({ code, ...(code !== 0 && { out, err }) }).toEqual({ code: 0 });
    expect(out).toMatch(/first result +ratio +download +load +first run +second run +memory/);
    expect(out).toContain('computed from brotli bytes at 1 Mbit/s');
    expect(out).toMatch(/^dense\/\w+ +linear +1x2 /m);
    expect(out).toMatch(/^tfjs .*tfjs-backend-wasm 4\.22\.0$/m);
  });
});
