/** Where a compiled model may come from, which of its kernels run, and what is said of what it cannot come from. */
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { assembleWat } from '../src/toolchain/wabt.ts';
import type { Binding, Built } from './wasm-build.ts';
import { buildWasm, importBinding, twoTypes, writeBuilt } from './wasm-build.ts';
import { buildModule } from './wasm-module.ts';

const graph = twoTypes;

let built: Built;
let folder: string;
let binding: Binding;

beforeAll(async () => {
  built = await buildWasm(graph);
  folder = writeBuilt(built);
  binding = await importBinding(folder, 'sum');
});

afterEach(() => vi.restoreAllMocks());

const a = () => Float32Array.of(1, 2, 3, 4, 5, 6);
const b = () => Int32Array.of(10, 20, 30);

const wasmType = { headers: { 'content-type': 'application/wasm' } };

const asksForRelaxed = (bytes: BufferSource): boolean =>
  Buffer.from(bytes as Uint8Array<ArrayBuffer>).includes(Buffer.of(0xfd, 0x85, 0x02));

describe('loading', () => {
  const works = async (source?: unknown): Promise<void> => {
    expect((await binding.load(source)).run({ a: a(), b: b() }).twice).toEqual(Int32Array.of(20, 40, 60));
  };
  const answer = (type: string, init: ResponseInit = {}): Response =>
    new Response(built.module, { headers: { 'content-type': type }, ...init });

  test('bytes', () => works(built.module));
  test('an ArrayBuffer', () =>
    works(built.module.buffer.slice(built.module.byteOffset, built.module.byteOffset + built.module.length)));
  test('a compiled module', async () => works(await WebAssembly.compile(built.module)));
  test('an answer served as WebAssembly', () => works(answer('application/wasm')));
  test('an answer served as anything', () => works(answer('application/octet-stream')));
  test('an answer to come', () => works(Promise.resolve(answer('application/wasm'))));
  test('the address of a file', () => works(pathToFileURL(join(folder, 'sum.wasm'))));

  test('the file beside the binding', async () => {
    writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
    const script = `import { load } from './sum.js';
      const { twice } = (await load()).run({ a: new Float32Array(6), b: Int32Array.of(1, 2, 3) });
      console.log(twice.join());`;
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], {
      cwd: folder,
    });
    expect(stdout).toBe('2,4,6\n');
  });

  test('the kernels that are asked for, or the fastest that there are', async () => {
    for (const kernels of ['portable', 'relaxed'] as const) {
      const loaded = await binding.load(built.module, { kernels });
      expect(loaded.kernels).toBe(kernels);
      expect(loaded.run({ a: a(), b: b() }).sum).toEqual(Float32Array.of(11, 22, 33, 14, 25, 36));
    }
    expect((await binding.load(built.module)).kernels).toBe('relaxed');
  });

  test('an engine or a model without relaxed SIMD', async () => {
    const validate = WebAssembly.validate;
    vi.spyOn(WebAssembly, 'validate').mockImplementation((bytes) => validate(bytes) && !asksForRelaxed(bytes));
    expect((await binding.load(built.module)).kernels).toBe('portable');
    await expect(binding.load(built.module, { kernels: 'relaxed' })).rejects.toThrow(
      'this engine has no relaxed WebAssembly SIMD',
    );
    vi.restoreAllMocks();
    const strict = await buildWasm(graph, [], { strictFp: true });
    expect((await binding.load(strict.module)).kernels).toBe('portable');
    await expect(binding.load(strict.module, { kernels: 'relaxed' })).rejects.toThrow(
      'the model was built without relaxed WebAssembly SIMD',
    );
  });

  test('an address that is not a file is fetched', async () => {
    const fetched = vi.spyOn(globalThis, 'fetch').mockResolvedValue(answer('application/wasm'));
    await works(new URL('https://example.org/sum.wasm'));
    expect(fetched).toHaveBeenCalledTimes(1);
  });

  test('the question for SIMD is a module that uses it', () => {
    const asked = vi.spyOn(WebAssembly, 'validate');
    return binding.load(built.module).then(() => {
      const bytes = new Uint8Array(asked.mock.calls[0][0] as Uint8Array<ArrayBuffer>);
      expect(WebAssembly.validate(bytes)).toBe(true);
      expect([...bytes]).toContain(0xfd);
    });
  });
});

