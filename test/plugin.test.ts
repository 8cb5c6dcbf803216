/** The plugin for bundlers, its hooks called by hand: what imports mean, what is made of them, and when it is made again. */
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Diagnostic } from '../src/diagnostic.ts';
import { emittedAddress, placeOf, serverAddress, serverFiles } from '../src/plugin/address.ts';
import { cacheFolder } from '../src/plugin/cache.ts';
import { declareModel } from '../src/plugin/declarations.ts';
import { faultName } from '../src/plugin/fault.ts';
import { moduleText } from '../src/plugin/module.ts';
import { checkedOptions, optionsFor, parseQuery } from '../src/plugin/options.ts';
import type { Loaded } from '../src/plugin/plugin.ts';
import { createEspalier } from '../src/plugin/plugin.ts';
import {
  asked,
  besideImport,
  besideIn,
  bindingOf,
  moduleName,
  ours,
  ownerOf,
  parseImport,
  parseModuleName,
} from '../src/plugin/request.ts';
import { writeModel } from './cli-kit.ts';
import { appFolder } from './plugin-kit.ts';

describe('an import', () => {
  test.each([
    ['./pose/model.json?espalier', './pose/model.json', ''],
    ['./pose?batch=2&espalier&prune=block:4x1:0.9', './pose', 'batch=2&prune=block%3A4x1%3A0.9'],
    ['pkg/pose.onnx?espalier=&t=123#x', 'pkg/pose.onnx', ''],
  ])('%s', (specifier, path, query) => {
    expect(parseImport(specifier)).toEqual({ path, query });
    const name = moduleName({ path: `/an app/${path}`, query });
    expect(parseModuleName(name)).toEqual({ path: `/an app/${path}`, query });
    expect(name).toMatch(ours);
    expect(ownerOf(`\0${bindingOf(name)}`)).toBe(name);
  });

  test.each(['./model.json', './espalier.json?url', './x.json?espaliers', 'espalier'])(
    '%s is not for us',
    (specifier) => {
      expect(asked.test(specifier)).toBe(false);
      expect(parseImport(specifier)).toBeUndefined();
    },
  );

  test('of what was built beside a module leads to the same model, and to no other module', async () => {
    const name = moduleName({ path: '/what?/a&b#c/model.json', query: 'batch=2&target=webgpu' });
    const specifier = besideImport(name);
    expect(specifier).toMatch(asked);
    const other = await createEspalier().resolve(specifier, name, async () => expect.unreachable());
    expect(other).not.toBe(name);
    const { path, query } = parseModuleName(other ?? expect.unreachable());
    expect(path).toBe('/what?/a&b#c/model.json');
    expect(besideIn({ path, query })).toEqual({ isBeside: true, query: 'batch=2&target=webgpu' });
    expect(besideIn(parseModuleName(name))).toEqual({ isBeside: false, query: 'batch=2&target=webgpu' });
  });

  test('whose path has signs of a query in it keeps them', () => {
    const request = { path: '/what?/a&b#c/model.json', query: 'batch=2' };
    expect(parseModuleName(moduleName(request))).toEqual(request);
    expect(moduleName(request)).not.toMatch(/[?#]|\.json$/);
  });
});

describe('options', () => {
  const checked = (given: object) => {
    const told: Diagnostic[] = [];
    return { options: checkedOptions(given, '/app', (d) => void told.push(d)), told };
  };

  test('of a query are numbers, lists and texts', () => {
    expect(parseQuery('batch=2&shapes.input=1,240,320,3&strictFp&quantize=weights%3Dint8')).toEqual({
      batch: 2,
      shapes: { input: [1, 240, 320, 3] },
      strictFp: true,
      quantize: 'weights=int8',
    });
  });

  test('of single models are found by globs, the last one first', () => {
    const models = { '*/pose/*': { batch: 2 }, '*.onnx': { batch: 3, name: 'net' } };
    expect(optionsFor('models/pose/a.onnx', { strictFp: true, cache: 'c', models })).toEqual({
      strictFp: true,
      batch: 3,
      name: 'net',
    });
  });

  test('with paths are taken from the folder of who says them', () => {
    const { options, told } = checked({ masks: 'm.npz', calibrate: '../c', constants: { k: 'k.npy', n: 2 } });
    expect(told).toEqual([]);
    expect(options).toEqual({ masks: '/app/m.npz', calibrate: '/c', constants: { k: '/app/k.npy', n: 2 } });
    expect(checked({ calibrate: 'random:3' }).options).toEqual({ calibrate: 'random:3' });
  });

  test.each([
    [{ bacth: 2 }, 'there is no option "bacth"', 'did you mean "batch"?'],
    [{ out: 'x' }, 'the option "out" is not for modules', 'where it goes the bundler says'],
    [{ target: 'cpu' }, 'the target "cpu" is not for modules', 'wasm or webgpu'],
    [{ target: 3 }, 'the target "3" is not for modules', 'wasm or webgpu'],
    [{ batch: 'two' }, 'the option "batch" must be a whole number above zero', 'see the type'],
    [{ threads: 0 }, 'the option "threads" must be a whole number above zero', 'see the type'],
    [
      { weightsFile: 1 },
      'the option "weightsFile" is not as it must be: expected boolean, received number',
      'see the type',
    ],
    [{ prune: 3 }, '"prune" is no pattern', 'unstructured'],
    [{ name: 3 }, '"name" is no text', 'name=pose'],
    [{ weights: 'f15' }, 'the option "weights" must be f32', 'see the type'],
  ])('%j', (given, message, hint) => {
    const { options, told } = checked(given);
    expect(options).toBeUndefined();
    expect(told).toHaveLength(1);
    expect(told[0].code).toBe('plugin/option');
    expect(told[0].message).toContain(message);
    expect(told[0].hint).toContain(hint);
  });
});

describe('addresses', () => {
  const binding = 'const a = new URL(\'./net.wasm\', import.meta.url), b = new URL("./net.bin", import.meta.url);';

  test('take the place of what the compiler wrote', () => {
    const text = moduleText(`${binding} import('./wasm/net.js')`, ['net.wasm', 'net.bin'], {
      file: (file) => (file === 'net.bin' ? { url: `at(${file})` } : { imports: `import w from '${file}';`, url: 'w' }),
      beside: '/$&/net"?espalier',
    });
    expect(text).toBe('import w from \'net.wasm\';\nconst a = w, b = at(net.bin); import("/$&/net\\"?espalier")');
    const places = { file: () => ({ url: '' }), beside: '' };
    expect(() => moduleText(binding, ['net.wasm'], places)).toThrow('refers to "net.bin"');
  });

  test('are apart for what was made of other files', () => {
    const hash = '0123456789abcdef01234567';
    const places = [`/c/${hash}/net.bin`, `C:\\c\\${hash}\\wasm\\net.wasm`, '/somewhere/else/net.bin'].map(placeOf);
    expect(places).toEqual([`${hash}/net.bin`, `${hash}/wasm/net.wasm`, 'else/net.bin']);
  });

  test('on a server are relative to each chunk', () => {
    const { url } = serverAddress('assets/1/net.wasm');
    expect(serverFiles(url, (place) => `../${place}`)).toBe("new URL('../assets/1/net.wasm', import.meta.url)");
  });
});

/** A folder with a model in it, and the plugin; what is loaded, and what the bundler was told. */
function app() {
  const folder = appFolder({ 'src/main.js': '' });
  // The name that tests of the library use: the binding of a name is checked once in a process, and that takes longest.
  writeModel(join(folder, 'net'));
  const watched = new Set<string>();
  const warnings: string[] = [];
  const start = (options = {}) => Object.assign(createEspalier(options), { root: folder });
  const context = {
    addWatchFile: (file: string) => void watched.add(file),
    warn: (message: string) => void warnings.push(message),
  };
  const nobody = async () => undefined;
  const load = async (specifier: string, espalier = start()): Promise<Loaded> => {
    const name = await espalier.resolve(specifier, join(folder, 'src/main.js'), nobody);
    return espalier.load(name ?? '', context);
  };
  const faultOf = (loading: Promise<unknown>): Promise<string> =>
    loading.then(
      () => expect.unreachable('it loads'),
      (error: unknown) => (error instanceof Error && error.name === faultName ? error.message : Promise.reject(error)),
    );
  return { folder, watched, warnings, start, load, faultOf };
}

describe('a model', () => {
  test('is compiled once for the same bytes, wherever they were in between', async () => {
    const { folder, watched, load } = app();
    const first = await load('../net/model.json?espalier');
    expect([...watched]).toEqual([join(folder, 'net/model.json'), join(folder, 'net/weights.bin')]);
    expect(dirname(first.folder)).toBe(join(folder, 'node_modules/.cache/espalier'));
    expect(WebAssembly.validate(new Uint8Array(readFileSync(join(first.folder, 'net.wasm'))))).toBe(true);
    expect(first.text((path) => ({ url: `<${path}>` }))).toContain(`source = <${join(first.folder, 'net.wasm')}>`);

    const mark = join(first.folder, 'mark');
    writeFileSync(mark, 'gone, were it compiled again');
    expect((await load('../net/model.json?espalier')).folder).toBe(first.folder);
    expect(existsSync(mark)).toBe(true);
    truncateSync(join(first.folder, 'net.wasm'), 9);
    await load('../net/model.json?espalier');
    expect([existsSync(mark), readFileSync(join(first.folder, 'net.wasm')).length > 9]).toEqual([false, true]);

    writeModel(join(folder, 'net'), { bias: 7 });
    const second = await load('../net/model.json?espalier');
    expect(second.folder).not.toBe(first.folder);
    writeModel(join(folder, 'net'));
    expect((await load('../net/model.json?espalier')).folder).toBe(first.folder);
    expect((await load('../net?espalier')).folder).not.toBe(first.folder);
  });

  test('is found again when the project was moved', async () => {
    const { folder, load } = app();
    const { folder: output } = await load('../net/model.json?espalier');
    const moved = `${folder}-moved`;
    mkdirSync(moved);
    for (const name of ['net', 'node_modules', 'package.json']) renameSync(join(folder, name), join(moved, name));
    const before = readdirSync(cacheFolder(moved));
    const again = Object.assign(createEspalier(), { root: moved });
    const name = moduleName({ path: join(moved, 'net/model.json'), query: '' });
    const loaded = await again.load(name, { addWatchFile() {}, warn() {} });
    expect(loaded.folder).toBe(output.replace(folder, moved));
    expect(readdirSync(cacheFolder(moved))).toEqual(before);
    rmSync(moved, { recursive: true });
  });

  test('that cannot be pruned as it is asked for says which layers cannot', async () => {
    const { load, faultOf } = app();
    const text = await faultOf(load('../net/model.json?espalier&prune=unstructured:0.5'));
    expect(text).toMatch(
      /^model\.json: error: no layer can be pruned as "unstructured:0.5": .*\[prune\/no-layer\]\n {2}hint: /,
    );
  });

  test('that would be larger than it may be is not written', async () => {
    const { folder, load, faultOf } = app();
    expect(await faultOf(load('../net/model.json?budget=1kB&espalier'))).toMatch(
      /^net\/model\.json: error: .*\[budget\/[\w-]+\]\n {2}hint: /,
    );
    expect(existsSync(join(folder, 'node_modules/.cache/espalier'))).toBe(false);
  });

  test('that cannot be compiled says why, and is watched with what lies beside it', async () => {
    const { folder, watched, faultOf, load, start } = app();
    const espalier = start();
    truncateSync(join(folder, 'net/weights.bin'), 12);
    const text = await faultOf(load('../net/model.json?espalier', espalier));
    expect(text).toMatch(/weights\.bin.*\[import\/[\w-]+\]\n {2}hint: /);
    expect(watched).toContain(join(folder, 'net/weights.bin'));
    expect(espalier.modulesOf(join(folder, 'net/weights.bin'))).toHaveLength(1);
    expect(espalier.modulesOf(join(folder, 'src/main.js'))).toEqual([]);
    expect(existsSync(join(folder, 'node_modules/.cache'))).toBe(false);
  });

  test('that is not there is looked for beside, and elsewhere by its package', async () => {
    const { faultOf, load } = app();
    expect(await faultOf(load('../net/modle.json?espalier'))).toContain('[import/missing-file]\n  hint: did you mean');
    expect((await load('/net/model.json?espalier')).manifest.name).toBe('net');
    const text = await faultOf(load('no-such-package/model.json?espalier'));
    expect(text).toMatch(/main\.js: error: the model "no-such-package\/model.json" is not found \[plugin\/not-found\]/);
    expect(await faultOf(load('../net/model.json?espalier&bacth=2'))).toContain('did you mean "batch"?');
  });
});

test('files are emitted as Rollup wants them', () => {
  const { folder } = app();
  const told: object[] = [];
  const address = emittedAddress(join(folder, 'net/weights.bin'), {
    emitFile(file) {
      told.push(file);
      return 'ref1';
    },
  });
  expect(address.url).toBe('new URL(import.meta.ROLLUP_FILE_URL_ref1)');
  expect(told).toEqual([{ type: 'asset', name: 'weights.bin', source: readFileSync(join(folder, 'net/weights.bin')) }]);
});

describe('types', () => {
  test('are those of each model that is still there, the longer pattern first', () => {
    const { folder } = app();
    const file = join(folder, 'src/models.d.ts');
    const declare = (specifier: string, model: string, types: string) =>
      declareModel(file, folder, { specifier, model, types });
    const modules = () =>
      Array.from(readFileSync(file, 'utf8').matchAll(/^declare module '(.+)' \{\n(.*)$/gm), ([, a, b]) => [
        a,
        b.trim(),
      ]);
    declare('../net/model.json?espalier', 'net/model.json', 'export declare const a: 1;\n');
    declare('@/pose/model.json?espalier', 'net/model.json', 'export declare const b: 1;\n');
    declare('./gone.json?espalier', 'gone.json', 'export declare const c: 1;\n');
    declare('../../net/model.json?espalier', 'net/model.json', 'export declare const d: 1;\n');
    expect(modules().slice(0, 2)).toEqual([
      ['@/pose/model.json?espalier', 'export const b: 1;'],
      ['*/net/model.json?espalier', 'export const d: 1;'],
    ]);
    expect(
      modules()
        .map(([name]) => name)
        .slice(2),
    ).toEqual(['*target=webgpu&espalier', '*?espalier', '*&espalier']);
  });
});
