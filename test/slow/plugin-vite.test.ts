/** Vite's dev server and builds, with pages that Chromium opens: what becomes of a model whose file changes, and of one in a worker. */
import { existsSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import type { InlineConfig, ViteDevServer } from 'vite';
import { build, createServer } from 'vite';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { espalier } from '../../src/plugin/vite.ts';
import { writeModel } from '../cli-kit.ts';
import { chromiumPath, launch, serve } from '../page-kit.ts';
import { appFolder } from '../plugin-kit.ts';

const files = {
  'index.html': '<!doctype html><script type="module" src="/main.js"></script>',
  'main.js': `
    import { load, InputError } from './pose/model.json?espalier';
    import { load as loadOther, shapes } from './pose/model.json?name=other&espalier';
    const model = await load();
    const other = await loadOther();
    window.compute = () => Array.from(model.run({ x: Float32Array.of(1, 2, 3, 4) }).y);
    window.computeOther = () => Array.from(other.run({ x: Float32Array.of(1, 2, 3, 4) }).y);
    window.sizes = shapes.inputs.x;
    window.refuse = () => {
      try {
        model.run({ x: new Float32Array(3) });
      } catch (error) {
        return [error instanceof InputError, error.message];
      }
    };
    window.inWorker = () =>
      new Promise((resolve, reject) => {
        const worker = new Worker(new URL('./worker.js', import.meta.url), { type: 'module' });
        worker.onmessage = ({ data }) => resolve(data);
        worker.onerror = ({ message }) => reject(new Error(message));
      });
    window.updates = [];
    addEventListener('espalier:update', ({ detail }) => window.updates.push(detail.model));
    window.ready = true;
  `,
  'worker.js': `
    import { load } from './pose/model.json?espalier';
    load().then((model) => postMessage(Array.from(model.run({ x: Float32Array.of(1, 2, 3, 4) }).y)));
  `,
};

/** What the model of \`writeModel\` gives for 1, 2, 3, 4, each of its two outputs being a sum and a bias. */
const outputs = (bias: number): readonly number[] => [13 + bias, 4 + bias];

describe.skipIf(!existsSync(chromiumPath))('in chromium, which must be at /usr/bin/chromium', () => {
  const folder = appFolder(files);
  let browser: Browser;
  let page: Page;
  const faults: string[] = [];
  const evaluate = (text: string): Promise<unknown> => page.evaluate(text);

  beforeAll(async () => {
    writeModel(join(folder, 'pose'), { bias: 0.5 });
    browser = await launch();
    page = await browser.newPage();
    page.on('pageerror', (error) => faults.push(error.message));
  });
  afterAll(() => browser?.close());

  const all: InlineConfig = { configFile: false, logLevel: 'silent', root: folder, plugins: [espalier()] };

  test('what is built computes in a page and in a worker, wherever it is put', async () => {
    await build({ ...all, base: './', build: { outDir: 'out' } });
    const served = await serve({ app: { folder: join(folder, 'out') } });
    await page.goto(`${served.address}/app/`);
    await page.waitForFunction('window.ready');
    expect(await evaluate('window.compute()')).toEqual(outputs(0.5));
    expect(await evaluate('window.sizes')).toEqual([1, 4]);
    expect(await evaluate('window.computeOther()')).toEqual(outputs(0.5));
    expect(await evaluate('window.inWorker()')).toEqual(outputs(0.5));
    expect(await evaluate('window.refuse()')).toEqual([true, 'input "x" takes 4 numbers and is given 3']);
    served.close();
    // Of both names the bytes are the same, and Vite ships them once.
    expect(new Set(served.asked.filter((path) => path.endsWith('.wasm'))).size).toBe(1);
    expect(faults).toEqual([]);
  });

  describe('in the dev server', () => {
    let server: ViteDevServer;
    beforeAll(async () => {
      server = await createServer({ ...all, server: { port: 0, host: '127.0.0.1' } });
      await server.listen();
      await page.goto(server.resolvedUrls?.local[0] ?? '');
      await page.waitForFunction('window.ready');
    });
    afterAll(() => server?.close());

    test('a model computes what it does in a build', async () => {
      expect(await evaluate('window.compute()')).toEqual(outputs(0.5));
      expect(await evaluate('window.inWorker()')).toEqual(outputs(0.5));
      expect(await evaluate('window.refuse()')).toEqual([true, 'input "x" takes 4 numbers and is given 3']);
    });

    test('when its weights change, models that are loaded are the new ones, and the page stays', async () => {
      await evaluate('window.stays = true');
      writeModel(join(folder, 'pose'), { bias: 2 });
      await page.waitForFunction('window.compute()[0] === 15 && window.computeOther()[0] === 15');
      expect(await evaluate('window.compute()')).toEqual(outputs(2));
      expect(await evaluate('window.stays')).toBe(true);
      expect(await evaluate('[...new Set(window.updates)]')).toEqual(['model.json']);
    });

    test('when its sizes change, the page is loaded again', async () => {
      const path = join(folder, 'pose/model.json');
      const before = readFileSync(path, 'utf8');
      writeFileSync(path, before.replace('"size":"1"', '"size":"3"'));
      await page.waitForFunction('window.ready && window.stays === undefined && window.sizes[0] === 3');
      writeFileSync(path, before);
      await page.waitForFunction('window.ready && window.sizes[0] === 1');
    });

    test('a broken model says which file, and what to do; once it is mended it runs again', async () => {
      truncateSync(join(folder, 'pose/weights.bin'), 16);
      const overlay = page.locator('vite-error-overlay');
      await overlay.waitFor({ state: 'attached' });
      const text = await overlay.evaluate((element) => element.shadowRoot?.textContent ?? '');
      expect(text).toMatch(/weights\.bin/);
      expect(text).toMatch(/\[import\/[\w-]+\]/);
      expect(text).toContain('hint: ');
      expect(text).not.toContain('at make');
      writeModel(join(folder, 'pose'), { bias: 3 });
      await page.waitForFunction('window.compute?.()[0] === 16');
      await overlay.waitFor({ state: 'detached' });
    });

    test('a server renders with it', async () => {
      const { load } = (await server.ssrLoadModule('./pose/model.json?espalier')) as {
        load(): Promise<{ run(inputs: object): { readonly y: Float32Array } }>;
      };
      const model = await load();
      expect(Array.from(model.run({ x: Float32Array.of(1, 2, 3, 4) }).y)).toEqual(outputs(3));
    });
  });
});
