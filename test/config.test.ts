/** The config file: found, loaded in every language, checked, and matched against layers. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { loadConfig } from '../src/cli/config-file.ts';
import type { Config } from '../src/config.ts';
import { defineConfig, idleGlobs, layerConfig } from '../src/config.ts';
import type { Diagnostic } from '../src/diagnostic.ts';
import { printDiagnostic } from '../src/diagnostic.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'espalier-config-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

async function load(file?: string): Promise<{ config: Config | undefined; said: readonly string[] }> {
  const found: Diagnostic[] = [];
  const config = await loadConfig(file, folder, (d) => void found.push(d));
  return { config, said: found.map(printDiagnostic) };
}

const write = (name: string, text: string): void => writeFileSync(join(folder, name), text);

describe('finding and loading', () => {
  test('without a config file there is nothing to say', async () => {
    expect(await load()).toEqual({ config: {}, said: [] });
  });

  test('TypeScript that imports from "espalier", though nothing is installed there', async () => {
    write(
      'espalier.config.ts',
      `import { defineConfig, targets, type Config } from 'espalier';
      if (!targets.some((t) => t.name === 'wasm')) throw new Error('another library');
      const config: Config = { target: 'wasm' as const, layers: { 'conv_*': { format: 'dense' } } };
      export default defineConfig(config);`,
    );
    const { config, said } = await load();
    expect(said).toEqual([]);
    expect(config).toEqual({ target: 'wasm', layers: { 'conv_*': { format: 'dense' } } });
  });

  test.each([
    ['espalier.config.js', 'export default { batch: 2 };'],
    ['espalier.config.mjs', 'export default { batch: 2 };'],
    ['espalier.config.mts', 'export default { batch: 2 as number };'],
    ['espalier.config.json', '{ "batch": 2 }'],
  ])('%s', async (name, text) => {
    write(name, text);
    expect(await load()).toEqual({ config: { batch: 2 }, said: [] });
  });

  test('paths are relative to the file', async () => {
    mkdirSync(join(folder, 'deep'));
    write('deep/mine.json', '{ "model": "m/model.json", "out": "out", "masks": "../masks.npz" }');
    expect((await load('deep/mine.json')).config).toEqual({
      model: join(folder, 'deep/m/model.json'),
      out: join(folder, 'deep/out'),
      masks: join(folder, 'masks.npz'),
    });
  });
});

describe('what is wrong is said once, with the file', () => {
  test.each<[string, string, string, readonly string[]]>([
    [
      'a misspelt key',
      'espalier.config.json',
      '{ "targte": "cpu" }',
      ['espalier.config.json: error: unknown key "targte" [config/invalid]\n  hint: did you mean "target"?'],
    ],
    [
      'a misspelt key of a layer',
      'espalier.config.json',
      '{ "layers": { "conv_1": { "fromat": "dense" } } }',
      [
        'espalier.config.json: error: unknown key "layers.conv_1.fromat" [config/invalid]\n  hint: did you mean "format"?',
      ],
    ],
    [
      'wrong types, all of them',
      'espalier.config.json',
      '{ "batch": 0, "strictFp": "yes" }',
      [
        'espalier.config.json: error: "strictFp" is not as it must be: expected boolean, received string [config/invalid]',
        'espalier.config.json: error: "batch" must be a whole number above zero [config/invalid]',
      ],
    ],
    [
      'no default export',
      'espalier.config.js',
      'export const target = "cpu";',
      [
        'espalier.config.js: error: the config file has no default export [config/unreadable]\n' +
          '  hint: write export default defineConfig({ ... })',
      ],
    ],
    [
      'an exception',
      'espalier.config.js',
      'throw new Error("boom\\nmore");',
      [
        'espalier.config.js: error: the config file fails: boom [config/unreadable]\n  hint: it must run without errors under Node',
      ],
    ],
    [
      'JSON that is cut off',
      'espalier.config.json',
      '{ "target": ',
      [
        'espalier.config.json: error: the config file is not JSON: Unexpected end of JSON input [config/unreadable]\n' +
          '  hint: quote keys and texts, and leave out comments',
      ],
    ],
  ])('%s', async (_, name, text, want) => {
    write(name, text);
    const { config, said } = await load();
    expect(config).toBeUndefined();
    expect([...said].sort()).toEqual([...want].sort());
  });

  test('a file that is not there', async () => {
    expect((await load('nowhere.ts')).said).toEqual([
      'nowhere.ts: error: the config file does not exist [config/unreadable]\n' +
        '  hint: give the path of one of espalier.config.ts, espalier.config.mts, espalier.config.js, espalier.config.mjs, espalier.config.json',
    ]);
  });
});

describe('layers', () => {
  const { layers } = defineConfig({
    layers: {
      'model/*': { format: 'csr' },
      '**/conv_1': { params: { index: 16 } },
      'a[0]': { format: 'dense' },
    },
  });

  test('a star crosses slashes, and the last match wins key by key', () => {
    expect(layerConfig(layers, 'model/block/conv_2')).toEqual({ format: 'csr' });
    expect(layerConfig(layers, 'model/block/conv_1')).toEqual({ format: 'csr', params: { index: 16 } });
    expect(layerConfig(layers, 'other')).toBeUndefined();
  });

  test('a name matches itself, whatever globs would make of it', () => {
    expect(layerConfig(layers, 'a[0]')).toEqual({ format: 'dense' });
  });

  test('globs that match nothing are found', () => {
    expect(idleGlobs(layers, ['model/x', 'a[0]'])).toEqual(['**/conv_1']);
  });
});
