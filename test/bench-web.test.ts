/** What `espalier bench` says of pages: sizes, speeds, files that are served and files that are not. No time is looked at. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { benchFiles } from '../src/bench/files.ts';
import { parseLink, printLink } from '../src/bench/link.ts';
import { kitFor } from '../src/bench/peers.ts';
import { open } from '../src/bench/web/drive-ours.ts';
import { startOf } from '../src/bench/web/first.ts';
import { atOrigin, ownKit, pageSite } from '../src/bench/web/kit.ts';
import { startServer } from '../src/bench/web/server.ts';
import { downloadMs, shipmentOf, sizesOf, takenApart } from '../src/bench/web/shipped.ts';
import type { Diagnostic } from '../src/diagnostic.ts';
import { loadModel } from '../src/make/load.ts';
import { findBrowser } from '../src/toolchain/browser.ts';
import { peakOf } from '../src/toolchain/memory.ts';
import { findPackage } from '../src/toolchain/packages.ts';
import { writeModel } from './cli-kit.ts';
import { buildWasm, twoTypes, writeBuilt } from './wasm-build.ts';

let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'espalier-bench-web-test-'));
});
afterAll(() => rmSync(root, { recursive: true }));

const ports = { threads: 1, inputs: [], outputs: [], constants: {} };
const fail = (): void => expect.unreachable();

describe('bytes', () => {
  test('of a module: what is in its section of data is weights', () => {
    const data = [11, 131, 0, 1, 2, 3];
    const module = Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0, 1, 2, 9, 9, ...data, 0, 1, 7);
    const { code, weights } = takenApart(module);
    expect(Buffer.concat(code)).toEqual(Buffer.of(0, 97, 115, 109, 1, 0, 0, 0, 1, 2, 9, 9, 0, 1, 7));
    expect(Buffer.concat(weights)).toEqual(Buffer.from(data));
  });

  test('of what is shipped, part by part', async () => {
    const zeros = Buffer.alloc(5000);
    const path = (name: string, bytes: Uint8Array): string => {
      writeFileSync(join(root, name), bytes);
      return join(root, name);
    };
    const module = Buffer.of(0, 97, 115, 109, 1, 0, 0, 0, 11, 2, 1, 1);
    const { code, weights } = await shipmentOf([
      { path: path('a.js', zeros), role: 'code' },
      { path: path('a.bin', zeros.subarray(0, 100)), role: 'weights' },
      { path: path('a.wasm', module), role: 'module' },
    ]);
    expect([code.raw, weights.raw]).toEqual([5008, 104]);
    expect(code.brotli).toBeLessThan(100);
    expect(code.gzip).toBeLessThan(200);
    const parts = { code: { raw: 9, gzip: 9, brotli: 1000 }, weights: { raw: 9, gzip: 9, brotli: 250 } };
    expect(downloadMs(parts, 1e6)).toBe(10);
    expect(await sizesOf(new Uint8Array())).toEqual({ raw: 0, gzip: 0, brotli: 0 });
  });

  test('a second of a link', () => {
    const speeds = ['10Mbit', '512 kbit/s', '1.5gbit', '10', 'Mbit', '0Mbit', '-1Mbit', '10MB'].map(parseLink);
    expect(speeds).toEqual([1e7, 512e3, 1.5e9, undefined, undefined, undefined, undefined, undefined]);
    expect([1e7, 512e3, 1.5e9].map(printLink)).toEqual(['10 Mbit/s', '512 kbit/s', '1.5 Gbit/s']);
  });

  test('starts: medians, and the download on top', () => {
    const start = (loadMs: number, firstMs: number, peakBytes: number | null) => ({
      loadMs,
      firstMs,
      secondMs: 1,
      way: null,
      peakBytes,
      gpu: peakBytes === null ? null : { uploadedBytes: peakBytes, heldBytes: 2 * peakBytes },
    });
    const starts = [start(10, 1, 100), start(1, 20, null), start(2, 2, 300)];
    const medians = {
      starts: 3,
      loadMs: 2,
      firstMs: 2,
      secondMs: 1,
      peakBytes: 200,
      gpu: { uploadedBytes: 200, heldBytes: 400 },
    };
    expect(startOf(starts, 50)).toEqual({ ...medians, downloadMs: 50, totalMs: 61 });
    expect(startOf(starts, null)).toEqual({ ...medians, downloadMs: null, totalMs: 11 });
  });
});

describe('kits', () => {
  test('addresses of files in folders that are served', () => {
    const parts = {
      driver: 'ours',
      modules: { a: join(root, 'x y/a.js') },
      assets: join(root, 'x y'),
      model: join(root, 'm/net.json'),
    } as const;
    const site = pageSite(parts, { '/one/': join(root, 'x y'), '/two/': join(root, 'm') }, ports);
    expect(site).toMatchObject({ modules: { a: '/one/a.js' }, assets: '/one/', model: '/two/net.json' });
    expect(atOrigin('http://h', site)).toMatchObject({ modules: { a: 'http://h/one/a.js' }, assets: 'http://h/one/' });
  });

  test('what we ship is what a page loads', () => {
    const files = ['net.js', 'net.wasm', 'net.wat', 'net.d.ts', 'net.bin', 'package.json'];
    for (const file of files) writeFileSync(join(root, file), '');
    expect(
      ownKit(root, 'net', files, ports).ships.map(({ path, role }) => [path.slice(root.length + 1), role]),
    ).toEqual([
      ['net.js', 'code'],
      ['net.wasm', 'module'],
      ['net.bin', 'weights'],
    ]);
  });

  test('a peer without a model that it reads says so, and so does one without a package', async () => {
    const loaded = loadModel(writeModel(join(root, 'model')), {}, fail) ?? expect.unreachable();
    const options = { ...ports, loaded, folder: root, report: fail };
    expect((await kitFor('litert', options))?.node).toContain('name its file with --tflite');
    expect((await kitFor('ort-int8', options))?.page).toBe('it is native code, which runs in no browser');
    const tfjs = await kitFor('tfjs', options);
    expect(tfjs?.ships.map(({ role }) => role)).toEqual(['code', 'code', 'code', 'code', 'weights', 'weights']);
    const hints: (string | undefined)[] = [];
    // Unless a developer has it.
    if (findPackage('@litertjs/core')) return;
    const missing = {
      ...options,
      tflite: 'net.tflite',
      report: ({ hint }: Diagnostic) => void hints.push(hint),
    };
    expect(await kitFor('litert', missing)).toBeUndefined();
    expect(hints).toEqual(['npm install --save-dev @litertjs/core@2.5.3 @litertjs/wasm-utils@2.5.3']);
  });

  test('a package that is there, and one that is not', () => {
    expect(findPackage('playwright-core')?.version).toMatch(/^\d+\.\d+/);
    expect(findPackage('no-such-package')).toBeUndefined();
  });
});

test('what we build runs on as many threads as are wanted, and says on how many', async () => {
  const folder = writeBuilt(await buildWasm(twoTypes, [], { threads: 2 }));
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  const binding = pathToFileURL(join(folder, 'sum.js')).href;
  const inputs = { a: Float32Array.of(1, 2, 3, 4, 5, 6), b: Int32Array.of(10, 20, 30) };
  for (const [threads, how] of [
    [1, /^\w+ kernels$/],
    [2, /^\w+ kernels, 2 threads$/],
    [3, /^\w+ kernels, 2 threads: the model was built for 2 threads$/],
  ] as const) {
    const session = await open({
      ...ports,
      driver: 'ours',
      modules: { binding },
      assets: '',
      model: binding,
      gpu: false,
      threads,
    });
    expect(session.way).toMatch(how);
    expect(await session.run(inputs)).toMatchObject({ twice: Int32Array.of(20, 40, 60) });
  }
});

test('a browser that is named must be a program', async () => {
  expect(await findBrowser(process.execPath, fail)).toBe(process.execPath);
  const codes: string[] = [];
  expect(await findBrowser(root, ({ code }) => codes.push(code))).toBeUndefined();
  expect(codes).toEqual(['bench/no-browser']);
});

test('the most memory of a process, where the system tells', () => {
  expect(peakOf(2 ** 30)).toBeUndefined();
  if (process.platform !== 'linux') return;
  expect(peakOf(process.pid)).toBeGreaterThan(0.9 * process.memoryUsage.rss());
});

describe('the server', () => {
  test('gives what it shall, isolated, and takes numbers; nothing leads out', async () => {
    mkdirSync(join(root, 'served'));
    writeFileSync(join(root, 'secret'), 'secret');
    writeFileSync(join(root, 'served/module.js'), 'export const one = 1;');
    writeFileSync(join(root, 'served/hidden.js'), '');
    writeFileSync(join(root, 'out0.bin'), '');
    const server = await startServer({
      mounts: { '/files/': join(root, 'served') },
      mayServe: (address) => !address.includes('hidden'),
      texts: (origin) => ({ '/': origin }),
      numbers: { '/numbers/out0.bin': join(root, 'out0.bin') },
    });
    try {
      const get = (path: string, init: RequestInit = {}) => fetch(server.origin + path, init);
      const index = await get('/');
      expect(await index.text()).toBe(server.origin);
      expect(index.headers.get('content-type')).toBe('text/html');
      expect(index.headers.get('cross-origin-opener-policy')).toBe('same-origin');
      expect(index.headers.get('cross-origin-embedder-policy')).toBe('require-corp');
      const module = await get('/files/module.js');
      expect(module.headers.get('content-type')).toBe('text/javascript');
      expect(await module.text()).toBe('export const one = 1;');
      expect([...server.sent]).toEqual([['/files/module.js', join(root, 'served/module.js')]]);
      const refused = [
        '/files/%2e%2e/secret',
        '/files/..%2fsecret',
        '/files/hidden.js',
        '/files/',
        '/secret',
        '/files/%',
      ];
      for (const path of refused) expect((await get(path)).status, path).toBe(404);
      expect((await get('/files/new.js', { method: 'PUT', body: 'x' })).status).toBe(405);
      await get('/numbers/out0.bin', { method: 'PUT', body: 'numbers' });
      expect(await (await get('/numbers/out0.bin')).text()).toBe('numbers');
    } finally {
      server.close();
    }
  });
});

test('what counts in a page is a part of the page, and a table of its own', () => {
  const start = { starts: 3, loadMs: 20, firstMs: 30, secondMs: 10, peakBytes: 5e7, gpu: null };
  const sizes = { raw: 3000, gzip: 2000, brotli: 1000 };
  const web = {
    version: null,
    start: { ...start, downloadMs: 1.6, totalMs: 51.6 },
    ships: { code: sizes, weights: sizes },
  };
  const native = {
    version: '=1+1',
    start: { ...start, downloadMs: null, totalMs: 50, peakBytes: null },
    ships: null,
  };

  const timing = { medianMs: 2, minMs: 1, iqrMs: 0.1, maxError: 0 };
  const files = benchFiles({
    machine: { cpu: 'a cpu', cores: 2, pinned: [], platform: 'p', node: 'v20', compiler: null, flags: [], date: 'd' },
    model: 'net',
    mask: { weights: 100, zeros: 0.9, format: null },
    threads: 1,
    place: { kind: 'node', version: 'Node.js v20' },
    adapter: null,
    device: null,
    layerPeers: [],
    command: 'espalier bench',
    link: 1e7,
    ours: { ...timing, target: 'wasm', cpu: null, threads: 1, runs: 10, peakGflops: null, web, counts: null },
    peers: [{ ...timing, name: 'ort', ratio: 4, ratioIqr: 0.2, web: native }],
    absent: [],
    layers: [],
  });
  const [page, table] = ['bench.html', 'starts.csv'].map((path) =>
    new TextDecoder().decode(files.find((file) => file.path === path)?.contents),
  );
  expect(page).toContain('computed from brotli bytes at 10 Mbit/s');
  expect(table.split('\r\n').slice(1, 3)).toEqual([
    'espalier,,3,20,30,10,50000000,1.6,51.6,3000,2000,1000,3000,2000,1000,,',
    "ort,'=1+1,3,20,30,10,,,50,,,,,,,,",
  ]);
});
