/** Where a compiled model may come from, and which of its kernels run. */
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { parse } from '../src/graph/parse.ts';
import type { Binding, Built } from './wasm-build.ts';
import { buildWasm, importBinding, writeBuilt } from './wasm-build.ts';

const graph = parse(`graph sum of "sum"
  %a = input "a" : f32[2x3]
  %b = input "b" : i32[3]
  %f = cast(%b) to=f32 : f32[3]
  %y = binary(%a, %f) fn=add : f32[2x3]
  %z = binary(%b, %b) fn=add : i32[3]
return "sum"=%y, "twice"=%z
`);

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
      'the model was built without relaxed SIMD',
    );
  });

  test('an address that is not a file is fetched', async () => {
    const fetched = vi.spyOn(globalThis, 'fetch').mockResolvedValue(answer('application/wasm'));
    await works(new URL('https://example.org/sum.wasm'));
    expect(fetched).toHaveBeenCalledTimes(1);
  });

  test('a server that has nothing', async () => {
    await expect(binding.load(answer('text/html', { status: 404 }))).rejects.toThrow(
      'cannot load "": the server answers 404',
    );
  });

  test('an engine without SIMD', async () => {
    vi.spyOn(WebAssembly, 'validate').mockReturnValue(false);
    await expect(binding.load(built.module)).rejects.toThrow(
      'this engine has no WebAssembly SIMD, which the model needs',
    );
  });

  const asksForRelaxed = (bytes: BufferSource): boolean =>
    Buffer.from(bytes as Uint8Array<ArrayBuffer>).includes(Buffer.of(0xfd, 0x85, 0x02));

  test('the question for SIMD is a module that uses it', () => {
    const asked = vi.spyOn(WebAssembly, 'validate');
    return binding.load(built.module).then(() => {
      const bytes = new Uint8Array(asked.mock.calls[0][0] as Uint8Array<ArrayBuffer>);
      expect(WebAssembly.validate(bytes)).toBe(true);
      expect([...bytes]).toContain(0xfd);
    });
  });
});
