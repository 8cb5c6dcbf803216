/**
 * Whole networks as they are built for WebGPU, dense and pruned: loaded by what is written beside them, in Node.js on Dawn and
 * in a page, against the meaning of their graphs.
 */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { evaluate } from '../../src/graph/evaluate.ts';
import type { Graph } from '../../src/graph/graph.ts';
import { randomInputs } from '../../src/graph/samples.ts';
import { build } from '../../src/index.ts';
import { pruneGraph } from '../../src/prune/prune.ts';
import type { Numbers } from '../../src/tensor/numbers.ts';
import { importReal } from '../import/model.ts';
import { chromiumPath, computed, launch, serve } from '../page-kit.ts';
import { largestError } from '../passes/compare.ts';
import { prunerOf } from '../prune/kit.ts';
import { gpu, noGpu } from '../webgpu-device.ts';

const pruned = (graph: Graph, pattern: string): Graph =>
  pruneGraph(graph, {
    pruner: prunerOf(pattern),
    scope: 'layer',
    exempt: [],
    kinds: ['conv', 'linear'],
    spared: () => undefined,
  }).graph;

const networks = [
  ['pose_detector', () => importReal('blazepose-detector')],
  ['mobilenet', () => importReal('nsfwjs-mobilenet_v2')],
  ['mobilenet_pruned', () => pruned(importReal('nsfwjs-mobilenet_v2'), 'unstructured:0.85')],
] as const;

type Named = Readonly<Record<string, Numbers>>;

interface Binding {
  load(options: object): Promise<{
    readonly backend: string;
    run(inputs: Named): Promise<Named>;
    dispose(): void;
  }>;
}

/** What a page sends: arrays have no place in what it says. */
type Sent = Readonly<Record<string, readonly number[]>>;

const page = `<script type="module">
  window.compute = async ([name, inputs]) => {
    const { load } = await import('./' + name + '/' + name + '.js');
    const model = await load({ backend: 'webgpu' });
    // The browser that is tested has them.
    const reason = model.subgroupsReason ?? 'no kernel of the model has use for them';
    if (reason !== 'no kernel of the model has use for them') throw new Error(reason);
    const typed = Object.entries(inputs).map(([input, numbers]) => [input, Float32Array.from(numbers)]);
    const outputs = await model.run(Object.fromEntries(typed));
    model.dispose();
    return Object.fromEntries(Object.entries(outputs).map(([output, numbers]) => [output, Array.from(numbers)]));
  };
</script>`;

describe.each(networks)('%s', (name, make) => {
  const folder = mkdtempSync(join(tmpdir(), 'espalier-webgpu-whole-'));
  let graph: Graph;
  let inputs: Named;
  let want: Named;

  beforeAll(async () => {
    graph = { ...make(), name };
    inputs = randomInputs(graph, 5);
    want = evaluate(graph, inputs);
    // What runs as WebAssembly has tests of its own.
    const built = await build(graph, { target: 'webgpu', out: join(folder, name), sourceOnly: true });
    expect(built.ok).toBe(true);
    writeFileSync(join(folder, 'index.html'), page);
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  test.skipIf(noGpu)(`in Node.js on Dawn ${noGpu ?? ''}`, async () => {
    const { load } = (await import(pathToFileURL(join(folder, name, `${name}.js`)).href)) as Binding;
    const model = await load({ gpu: await gpu(), backend: 'webgpu' });
    expect(largestError(want, await model.run(inputs)).error).toBeLessThan(1e-4);
    model.dispose();
  });

  test.skipIf(!existsSync(chromiumPath))('in chromium, which must be at /usr/bin/chromium', async () => {
    const served = await serve({ app: { folder } });
    const browser = await launch('--enable-unsafe-webgpu');
    try {
      const sent: Sent = Object.fromEntries(Object.entries(inputs).map(([input, data]) => [input, Array.from(data)]));
      const got = await computed<Sent>(browser, `${served.address}/app/`, [name, sent]);
      const typed = Object.entries(got).map(([output, numbers]) => [output, Float32Array.from(numbers)]);
      expect(largestError(want, Object.fromEntries(typed)).error).toBeLessThan(1e-4);
      expect(served.asked.filter((path) => path.includes('/wasm/'))).toEqual([]);
    } finally {
      await browser.close();
      served.close();
    }
  });
});
