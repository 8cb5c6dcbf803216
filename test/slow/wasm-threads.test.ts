/** Threads in Chromium, in pages that are isolated and in others, and the whole detector on one, two and three of them. */
import { existsSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join } from 'node:path';
import type { Browser } from 'playwright-core';
import { chromium } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { compile, printDiagnostic, randomInputs } from '../../src/index.ts';
import { quiet } from '../../src/toolchain/browser.ts';
import { modelPath } from '../models.ts';
import type { Built } from '../wasm-build.ts';
import { buildWasm, importBinding, writeBuilt } from '../wasm-build.ts';
import { convGraph } from '../wasm-graphs.ts';

const bits = ({ buffer, byteOffset, byteLength }: ArrayBufferView): Buffer =>
  Buffer.from(Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength));

test('the detector computes the same bits on any number of threads', async () => {
  const path = modelPath('blazepose-detector');
  const compiled = await compile(path, { target: 'wasm' });
  if (!compiled.ok) throw new Error(compiled.diagnostics.map(printDiagnostic).join('\n'));
  const { graph } = compiled;
  const { input } = randomInputs(graph, 1);
  const runs = async (built: Built, options: object, times = 1): Promise<readonly Buffer[]> => {
    const model = await (await importBinding(writeBuilt(built), graph.name)).load(built.module, options);
    const outputs = Array.from({ length: times }, () => bits(model.run({ input }).person));
    model.dispose();
    return outputs;
  };
  const [want] = await runs(await buildWasm(graph), { kernels: 'portable' });
  const built = await buildWasm(graph, [], { threads: 3 });
  for (const threads of [1, 2, 3])
    for (const have of await runs(built, { kernels: 'portable', threads }, 5)) expect(have.equals(want)).toBe(true);
});

const executablePath = '/usr/bin/chromium';
const types: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.wasm': 'application/wasm',
};

const code = `import { load } from './test.js';
  const compute = async ([x, options, runs]) => {
    const model = await load(undefined, options);
    const { kernels, threads, threadsReason } = model;
    let out;
    for (let i = 0; i < runs; i++) out = Array.from(model.run({ x: Float32Array.from(x) }).out);
    model.dispose();
    return { kernels, threads, threadsReason, out };
  };`;

const pages: Readonly<Record<string, string>> = {
  'page.html': `<script type="module">${code} window.compute = compute; window.ready = true;</script>`,
  'worker.html': `<script type="module">
    window.compute = (given) => new Promise((resolve, reject) => {
      const worker = new Worker('./worker.js', { type: 'module' });
      worker.onmessage = ({ data }) => resolve(data);
      worker.onerror = ({ message }) => reject(new Error(message));
      worker.postMessage(given);
    });
    window.ready = true;
  </script>`,
  'worker.js': `${code} onmessage = async ({ data }) => postMessage(await compute(data));`,
};

const isolated = {
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
};

/** By the first part of an address. */
const headers: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  isolated,
  open: {},
  strict: { ...isolated, 'content-security-policy': "default-src 'self' 'unsafe-inline' 'wasm-unsafe-eval'" },
};

interface Answer {
  readonly kernels: string;
  readonly threads: number;
  readonly threadsReason?: string;
  readonly out: readonly number[];
}

describe.skipIf(!existsSync(executablePath))('in chromium, which must be at /usr/bin/chromium', () => {
  const graph = convGraph({
    x: [1, 28, 28, 24],
    o: 32,
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

  beforeAll(async () => {
    const built = await buildWasm(graph, [], { threads: 2 });
    const folder = writeBuilt(built);
    const model = await (await importBinding(folder, graph.name)).load(built.module, {
      kernels: 'portable',
      threads: 1,
    });
    want = Array.from(model.run({ x }).out);
    server = createServer(({ url = '/' }, answer) => {
      const [, place, name = ''] = url.split('/');
      const path = join(folder, name);
      if (name === '' || (!(name in pages) && !existsSync(path))) return void answer.writeHead(404).end();
      answer.writeHead(200, { 'content-type': types[extname(name)] ?? '', ...headers[place] });
      answer.end(pages[name] ?? readFileSync(path));
    });
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
    address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    browser = await chromium.launch({ executablePath, args: [...quiet] });
  });

  afterAll(async () => {
    await browser?.close();
    server?.close();
  });

  const computed = async (place: string, options: object, runs = 1): Promise<Answer> => {
    const page = await browser.newPage();
    const faults: string[] = [];
    page.on('pageerror', (error) => faults.push(error.message));
    await page.goto(`${address}/${place}.html`);
    await page.waitForFunction('window.ready');
    const answer = await page.evaluate(
      (given) => (window as unknown as { compute(given: unknown): Promise<Answer> }).compute(given),
      [Array.from(x), options, runs] as const,
    );
    expect(faults).toEqual([]);
    await page.close();
    return answer;
  };

  test.each(['isolated/page', 'isolated/worker'])('two threads in %s', async (place) => {
    const answer = await computed(place, { kernels: 'portable', threads: 2 }, 30);
    expect(answer).toEqual({ kernels: 'portable', threads: 2, threadsReason: undefined, out: want });
  });

  test('kernels with relaxed SIMD are the same on one thread and on two', async () => {
    const [one, two] = [
      await computed('isolated/page', { threads: 1 }),
      await computed('isolated/page', { threads: 2 }, 30),
    ];
    expect([one.kernels, two.kernels, one.threads, two.threads]).toEqual(['relaxed', 'relaxed', 1, 2]);
    expect(two.out).toEqual(one.out);
  });

  test.each(['open/page', 'open/worker'])('one thread in %s, since the page is not isolated', async (place) => {
    const answer = await computed(place, { kernels: 'portable', threads: 2 });
    expect(answer).toEqual({
      kernels: 'portable',
      threads: 1,
      threadsReason: 'the page is not cross-origin isolated',
      out: want,
    });
  });

  test('one thread where the policy of a page refuses workers of text', async () => {
    const { threads, threadsReason, out } = await computed('strict/page', { kernels: 'portable', threads: 2 });
    expect([threads, threadsReason]).toEqual([1, expect.stringMatching(/^a worker cannot be started: ./)]);
    expect(out).toEqual(want);
  });
});
