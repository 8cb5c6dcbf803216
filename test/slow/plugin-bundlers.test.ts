/** The plugin in bundlers other than Vite: what they write runs in Node, from a folder of its own. */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Plugin as EsbuildPlugin, Format, Platform } from 'esbuild';
import { build as esbuild } from 'esbuild';
import { rolldown } from 'rolldown';
import { rollup } from 'rollup';
import { beforeAll, describe, expect, test } from 'vitest';
import webpack from 'webpack';
import { dataBytes } from '../../examples/data-bytes.ts';
import { espalier as forEsbuild } from '../../src/plugin/esbuild.ts';
import { espalier as forRolldown } from '../../src/plugin/rolldown.ts';
import { espalier as forRollup } from '../../src/plugin/rollup.ts';
import { espalier as forWebpack } from '../../src/plugin/webpack.ts';
import { writeModel } from '../cli-kit.ts';
import { chromiumPath, launch, serve } from '../page-kit.ts';
import { appFolder, root } from '../plugin-kit.ts';

const folder = appFolder({
  'main.js': `
    import { load } from './net/model.json?espalier';
    import { load as fromPackage } from 'models/net/model.json?name=packed&weightsFile&espalier';
    import { load as onGpu } from './net/model.json?target=webgpu&espalier';
    globalThis.result = Promise.all(
      [load, fromPackage, onGpu].map(async (load) => {
        const model = await load();
        return Array.from((await model.run({ x: Float32Array.of(1, 2, 3, 4) })).y);
      }),
    );
    globalThis.result.then((result) => console.log(JSON.stringify(result)));
  `,
  'node_modules/models/package.json': '{ "name": "models", "version": "1.0.0" }',
});
/** Without WebGPU the last one is what was built beside it. */
const result = [
  [13.5, 4.5],
  [15, 6],
  [13.5, 4.5],
];
const input = join(folder, 'main.js');

beforeAll(() => {
  writeModel(join(folder, 'net'));
  writeModel(join(folder, 'node_modules/models/net'), { bias: 2 });
});

/** Where nothing but the output is. */
function runAlone(out: string, script: string): unknown {
  const alone = join(appFolder(), 'out');
  cpSync(join(folder, out), alone, { recursive: true });
  const { stdout, stderr } = spawnSync(process.execPath, [join(alone, script)], { encoding: 'utf8' });
  expect(stderr).toBe('');
  return JSON.parse(stdout);
}

const text = (path: string): string => readFileSync(join(folder, path), 'utf8');

test('rollup', async () => {
  const bundle = await rollup({ input, plugins: [forRollup()] });
  expect(bundle.watchFiles).toContain(join(folder, 'net/weights.bin'));
  await bundle.write({ dir: join(folder, 'rollup'), chunkFileNames: 'deep/[name].js', format: 'es' });
  expect(runAlone('rollup', 'main.js')).toEqual(result);
});

test('rolldown', async () => {
  const bundle = await rolldown({ input, plugins: [forRolldown()] });
  await bundle.write({ dir: join(folder, 'rolldown'), entryFileNames: 'deep/[name].js', format: 'es' });
  expect(runAlone('rolldown', 'deep/main.js')).toEqual(result);
});

function bundled(plugins: readonly webpack.WebpackPluginInstance[], main = input): Promise<readonly string[]> {
  const output = { path: join(folder, 'webpack'), filename: 'main.cjs' };
  const cache = { type: 'filesystem' as const, cacheDirectory: join(folder, 'webpack-cache') };
  return new Promise((resolve, reject) => {
    const compiler = webpack({
      mode: 'production',
      target: 'node',
      context: folder,
      entry: main,
      output,
      cache,
      plugins: [...plugins],
    });
    compiler.run((error, stats) => {
      const faults = stats?.toJson({ errors: true }).errors?.map((e) => e.message) ?? [];
      compiler.close((other) => (error || other ? reject(error ?? other) : resolve(faults)));
    });
  });
}

test('webpack, also with what it keeps from run to run, and our own cache gone', async () => {
  expect(await bundled([forWebpack()])).toEqual([]);
  expect(runAlone('webpack', 'main.cjs')).toEqual(result);
  rmSync(join(folder, 'node_modules/.cache'), { recursive: true });
  expect(await bundled([forWebpack()])).toEqual([]);
  expect(runAlone('webpack', 'main.cjs')).toEqual(result);
});

