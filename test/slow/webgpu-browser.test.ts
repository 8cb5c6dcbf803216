/** What is built for WebGPU in a page of a browser: on its device where it has one, and as WebAssembly where it has none. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { chromium } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { evaluate } from '../../src/graph/evaluate.ts';
import { build } from '../../src/index.ts';
import type { Numbers } from '../../src/tensor/numbers.ts';
import { quiet } from '../../src/toolchain/browser.ts';
import { digitGraph, testDigits } from '../digits.ts';

const executablePath = '/usr/bin/chromium';
const types: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.wasm': 'application/wasm',
};

const page = `<script type="module">
  import { load } from './digits_pruned.js';
  window.compute = async (image) => {
    const model = await load();
    const { logits } = await model.run({ image: Float32Array.from(image) });
    return { backend: model.backend, reason: model.reason, logits: Array.from(logits) };
  };
  window.ready = true;
</script>`;

interface Answer {
  readonly backend: string;
  readonly reason: string | undefined;
  readonly logits: readonly number[];
}

describe.skipIf(!existsSync(executablePath))('in chromium, which must be at /usr/bin/chromium', () => {
  const folder = mkdtempSync(join(tmpdir(), 'espalier-webgpu-'));
  const graph = { ...digitGraph('digits-pruned'), name: 'digits_pruned' };
  const [image] = testDigits(1).images;
  const asked: string[] = [];
  let server: Server;

  beforeAll(async () => {
    expect((await build(graph, { target: 'webgpu', out: folder, force: true })).ok).toBe(true);
    server = createServer(({ url = '/' }, answer) => {
      asked.push(url);
      const path = join(folder, url);
      if (url !== '/page.html' && !existsSync(path)) return void answer.writeHead(404).end();
      answer.writeHead(200, { 'content-type': types[extname(url)] ?? 'application/octet-stream' });
      answer.end(url === '/page.html' ? page : readFileSync(path));
    });
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  });

  afterAll(() => {
    server?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  async function computed(args: readonly string[]): Promise<Answer> {
    const browser = await chromium.launch({ executablePath, args: [...quiet, ...args] });
    try {
      const tab = await browser.newPage();
      await tab.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/page.html`);
      await tab.waitForFunction('window.ready');
      const compute = (numbers: readonly number[]) =>
        (window as unknown as { compute(image: readonly number[]): Promise<Answer> }).compute(numbers);
      return await tab.evaluate(compute, Array.from(image));
    } finally {
      await browser.close();
    }
  }

  function expectClose(logits: readonly number[]): void {
    const want = evaluate(graph, { image }).logits as Numbers;
    const most = Math.max(...want.map(Math.abs));
    for (const [i, v] of logits.entries()) expect(Math.abs(v - want[i])).toBeLessThan(1e-4 * most);
  }

  test('on its device, and nothing is loaded for any other', async () => {
    const { backend, reason, logits } = await computed(['--enable-unsafe-webgpu']);
    expect([backend, reason]).toEqual(['webgpu', undefined]);
    expectClose(logits);
    expect(asked.filter((url) => url.startsWith('/wasm'))).toEqual([]);
  });

  test('as WebAssembly where there is none', async () => {
    const { backend, reason, logits } = await computed([]);
    expect([backend, reason]).toEqual(['wasm', 'WebGPU has no adapter']);
    expectClose(logits);
  });
});