describe('what cannot be loaded is a ModelError that says why', () => {
  const refused = async (source: unknown, reason: string, message: string | RegExp): Promise<void> => {
    const thrown: unknown = await binding.load(source).catch((error: unknown) => error);
    expect(thrown).toBeInstanceOf(binding.ModelError);
    expect(thrown).toMatchObject({ name: 'ModelError', reason });
    expect((thrown as Error).message).toMatch(message);
  };

  test('bytes that are cut off anywhere', async () => {
    const { length } = built.module;
    const some = Array.from({ length: 40 }, (_, i) => Math.floor((i * length) / 40));
    for (const end of [...sectionsOf(built.module), ...some])
      await refused(built.module.slice(0, end), 'source', /^(cannot load sum: .|the module is not that of sum)/);
  });

  test.each([
    ['nothing', new Uint8Array(0)],
    ['text', new TextEncoder().encode('<!doctype html><title>Not found</title>')],
    ['a page', new Response('<!doctype html>', { headers: { 'content-type': 'text/html' } })],
    ['a page that says it is WebAssembly', new Response('<!doctype html>', wasmType)],
    ['null', null],
    ['a server that has nothing', new Response('', { status: 404 })],
    ['a file that is not there', pathToFileURL('/nowhere/sum.wasm')],
  ])('%s', (_what, source) => refused(source, 'source', /^cannot load /));

  test('an address as text', () =>
    refused(
      './sum.wasm',
      'source',
      'cannot load sum: an address is given as a URL, and not as text: new URL("./sum.wasm", import.meta.url)',
    ));

  test('what a server answers in its place', async () => {
    const url = new URL('https://example.org/sum.wasm');
    const answers = (answer: Response) => vi.spyOn(globalThis, 'fetch').mockResolvedValue(answer);
    const from = 'cannot load sum from "https://example.org/sum.wasm": the server answers';
    answers(new Response('', { status: 503 }));
    await refused(url, 'source', `${from} 503`);
    answers(new Response('<!doctype html>', { headers: { 'content-type': 'text/html; charset=utf-8' } }));
    await refused(url, 'source', `${from} with a page, text/html`);
  });

  test('an answer that breaks off', async () => {
    const halves = [built.module.slice(0, 200)];
    const body = new ReadableStream({
      pull: (to) => (halves.length > 0 ? to.enqueue(halves.pop()) : to.error(new TypeError('terminated'))),
    });
    await refused(new Response(body, wasmType), 'source', /^cannot load sum: /);
  });

  test('an address that cannot be reached', async () => {
    vi.spyOn(globalThis, 'fetch').mockRejectedValue(new TypeError('fetch failed'));
    const url = new URL('https://example.org/sum.wasm');
    await refused(url, 'source', 'cannot load sum from "https://example.org/sum.wasm": fetch failed');
    await refused(Promise.reject(new TypeError('fetch failed')), 'source', 'cannot load sum: fetch failed');
  });

  test('modules of other models, and of another build', async () => {
    const other = /^the module is not that of sum/;
    await refused((await buildModule(graph, [])).bytes, 'source', other);
    const task = {
      kind: 'assemble-wat',
      source: 'm.wat',
      output: 'm.wasm',
      data: [],
      features: [],
      carries: [],
    } as const;
    for (const text of ['(module)', '(module (memory (export "memory") 1))', '(module (import "a" "b" (func)))'])
      await refused(await assembleWat(task, () => text), 'source', other);
  });

  test('engines that lack what it needs', async () => {
    vi.spyOn(WebAssembly, 'validate').mockReturnValue(false);
    await refused(built.module, 'engine', 'this engine has no WebAssembly SIMD, which the model needs');
    vi.stubGlobal('WebAssembly', undefined);
    await refused(built.module, 'engine', 'this engine has no WebAssembly');
    vi.unstubAllGlobals();
  });

  test('no room for its memory', async () => {
    const script = `import { load } from './sum.js';
      await load().catch(({ name, reason, message }) => console.log(name, reason, message));`;
    const args = ['--wasm-max-mem-pages=0', '--input-type=module', '-e', script];
    const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: folder });
    expect(stdout).toMatch(/^ModelError memory the model needs 65536 bytes of memory: ./);
  });
});

/** Where each section of a module begins: there it may be cut off and is still well-formed. */
function sectionsOf(module: Uint8Array): readonly number[] {
  const starts: number[] = [];
  for (let at = 8; at < module.length; ) {
    starts.push(at);
    let [size, shift] = [0, 0];
    do {
      at++;
      size |= (module[at] & 127) << shift;
      shift += 7;
    } while (module[at] & 128);
    at += 1 + size;
  }
  return starts;
}