describe('esbuild', () => {
  const bundle = (outdir: string, plugins: readonly EsbuildPlugin[], format?: Format, platform: Platform = 'browser') =>
    esbuild({
      entryPoints: [input],
      bundle: true,
      outdir: join(folder, outdir),
      logLevel: 'silent',
      platform,
      plugins: [...plugins],
      ...(format && { format }),
      ...(platform === 'node' && format !== 'esm' && { outExtension: { '.js': '.cjs' } }),
    });

  test.each<[string, Format | undefined, string]>([
    ['a module for Node', 'esm', 'main.js'],
    ['a script for Node, as it writes when nobody says', undefined, 'main.cjs'],
  ])('%s', async (_, format, script) => {
    await bundle(`esbuild-${format}`, [forEsbuild()], format, 'node');
    expect(runAlone(`esbuild-${format}`, script)).toEqual(result);
  });

  test.skipIf(!existsSync(chromiumPath))('a script for pages, as it writes when nobody says', async () => {
    await bundle('esbuild-page/deep', [forEsbuild()]);
    expect(text('esbuild-page/deep/main.js')).not.toContain('\0');
    writeFileSync(join(folder, 'esbuild-page/deep/index.html'), '<script src="main.js"></script>');
    const served = await serve({ app: { folder: join(folder, 'esbuild-page') } });
    const browser = await launch();
    const page = await browser.newPage();
    await page.goto(`${served.address}/app/deep/`);
    expect(await page.evaluate('window.result')).toEqual(result);
    await browser.close();
    served.close();
  });
});

test('what a query asks for is done: fewer weights, smaller ones, whole numbers, and all of them', async () => {
  cpSync(join(root, 'examples/digits/digits-dense'), join(folder, 'digits'), { recursive: true });
  const whole = 'quantize=weights=int8,activations=int8&calibrate=random:1';
  const queries = {
    plain: '',
    codes: '&weights=codebook:16',
    pruned: '&prune=unstructured:0.9',
    bytes: `&${whole}`,
    both: `&prune=unstructured:0.9&${whole}`,
  };
  const imports = Object.entries(queries).map(
    ([name, query], i) => `export { load as load${i} } from './digits/model.json?espalier&name=${name}${query}';`,
  );
  const main = join(folder, 'queries.js');
  writeFileSync(main, imports.join('\n'));
  const { output } = await (await rollup({ input: main, plugins: [forRollup()] })).generate({ format: 'es' });
  const files = output.flatMap((file) => (file.type === 'asset' ? [file] : []));
  const modules = new Map(files.map((file) => [/\w+/.exec(file.names[0])?.[0] ?? '', file.source as Uint8Array]));
  expect(files.every(({ source }) => WebAssembly.validate(source as Uint8Array<ArrayBuffer>))).toBe(true);
  expect([...modules.keys()].sort()).toEqual(Object.keys(queries).sort());
  const module = (name: string): Uint8Array => modules.get(name) ?? expect.unreachable(name);
  const size = (name: string): number => module(name).length;
  expect(size('codes')).toBeLessThan(0.75 * size('plain'));
  expect(size('pruned')).toBeLessThan(0.5 * size('plain'));
  // Of so small a network code is half of such modules: what is stored is told by itself.
  expect(size('bytes')).toBeLessThan(0.75 * size('plain'));
  expect(size('both')).toBeLessThan(size('bytes'));
  const stored = (name: string): number => dataBytes(module(name)) / dataBytes(module('plain'));
  expect(stored('codes')).toBeLessThan(0.3);
  expect(stored('pruned')).toBeLessThan(0.21);
  // Besides weights of one byte in place of two there are the numbers that sums are brought to the next scale by.
  expect(stored('bytes')).toBeLessThan(0.6);
  expect(stored('both')).toBeLessThan(0.25);
});

describe('a model that cannot be compiled is an error of the bundler, with the file and what to do', () => {
  const main = join(folder, 'broken.js');
  const message =
    /there is no such file or folder \[import\/missing-file\]\n {2}hint: did you mean "[^"]*net\/model\.json"\?/;
  beforeAll(() => writeFileSync(main, "import './net/modle.json?espalier';"));

  test('rollup', async () => {
    await expect(rollup({ input: main, plugins: [forRollup()] })).rejects.toThrow(message);
  });

  test('rolldown', async () => {
    const bundle = await rolldown({ input: main, plugins: [forRolldown()] });
    await expect(bundle.generate()).rejects.toThrow(message);
  });

  test('webpack', async () => {
    const errors = await bundled([forWebpack()], main);
    expect(errors).toHaveLength(1);
    expect(errors[0]).toMatch(message);
    expect(errors[0]).not.toContain('    at ');
  });

  test('esbuild', async () => {
    const built = esbuild({
      entryPoints: [main],
      bundle: true,
      write: false,
      logLevel: 'silent',
      plugins: [forEsbuild()],
    });
    await expect(built).rejects.toThrow(message);
  });
});
