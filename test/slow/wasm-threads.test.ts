/** Threads in Chromium, in pages that are isolated and in others, and the whole detector on one, two and three of them. */
import { existsSync } from 'node:fs';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { compile, printDiagnostic, randomInputs } from '../../src/index.ts';
import { modelPath } from '../models.ts';
import type { Served } from '../page-kit.ts';
import { chromiumPath, computed, launch, serve } from '../page-kit.ts';
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
  'page.html': `<script type="module">${code} window.compute = compute;</script>`,
  'worker.html': `<script type="module">
    window.compute = (given) => new Promise((resolve, reject) => {
      const worker = new Worker('./worker.js', { type: 'module' });
      worker.onmessage = ({ data }) => resolve(data);
      worker.onerror = ({ message }) => reject(new Error(message));
      worker.postMessage(given);
    });
  </script>`,
  'worker.js': `${code} onmessage = async ({ data }) => postMessage(await compute(data));`,
};

const isolated = {
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
};

const strict = { ...isolated, 'content-security-policy': "default-src 'self' 'unsafe-inline' 'wasm-unsafe-eval'" };

interface Answer {
  readonly kernels: string;
  readonly threads: number;
  readonly threadsReason?: string;
  readonly out: readonly number[];
}

describe.skipIf(!existsSync(chromiumPath))('in chromium, which must be at /usr/bin/chromium', () => {
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
  let served: Served;
  let want: readonly number[];

  beforeAll(async () => {
    const built = await buildWasm(graph, [], { threads: 2 });
    const folder = writeBuilt(built);
    const model = await (await importBinding(folder, graph.name)).load(built.module, {
      kernels: 'portable',
      threads: 1,
    });
    want = Array.from(model.run({ x }).out);
    served = await serve({
      isolated: { folder, pages, headers: isolated },
      open: { folder, pages },
      strict: { folder, pages, headers: strict },
    });
    browser = await launch();
  });

  afterAll(async () => {
    await browser?.close();
    served?.close();
  });

  const answered = (place: string, options: object, runs = 1): Promise<Answer> =>
    computed(browser, `${served.address}/${place}.html`, [Array.from(x), options, runs]);

  test.each(['isolated/page', 'isolated/worker'])('two threads in %s', async (place) => {
    const answer = await answered(place, { kernels: 'portable', threads: 2 }, 30);
    expect(answer).toEqual({ kernels: 'portable', threads: 2, threadsReason: undefined, out: want });
  });

  test('kernels with relaxed SIMD are the same on one thread and on two', async () => {
    const [one, two] = [
      await answered('isolated/page', { threads: 1 }),
      await answered('isolated/page', { threads: 2 }, 30),
    ];
    expect([one.kernels, two.kernels, one.threads, two.threads]).toEqual(['relaxed', 'relaxed', 1, 2]);
    expect(two.out).toEqual(one.out);
  });

  test.each(['open/page', 'open/worker'])('one thread in %s, since the page is not isolated', async (place) => {
    const answer = await answered(place, { kernels: 'portable', threads: 2 });
    expect(answer).toEqual({
      kernels: 'portable',
      threads: 1,
      threadsReason: 'the page is not cross-origin isolated',
      out: want,
    });
  });

  test('one thread where the policy of a page refuses workers of text', async () => {
    const { threads, threadsReason, out } = await answered('strict/page', { kernels: 'portable', threads: 2 });
    expect([threads, threadsReason]).toEqual([1, expect.stringMatching(/^a worker cannot be started: ./)]);
    expect(out).toEqual(want);
  });
});
