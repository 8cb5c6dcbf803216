/** `--weights-file`: weights beside the module, where they may come from, and what is said of those that are not the right ones. */
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { pipeline } from '../passes/index.ts';
import { parse } from '../src/graph/parse.ts';
import { loadWasm } from '../src/toolchain/run-wasm.ts';
import { wasm } from '../targets/wasm/target.ts';
import { espalier } from './cli-kit.ts';
import type { Binding } from './wasm-build.ts';
import { buildWasm, importBinding, writeBuilt } from './wasm-build.ts';

/** Two layers, one of them pruned: its weights are stored without the zeros, and expanded when they are there. */
const numbers = (count: number, every: number): string =>
  Array.from({ length: count }, (_, i) => (i % every === 0 ? Math.fround(Math.sin(i + 1)) : 0)).join(' ');
const graph = parse(`graph net of "net"
  %x = input "x" : f32[1x32]
  %w = constant [${numbers(32 * 24, 4)}] : f32[24x32]
  %b = constant [${numbers(24, 1)}] : f32[24]
  %h = linear(%x, %w, %b) activation=relu : f32[1x24]
  %v = constant [${numbers(24 * 5, 1)}] : f32[5x24]
  %c = constant [${numbers(5, 1)}] : f32[5]
  %y = linear(%h, %v, %c) activation=none : f32[1x5]
return "y"=%y`);

let folder: string;
let whole: string;
let binding: Binding;
let module: Uint8Array<ArrayBuffer>;
let weights: Uint8Array<ArrayBuffer>;

beforeAll(async () => {
  const passes = pipeline(wasm.target({}));
  whole = writeBuilt(await buildWasm(graph, passes));
  const built = await buildWasm(graph, passes, { weightsFile: true });
  folder = writeBuilt(built);
  module = built.module;
  binding = await importBinding(folder, 'net');
  weights = new Uint8Array(readFileSync(join(folder, 'net.bin')));
});
afterEach(() => void vi.unstubAllGlobals());

const x = Float32Array.from({ length: 32 }, (_, i) => Math.cos(i));
const load = (from: unknown, options = {}) => binding.load(module, { weights: from, ...options });
const fault = (from: unknown, options = {}) =>
  load(from, options).then(
    () => 'none',
    (error: Error & { reason: string }) => [error.name, error.reason, error.message],
  );

describe('weights in a file', () => {
  test('give the same bits as weights in the module, which is smaller without them', async () => {
    const size = (of: string, name: string): number => statSync(join(of, name)).size;
    expect(size(whole, 'net.wasm') - size(folder, 'net.wasm')).toBeGreaterThan(0.9 * weights.length);
    for (const wanted of ['portable', 'fastest'] as const) {
      const [one, other] = await Promise.all([loadWasm(whole, 'net', wanted), loadWasm(folder, 'net', wanted)]);
      expect(other.kernels).toBe(one.kernels);
      expect(other.run({ x })).toEqual(one.run({ x }));
    }
  });

  test('come from beside the module, bytes, an answer, an address, or what will be one', async () => {
    const want = (await loadWasm(whole, 'net', 'fastest')).run({ x }).y;
    const shifted = new Uint8Array(weights.length + 1);
    shifted.set(weights, 1);
    const sources: readonly unknown[] = [
      weights,
      weights.buffer,
      shifted.subarray(1),
      new Response(weights),
      Promise.resolve(new Response(weights)),
      pathToFileURL(join(folder, 'net.bin')),
    ];
    for (const source of sources) expect((await load(source)).run({ x }).y).toEqual(want);
    const beside = (await import(/* @vite-ignore */ pathToFileURL(join(folder, 'net.js')).href)) as Binding;
    expect((await beside.load()).run({ x }).y).toEqual(want);
  });

  test('that are cut off, too long or not there are refused by their name', async () => {
    const length = `it has ${weights.length} bytes, and`;
    const said = (why: string) => ['ModelError', 'source', `cannot load net.bin: ${why}`];
    expect(await fault(weights.slice(0, -4))).toEqual(said(`${length} ${weights.length - 4} came`));
    expect(await fault(new Uint8Array(weights.length + 1))).toEqual(said(`${length} ${weights.length + 1} came`));
    expect(await fault(new Uint8Array())).toEqual(said(`${length} 0 came`));
    expect(await fault(new Response('', { status: 404 }))).toEqual(said('the server answers 404'));
    expect(await fault(Promise.reject(new Error('offline')))).toEqual(said('offline'));
    const none = pathToFileURL(join(folder, 'none.bin'));
    expect((await fault(none))[2]).toContain(`cannot load net.bin from "${none.href}": ENOENT`);
  });

  test('that differ in any bit are refused', async () => {
    const why = 'cannot load net.bin: its contents are not those that belong to this module';
    for (let at = 0; at < weights.length; at += 7) {
      const other = weights.slice();
      other[at] ^= 1 << (at % 8);
      expect(await fault(other)).toEqual(['ModelError', 'source', why]);
    }
    const swapped = weights.slice();
    swapped.set(weights.subarray(4, 8), 0);
    swapped.set(weights.subarray(0, 4), 4);
    expect(await fault(swapped)).toEqual(['ModelError', 'source', why]);
  });
});

