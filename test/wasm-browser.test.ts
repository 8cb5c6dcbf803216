/** The same NAME.js, unchanged, in a page and in a worker of a browser. Skipped where no browser is installed. */
import { existsSync } from 'node:fs';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { randomInputs } from '../src/graph/samples.ts';
import { loadWasm } from '../src/toolchain/run-wasm.ts';
import type { Served } from './page-kit.ts';
import { chromiumPath, computed, launch, serve } from './page-kit.ts';
import { buildWasm, writeBuilt } from './wasm-build.ts';
import { convGraph } from './wasm-graphs.ts';

/** Pages that run the model when asked, on the window itself or in a worker. */
const pages: Readonly<Record<string, string>> = {
  'page.html': `<script type="module">
    import { load } from './test.js';
    window.compute = async ([x, options]) => {
      const model = await load(undefined, options);
      return { kernels: model.kernels, out: Array.from(model.run({ x: Float32Array.from(x) }).out) };
    };
  </script>`,
  'worker.html': `<script type="module">
    window.compute = (given) => new Promise((resolve, reject) => {
      const worker = new Worker('./worker.js', { type: 'module' });
      worker.onmessage = ({ data }) => resolve(data);
      worker.onerror = ({ message }) => reject(new Error(message));
      worker.postMessage(given);
    });
  </script>`,
  'worker.js': `import { load } from './test.js';
    onmessage = async ({ data: [x, options] }) => {
      const model = await load(undefined, options);
      postMessage({ kernels: model.kernels, out: Array.from(model.run({ x: Float32Array.from(x) }).out) });
    };`,
};

interface Answer {
  readonly kernels: string;
  readonly out: readonly number[];
}

describe.skipIf(!existsSync(chromiumPath))('in chromium, which must be at /usr/bin/chromium', () => {
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
  let served: Served;
  let want: readonly number[];

  beforeAll(async () => {
    const folder = writeBuilt(await buildWasm(graph));
    const apart = writeBuilt(await buildWasm(graph, [], { weightsFile: true }));
    want = Array.from((await loadWasm(folder, graph.name)).run({ x }).out);
    served = await serve({ whole: { folder, pages }, apart: { folder: apart, pages } });
    browser = await launch();
  });

  afterAll(async () => {
    await browser?.close();
    served?.close();
  });

  const answered = (place: string, options: object, times = 1): Promise<Answer> =>
    computed(browser, `${served.address}/${place}.html`, [Array.from(x), options], times);

  test.each(['page', 'worker'])('in a %s it computes what it computes in Node, bit for bit', async (place) => {
    expect(await answered(`whole/${place}`, { kernels: 'portable' })).toEqual({ kernels: 'portable', out: want });
  });

  test('weights in a file of their own are fetched once and then cached', async () => {
    const answer = await answered('apart/page', { kernels: 'portable', cache: true }, 3);
    expect(answer).toEqual({ kernels: 'portable', out: want });
    expect(served.asked.filter((url) => url === '/apart/test.bin')).toHaveLength(1);
  });

  test('it takes relaxed SIMD by itself, and differs in the last bits', async () => {
    const { kernels, out } = await answered('whole/page', {});
    expect(kernels).toBe('relaxed');
    const most = Math.max(...want.map(Math.abs));
    const apart = Math.max(...want.map((v, i) => Math.abs(v - out[i])));
    expect(apart / most).toBeLessThan(1e-6);
  });
});
