/** What a user imports: the binding of a model for WebGPU, on a device, without one, and where things go wrong. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { evaluate } from '../src/graph/evaluate.ts';
import { parse } from '../src/graph/parse.ts';
import { build } from '../src/index.ts';
import { shippedFiles } from '../src/make/budget.ts';
import { readManifest } from '../src/make/folder.ts';
import type { Bound, Loaded, Values } from './webgpu-bound.ts';
import { bindingOf, failure } from './webgpu-bound.ts';
import { noGpu, gpu as openGpu } from './webgpu-device.ts';

const graph = parse(`graph tiny of "tiny.json"
  %x = input "gnu" : f32[1x4x7x2]
  %n = input "__proto__" : i32[3]
  %w = constant [0 1 0.5 0 0 0 -2 0.25] : f32[4x1x1x2]
  %b = constant [0 1 -1 2] : f32[4]
  %c = conv2d(%x, %w, %b) stride=[1 1] dilation=[1 1] pad=[0 0 0 0] groups=1 activation=relu6 : f32[1x4x7x4] from "zebra \\"xi\\"\\n*/ }"
  %y = softmax(%c) axis=3 : f32[1x4x7x4]
  %m = binary(%n, %n) fn=add : i32[3]
return "probability"=%y, "twice"=%m
`);

const inputs: Values = Object.fromEntries([
  ['gnu', Float32Array.from({ length: 56 }, (_, i) => Math.sin(i))],
  ['__proto__', Int32Array.of(1, -2, 2 ** 31 - 1)],
]);
const want = evaluate(graph, inputs) as Values;

const folder = mkdtempSync(join(tmpdir(), 'espalier-webgpu-'));
let bound: Bound;

beforeAll(async () => {
  bound = await bindingOf(graph, folder);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function expectClose(have: Values): void {
  expect(Object.keys(have)).toEqual(['probability', 'twice']);
  for (const [i, v] of have.probability.entries()) expect(v).toBeCloseTo(want.probability[i], 5);
  expect(have.twice).toEqual(want.twice);
}

describe('without a device', () => {
  test('WebAssembly runs the model, and it is said why', async () => {
    const model = await bound.load();
    expect([model.backend, model.reason, model.device]).toEqual(['wasm', 'there is no WebGPU here', undefined]);
    const first = await model.run(inputs);
    expectClose(first);
    await model.run({ ...inputs, ...Object.fromEntries([['__proto__', Int32Array.of(0, 0, 0)]]) });
    expectClose(first);
    const kept = await failure(model.run(inputs, { output: 'buffer' }));
    expect([kept.reason, kept.message]).toEqual([
      'engine',
      'no outputs stay on a GPU, since WebAssembly runs the model: there is no WebGPU here',
    ]);
    model.dispose();
    expect((await failure(model.run(inputs))).reason).toBe('disposed');
  });

  test('and where the adapter is too small, by the limit', async () => {
    const limits = {
      maxBufferSize: 256,
      maxStorageBufferBindingSize: 2 ** 30,
      maxComputeWorkgroupsPerDimension: 65535,
    };
    const small = { requestAdapter: async () => ({ limits }) };
    const { backend, reason } = await bound.load({ gpu: small });
    expect(backend).toBe('wasm');
    expect(reason).toMatch(/^the model needs maxBufferSize of \d+, and the adapter allows 256$/);
    const none = { requestAdapter: async () => null };
    expect((await bound.load({ gpu: none })).reason).toBe('WebGPU has no adapter');
    const refused = await failure(bound.load({ gpu: small, backend: 'webgpu' }));
    expect([refused.name, refused.reason]).toEqual(['ModelError', 'limit']);
    expect((await failure(bound.load({ backend: 'webgpu' }))).reason).toBe('engine');
  });
});

describe.skipIf(noGpu)(`on a device ${noGpu ?? ''}`, () => {
  let model: Loaded;
  beforeAll(async () => {
    model = await bound.load({ gpu: await openGpu(), backend: 'webgpu' });
  });

  test('the model gives what it means, also when runs overlap', async () => {
    expect([model.backend, model.reason]).toEqual(['webgpu', undefined]);
    const others = { ...inputs, gnu: new Float32Array(56) };
    const [first, other, again] = await Promise.all([model.run(inputs), model.run(others), model.run(inputs)]);
    expectClose(first);
    expect(again).toEqual(first);
    expect(other.probability).not.toEqual(first.probability);
  });

  test('in f32 where it has no halves, which were asked for', async () => {
    const asked = await bound.load({ gpu: await openGpu(), backend: 'webgpu', arithmetic: 'f16' });
    expect(asked.arithmetic).toBe('f32');
    expectClose(await asked.run(inputs));
    asked.dispose();
  });

  test('outputs stay on the device, and inputs come from there', async () => {
    const device = model.device as GPUDevice;
    const gnu = device.createBuffer({ size: 4 * 56, usage: 8 | 4 });
    device.queue.writeBuffer(gnu, 0, inputs.gnu as Float32Array<ArrayBuffer>);
    const left = await model.run({ ...inputs, gnu }, { output: 'buffer' });
    const staged = device.createBuffer({ size: left.twice.size, usage: 8 | 1 });
    const encoder = device.createCommandEncoder();
    encoder.copyBufferToBuffer(left.twice, 0, staged, 0, left.twice.size);
    device.queue.submit([encoder.finish()]);
    await staged.mapAsync(1);
    expect(new Int32Array(staged.getMappedRange().slice(0))).toEqual(want.twice);
    expectClose(await model.run({ ...inputs, gnu }));
    const short = device.createBuffer({ size: 16, usage: 4 });
    expect((await failure(model.run({ ...inputs, gnu: short }))).message).toBe(
      'input "gnu" takes 224 bytes and is given a buffer of 16',
    );
  });

  test('inputs that do not fit are told', async () => {
    for (const [given, input, message] of [
      [{}, 'gnu', 'input "gnu" is missing'],
      [{ gnu: new Float32Array(55) }, 'gnu', 'input "gnu" takes 56 numbers and is given 55'],
      [{ gnu: new Int32Array(56) }, 'gnu', 'input "gnu" takes Float32Array and is given Int32Array'],
      [{ gnu: [1] }, 'gnu', 'input "gnu" takes Float32Array and is given Array'],
      [{ picture: 1 }, 'picture', 'there is no input "picture": the inputs are "gnu", "__proto__"'],
    ] as const) {
      const cause = await failure(model.run(given));
      expect([cause.name, cause.input, cause.message]).toEqual(['InputError', input, message]);
    }
  });

  test('a device that goes away in the middle of a run is told, and the model can be loaded anew', async () => {
    const gpu = await openGpu();
    const gone = await bound.load({ gpu, backend: 'webgpu' });
    const running = failure(gone.run(inputs));
    (gone.device as GPUDevice).destroy();
    for (const cause of [await running, await failure(gone.run(inputs))])
      expect([cause.name, cause.reason, cause.message.slice(0, 16)]).toEqual([
        'ModelError',
        'lost',
        'the GPU was lost',
      ]);
    const anew = await bound.load({ gpu, backend: 'webgpu' });
    expectClose(await anew.run(inputs));
    anew.dispose();
    anew.dispose();
    expect((await failure(anew.run(inputs))).message).toBe('the model is disposed');
  });

  test('what a shader is refused for is told with its kernel, line and layer', async () => {
    const text = readFileSync(join(folder, 'tiny.wgsl'), 'utf8');
    const line = text.split('\n').findIndex((one) => one.includes('exp(')) + 1;
    const shaders = text.replace('exp(', 'expp(');
    const cause = await failure(bound.load({ gpu: await openGpu(), shaders }));
    expect([cause.name, cause.reason]).toEqual(['ModelError', 'shader']);
    expect(cause.message).toMatch(new RegExp(`^tiny\\.wgsl, line ${line}, in kernel softmax_\\d of "y": .*expp`));
    const gone = text.replace('fn softmax_', 'fn gone_');
    expect((await failure(bound.load({ gpu: await openGpu(), shaders: gone }))).message).toMatch(
      /^kernel softmax_\d of "y": /,
    );
  });

  test('weights and shaders of another model, and what is neither, are refused', async () => {
    const gpu = await openGpu();
    const changed = new Uint8Array(readFileSync(join(folder, 'tiny.bin')));
    changed[changed.length - 1] ^= 1;
    const page = new Response('<!doctype html>', { headers: { 'content-type': 'text/html; charset=utf-8' } });
    const nowhere = new URL('file:///nowhere.bin');
    for (const [options, message] of [
      [
        { weights: new Uint8Array(12) },
        /^cannot load tiny\.bin: these 12 bytes belong to another model or another build$/,
      ],
      [{ weights: changed }, /^cannot load tiny\.bin: these \d+ bytes belong to another model or another build$/],
      [
        { shaders: new Response('fn main() {}\n') },
        /^cannot load tiny\.wgsl: these 13 bytes belong to another model or another build$/,
      ],
      [{ shaders: page }, /^cannot load tiny\.wgsl: the server answers with a page, text\/html$/],
      [{ weights: new Response('', { status: 404 }) }, /^cannot load tiny\.bin: the server answers 404$/],
      [{ weights: nowhere }, /^cannot load tiny\.bin from "file:\/\/\/nowhere\.bin": ENOENT/],
      [
        { shaders: './tiny.wgsl' },
        /^cannot load tiny\.wgsl: an address is given as a URL, and not as text: new URL\("/,
      ],
    ] as const) {
      const cause = await failure(bound.load({ gpu, ...options }));
      expect([cause.name, cause.reason]).toEqual(['ModelError', 'source']);
      expect(cause.message).toMatch(message);
    }
  });
});

test('bits that are the same on every device are refused', async () => {
  const strict = await build(graph, { target: 'webgpu', out: folder, force: true, strictFp: true });
  expect(strict.diagnostics.map((d) => d.code)).toEqual(['target/no-strict-fp']);
});

test('a budget is for what a page with a GPU loads', () => {
  const manifest = readManifest(folder);
  expect(manifest && shippedFiles(manifest)).toEqual(['tiny.wgsl', 'tiny.bin', 'tiny.js']);
});

test('nothing that a model calls things reaches a shader', async () => {
  const text = readFileSync(join(folder, 'tiny.wgsl'), 'utf8');
  for (const name of ['tiny', 'gnu', 'proto', 'probability', 'twice', 'zebra', 'xi"']) expect(text).not.toContain(name);
  expect(readFileSync(join(folder, 'tiny.js'), 'utf8')).toContain('"zebra \\"xi\\"\\n*/ }"');
});