describe('weights that come bit by bit', () => {
  const url = new URL('https://example.org/models/net.bin');
  const from = 'cannot load net.bin from "https://example.org/models/net.bin":';
  /** An answer in pieces of so many bytes, in turn; `end` is what comes after some of them. */
  function answer(
    sizes: readonly number[],
    end: { readonly after: number; readonly error?: Error } = { after: Infinity },
  ) {
    let [at, i] = [0, 0];
    const body = new ReadableStream<Uint8Array>({
      pull(to) {
        if (at >= Math.min(weights.length, end.after)) return end.error ? to.error(end.error) : to.close();
        const size = sizes[i++ % sizes.length];
        to.enqueue(weights.slice(at, at + size));
        at += size;
      },
    });
    return new Response(body);
  }
  const come = (given: Response) => vi.stubGlobal('fetch', async () => given);

  test('are the same, and their progress is told', async () => {
    const want = (await load(weights)).run({ x }).y;
    for (const sizes of [[1], [3, 64, 5], [4, 8], [weights.length], [777, 1]]) {
      come(answer(sizes));
      const told: number[] = [];
      const onProgress = (loaded: number, total: number) => void told.push(loaded, total);
      expect((await load(url, { onProgress })).run({ x }).y).toEqual(want);
      expect(told.filter((_, i) => i % 2 === 1).every((total) => total === weights.length)).toBe(true);
      const loaded = told.filter((_, i) => i % 2 === 0);
      expect(loaded).toEqual(loaded.toSorted((a, b) => a - b));
      expect(loaded.at(-1)).toBe(weights.length);
      expect(loaded.length).toBe(sizes[0] === weights.length ? 1 : loaded.length);
    }
  });

  test.each([
    [
      'a network that breaks off',
      () => answer([100], { after: 500, error: new TypeError('terminated') }),
      'terminated',
    ],
    ['an answer cut off', () => answer([100], { after: 500 }), /^it has \d+ bytes, and 500 came$/],
    ['an answer without a body', () => new Response(null), /^it has \d+ bytes, and 0 came$/],
    ['a server that has nothing', () => new Response('', { status: 404 }), 'the server answers 404'],
    [
      'a page',
      () => new Response('', { headers: { 'content-type': 'text/html' } }),
      'the server answers with a page, text/html',
    ],
  ])('%s is said with the address', async (_what, given, why) => {
    come(given());
    const [name, reason, message] = await fault(url);
    expect([name, reason]).toEqual(['ModelError', 'source']);
    expect(message.slice(0, from.length)).toBe(from);
    expect(message.slice(from.length + 1)).toMatch(why);
  });

  test('what does not end is not waited for', async () => {
    const cancel = vi.fn();
    come(new Response(new ReadableStream({ pull: (to) => to.enqueue(new Uint8Array(4096)), cancel })));
    expect((await fault(url))[2]).toMatch(/: it has \d+ bytes, and \d+ came$/);
    expect(cancel).toHaveBeenCalledTimes(1);
  });

  test('an address that cannot be reached', async () => {
    vi.stubGlobal('fetch', async () => {
      throw new TypeError('fetch failed');
    });
    expect((await fault(url))[2]).toBe(`${from} fetch failed`);
  });
});

