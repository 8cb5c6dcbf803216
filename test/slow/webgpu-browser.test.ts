/** What is built for WebGPU in a page of a browser: on its device where it has one, and as WebAssembly where it has none. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { evaluate } from '../../src/graph/evaluate.ts';
import { build } from '../../src/index.ts';
import type { Numbers } from '../../src/tensor/numbers.ts';
import { digitGraph, testDigits } from '../digits.ts';
import type { Served } from '../page-kit.ts';
import { chromiumPath, computed, launch, serve } from '../page-kit.ts';

const page = `<script type="module">
  import { load } from './digits_pruned.js';
  window.compute = async (image) => {
    const model = await load();
    const { logits } = await model.run({ image: Float32Array.from(image) });
    return { backend: model.backend, reason: model.reason, logits: Array.from(logits) };
  };
</script>`;

interface Answer {
  readonly backend: string;
  readonly reason: string | undefined;
  readonly logits: readonly number[];
}

describe.skipIf(!existsSync(chromiumPath))('in chromium, which must be at /usr/bin/chromium', () => {
  const folder = mkdtempSync(join(tmpdir(), 'espalier-webgpu-'));
  const graph = { ...digitGraph('digits-pruned'), name: 'digits_pruned' };
  const [image] = testDigits(1).images;
  let served: Served;

  beforeAll(async () => {
    expect((await build(graph, { target: 'webgpu', out: folder, force: true })).ok).toBe(true);
    served = await serve({ app: { folder, pages: { 'page.html': page } } });
  });

  afterAll(() => {
    served?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  async function answered(...args: readonly string[]): Promise<Answer> {
    const browser = await launch(...args);
    try {
      return await computed<Answer>(browser, `${served.address}/app/page.html`, Array.from(image));
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
    const { backend, reason, logits } = await answered('--enable-unsafe-webgpu');
    expect([backend, reason]).toEqual(['webgpu', undefined]);
    expectClose(logits);
    expect(served.asked.filter((url) => url.startsWith('/app/wasm'))).toEqual([]);
  });

  test('as WebAssembly where there is none', async () => {
    const { backend, reason, logits } = await answered();
    expect([backend, reason]).toEqual(['wasm', 'WebGPU has no adapter']);
    expectClose(logits);
  });
});
