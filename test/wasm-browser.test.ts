/** The same NAME.js, unchanged, in a page and in a worker of a browser. Skipped where no browser is installed. */
import { existsSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { chromium } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { randomInputs } from '../src/graph/samples.ts';
import { quiet } from '../src/toolchain/browser.ts';
import { loadWasm } from '../src/toolchain/run-wasm.ts';
import { buildWasm, writeBuilt } from './wasm-build.ts';
import { convGraph } from './wasm-graphs.ts';

const executablePath = '/usr/bin/chromium';
const types: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.wasm': 'application/wasm',
};

/** Pages that run the model when asked, on the window itself or in a worker. */
const pages: Readonly<Record<string, string>> = {
  '/page.html': `<script type="module">
    import { load } from './test.js';
    window.compute = async (x, options) => {
      const model = await load(undefined, options);
      return { kernels: model.kernels, out: Array.from(model.run({ x: Float32Array.from(x) }).out) };
    };
    window.ready = true;
  </script>`,
  '/worker.html': `<script type="module">
    window.compute = (x, options) => new Promise((resolve, reject) => {
      const worker = new Worker('./worker.js', { type: 'module' });
      worker.onmessage = ({ data }) => resolve(data);
      worker.onerror = ({ message }) => reject(new Error(message));
      worker.postMessage([x, options]);
    });
    window.ready = true;
  </script>`,
  '/worker.js': `import { load } from './test.js';
    onmessage = async ({ data: [x, options] }) => {
      const model = await load(undefined, options);
      postMessage({ kernels: model.kernels, out: Array.from(model.run({ x: Float32Array.from(x) }).out) });
    };`,
};

interface Answer {
  readonly kernels: string;
  readonly out: readonly number[];
}

describe.skipIf(!existsSync(executablePath))('in chromium, which must be at /usr/bin/chromium', () => {
  const graph = convGraph({
    x: [1, 14, 14, 9],
    o: 12,
    kernel: [3, 3],
    pad: [1, 1, 1, 1],
    density: 0.4,
    activation: 'swish',
  });
  const { x } = randomInputs(graph, 5);
  let browser: Browser;
  let server: Server;
  let want: readonly number[];
  let address: string;
  const asked: string[] = [];

  beforeAll(async () => {
    const folder = writeBuilt(await buildWasm(graph));
    const apart = writeBuilt(await buildWasm(graph, [], { weightsFile: true }));
    want = Array.from((await loadWasm(folder, graph.name)).run({ x }).out);
    server = createServer(({ url = '/' }, answer) => {
      const page = pages[url.replace(/^\/apart/, '')];
      const path = url.startsWith('/apart/') ? join(apart, url.slice('/apart/'.length)) : join(folder, url);
      asked.push(url);
      if (page === undefined && !existsSync(path)) return void answer.writeHead(404).end();
      answer.writeHead(200, { 'content-type': types[extname(url)] ?? 'application/octet-stream' });
      answer.end(page ?? readFileSync(path));
    });
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
    address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    browser = await chromium.launch({
      executablePath,
      args: [...quiet],
    });
  });

  afterAll(async () => {
    await browser?.close();
    server?.close();
  });

  /** What a page answers, the last time of several. */
  const computed = async (place: string, options: object, times = 1): Promise<Answer> => {
    const page: Page = await browser.newPage();
    const faults: string[] = [];
    page.on('pageerror', (error) => faults.push(error.message));
    await page.goto(`${address}/${place}.html`);
    await page.waitForFunction('window.ready');
    const ask = () =>
      page.evaluate(
        ([numbers, given]) =>
          (window as unknown as { compute(x: readonly number[], options: object): Promise<Answer> }).compute(
            numbers,
            given,
          ),
        [Array.from(x), options] as const,
      );
    for (let time = 1; time < times; time++) await ask();
    const answer = await ask();
    expect(faults).toEqual([]);
    await page.close();
    return answer;
  };

  test.each(['page', 'worker'])('in a %s it computes what it computes in Node, bit for bit', async (place) => {
    expect(await computed(place, { kernels: 'portable' })).toEqual({ kernels: 'portable', out: want });
  });

  test('weights in a file of their own are fetched once and then cached', async () => {
    const answer = await computed('apart/page', { kernels: 'portable', cache: true }, 3);
    expect(answer).toEqual({ kernels: 'portable', out: want });
    expect(asked.filter((url) => url === '/apart/test.bin')).toHaveLength(1);
  });

  test('it takes relaxed SIMD by itself, and differs in the last bits', async () => {
    const { kernels, out } = await computed('page', {});
    expect(kernels).toBe('relaxed');
    const most = Math.max(...want.map(Math.abs));
    const apart = Math.max(...want.map((v, i) => Math.abs(v - out[i])));
    expect(apart / most).toBeLessThan(1e-6);
  });
});