describe('a cache', () => {
  const address = new URL('https://example.org/models/net.bin');
  /** What a browser has, as far as it is used. */
  function browser({ broken = false } = {}) {
    const held = new Map<string, Response>();
    const store = {
      match: async (key: URL) => held.get(key.href)?.clone(),
      keys: async () => [...held.keys()].map((url) => ({ url })),
      delete: async (url: string) => held.delete(url),
      put: async (key: URL, answer: Response) => {
        if (broken) throw new DOMException('full', 'QuotaExceededError');
        held.set(key.href, answer);
      },
    };
    const fetched = vi.fn(async () => new Response(weights));
    vi.stubGlobal('caches', { open: async () => store });
    vi.stubGlobal('fetch', fetched);
    return { held, fetched };
  }

  test('is asked before the network, and only where that is wanted', async () => {
    const { held, fetched } = browser();
    await load(address);
    expect([held.size, fetched.mock.calls.length]).toEqual([0, 1]);
    held.set('https://example.org/models/net.bin?espalier=older', new Response('x'));
    held.set('https://example.org/models/other.bin?espalier=1', new Response('x'));
    const first = await load(address, { cache: true });
    expect(fetched).toHaveBeenCalledTimes(2);
    expect([...held.keys()].map((key) => key.replace(/=[0-9a-f]{64}$/, '=HASH'))).toEqual([
      'https://example.org/models/other.bin?espalier=1',
      'https://example.org/models/net.bin?espalier=HASH',
    ]);
    const second = await load(address, { cache: true });
    expect(fetched).toHaveBeenCalledTimes(2);
    expect(second.run({ x })).toEqual(first.run({ x }));
  });

  test('that holds something else, or is full, does no harm', async () => {
    const { held, fetched } = browser();
    await load(address, { cache: true });
    for (const key of held.keys()) held.set(key, new Response('cut off'));
    await load(address, { cache: true });
    await load(address, { cache: true });
    expect(fetched).toHaveBeenCalledTimes(2);
    const full = browser({ broken: true });
    await load(address, { cache: true });
    expect([full.held.size, full.fetched.mock.calls.length]).toEqual([0, 1]);
  });

  test('does not take what is wrong', async () => {
    const { held } = browser();
    vi.stubGlobal('fetch', async () => new Response('<html>', { status: 200 }));
    expect((await fault(address, { cache: true }))[2]).toContain('and 6 came');
    expect(held.size).toBe(0);
  });
});

test('a model without weights has no file of them, and a library for the cpu has none beside it', async () => {
  const plain = parse('graph n of "n"\n  %x = input "x" : f32[2]\n  %y = unary(%x) fn=abs : f32[2]\nreturn "y"=%y');
  const { artefacts } = await buildWasm(plain, [], { weightsFile: true });
  expect(artefacts.filter(({ role }) => role === 'weights')).toEqual([]);
  const { code, err } = await espalier(['build', 'n.graph', '-t', 'cpu', '--weights-file']);
  expect([code, err.split('\n')[0]]).toEqual([
    1,
    'error: the target "cpu" has one place for weights, and --weights-file is given [target/no-weights-file]',
  ]);
});
