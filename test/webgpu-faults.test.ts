/** What goes wrong with a model on a GPU: devices that go away, runs that are given up, limits, shaders. Each is said, and typed. */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { evaluate } from '../src/graph/evaluate.ts';
import type { Graph } from '../src/graph/graph.ts';
import { parse } from '../src/graph/parse.ts';
import type { Numbers } from '../src/tensor/numbers.ts';
import type { Bound, Failure, Values } from './webgpu-bound.ts';
import { bindingOf, failure } from './webgpu-bound.ts';
import { noGpu, gpu as openGpu } from './webgpu-device.ts';

const graph = parse(`graph small of "small.json"
  %x = input "x" : f32[1x6x6x2]
  %w = constant [1 0.5 -2 0.25 3 1] : f32[3x1x1x2]
  %b = constant [0 1 -1] : f32[3]
  %c = conv2d(%x, %w, %b) stride=[1 1] dilation=[1 1] pad=[0 0 0 0] groups=1 activation=relu : f32[1x6x6x3] from "stem/conv"
  %y = softmax(%c) axis=3 : f32[1x6x6x3] from "head"
return "y"=%y
`);

/** The same for what needs devices, with shaders that are made in no time. */
const light = parse(`graph light of "light.json"
  %x = input "x" : f32[1x6x6x2]
  %t = unary(%x) fn=tanh : f32[1x6x6x2]
  %c = concat(%t, %x) axis=3 count=2 : f32[1x6x6x4]
  %y = unary(%c) fn=exp : f32[1x6x6x4]
return "y"=%y
`);

const inputs: Values = { x: Float32Array.from({ length: 72 }, (_, i) => Math.cos(i)) };
const wanted = (of: Graph, given = inputs): Numbers => evaluate(of, given).y as Numbers;
const folder = mkdtempSync(join(tmpdir(), 'espalier-webgpu-faults-'));
let bound: Bound;
let lightBound: Bound;

beforeAll(async () => {
  bound = await built(graph);
  lightBound = await built(light);
});

const built = (of: Graph): Promise<Bound> => bindingOf(of, join(folder, of.name));

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const typed = (cause: Failure) => [cause.name, cause.reason];

function expectClose(have: Values, want = wanted(light)): void {
  expect(have.y).toHaveLength(want.length);
  for (const [i, v] of have.y.entries()) expect(v).toBeCloseTo(want[i], 4);
}

/** The limits that the model asks for, and how much of each. */
const needs = (): readonly (readonly [string, number])[] =>
  Array.from(
    readFileSync(join(folder, 'small', 'small.js'), 'utf8').matchAll(/\['(max\w+)', (\d+)\]/g),
    ([, name, least]) => [name, Number(least)],
  );

const limited = (limits: object) => ({ requestAdapter: async () => ({ limits }) });

describe('limits', () => {
  const names = [
    'maxBufferSize',
    'maxStorageBufferBindingSize',
    'maxComputeWorkgroupStorageSize',
    'maxComputeInvocationsPerWorkgroup',
    'maxComputeWorkgroupSizeX',
    'maxComputeWorkgroupsPerDimension',
  ];

  test.each(names)('%s: too small by one, WebAssembly runs the model, and it is said', async (name) => {
    const all = Object.fromEntries(needs());
    expect(Object.keys(all)).toEqual(names);
    // None of it is nothing, and then nothing could be too small for it.
    if (all[name] === 0) return;
    const model = await bound.load({ gpu: limited({ ...all, [name]: all[name] - 1 }) });
    expect([model.backend, model.reason]).toEqual([
      'wasm',
      `the model needs ${name} of ${all[name]}, and the adapter allows ${all[name] - 1}`,
    ]);
    expectClose(await model.run(inputs), wanted(graph));
  });

  test('all that are too small are named, and it is an error where WebGPU has to be', async () => {
    const all = Object.fromEntries(needs());
    const gpu = limited({ ...all, maxBufferSize: 0, maxComputeWorkgroupSizeX: 1 });
    const cause = await failure(bound.load({ gpu, backend: 'webgpu' }));
    expect(typed(cause)).toEqual(['ModelError', 'limit']);
    expect(cause.message).toMatch(
      /^the model needs maxBufferSize of \d+, and the adapter allows 0; maxComputeWorkgroupSizeX of 64, and the adapter allows 1$/,
    );
    const device = { limits: { ...all, maxBufferSize: 1 } };
    expect((await bound.load({ device })).reason).toMatch(
      /^the model needs maxBufferSize of \d+, and the device allows 1$/,
    );
  });
});

test('options that are none', async () => {
  for (const [given, message] of [
    [new URL('file:///light.wgsl'), 'load takes options, as { weights, shaders }, and is given URL'],
    [null, 'load takes options, as { weights, shaders }, and is given Null'],
    [{ backend: 'gpu' }, '"backend" is "webgpu" or "wasm", and not "gpu"'],
    [{ arithmetic: 16 }, '"arithmetic" is "f32" or "f16", and not 16'],
  ] as const) {
    const cause = await failure(lightBound.load(given as object));
    expect([cause.name, cause.message]).toEqual(['TypeError', message]);
  }
  const model = await lightBound.load();
  const cause = await failure(model.run(inputs, { output: 'buffers' as 'buffer' }));
  expect([cause.name, cause.message]).toEqual(['TypeError', '"output" is "array" or "buffer", and not "buffers"']);
  const plain = await failure(model.run(inputs.x));
  expect([plain.name, plain.input]).toEqual(['InputError', 'x']);
});

test('pages that have no WebGPU because they are not secure', async () => {
  Object.assign(globalThis, { isSecureContext: false });
  try {
    const { backend, reason } = await lightBound.load();
    expect([backend, reason]).toEqual([
      'wasm',
      'there is no WebGPU here: pages have it by https and on localhost alone',
    ]);
  } finally {
    Reflect.deleteProperty(globalThis, 'isSecureContext');
  }
});

test('without its folder of WebAssembly both reasons are told', async () => {
  const alone = join(folder, 'alone');
  mkdirSync(alone);
  cpSync(join(folder, 'small', 'small.js'), join(alone, 'small.js'));
  const { load } = (await import(pathToFileURL(join(alone, 'small.js')).href)) as Bound;
  const cause = await failure(load());
  expect(typed(cause)).toEqual(['ModelError', 'engine']);
  expect(cause.message).toMatch(/^there is no WebGPU here, and WebAssembly does not run the model either: .*small\.js/);
});

describe.skipIf(noGpu)(`on a device ${noGpu ?? ''}`, () => {
  let gpu: GPU;
  beforeAll(async () => {
    gpu = await openGpu();
  });

  const loaded = (options: object = {}) => lightBound.load({ gpu, backend: 'webgpu', ...options });

  /** What a model asks of a device goes through `change` first. */
  const changed = (change: (device: GPUDevice) => void) => ({
    async requestAdapter() {
      const adapter = (await gpu.requestAdapter()) as GPUAdapter;
      return {
        limits: adapter.limits,
        async requestDevice(descriptor: GPUDeviceDescriptor) {
          const device = await adapter.requestDevice(descriptor);
          change(device);
          return device;
        },
      };
    },
  });

  test('a device that is lost while the model loads, in a run, and before one', async () => {
    const early = await failure(loaded({ gpu: changed((device) => device.destroy()) }));
    expect(typed(early)).toEqual(['ModelError', 'lost']);
    const model = await loaded();
    const [array, buffer] = [model.run(inputs), model.run(inputs, { output: 'buffer' })].map(failure);
    model.device?.destroy();
    const late = failure(model.run(inputs, { output: 'buffer' }));
    for (const cause of [await array, await buffer, await late]) expect(typed(cause)).toEqual(['ModelError', 'lost']);
    expect((await late).message).toBe('the GPU was lost, and the model has to be loaded anew: device was destroyed');
    const device = model.device as GPUDevice;
    expect(typed(await failure(lightBound.load({ device, backend: 'webgpu' })))).toEqual(['ModelError', 'lost']);
    expectClose(await (await loaded()).run(inputs));
  });

  test('runs that are under way when the model is disposed of', async () => {
    const model = await loaded();
    const running = [model.run(inputs), model.run(inputs, { output: 'buffer' }), model.run(inputs)].map(failure);
    model.dispose();
    for (const cause of await Promise.all(running)) expect(typed(cause)).toEqual(['ModelError', 'disposed']);
  });

  test('a device that is shared outlives the model, and so do buffers that were handed out', async () => {
    const owner = await loaded();
    const device = owner.device as GPUDevice;
    const guest = await lightBound.load({ device, backend: 'webgpu' });
    const { y } = await guest.run(inputs, { output: 'buffer' });
    const running = failure(guest.run(inputs));
    guest.dispose();
    expect(typed(await running)).toEqual(['ModelError', 'disposed']);
    expectClose(await owner.run(inputs));
    const staged = device.createBuffer({ size: y.size, usage: 1 | 8 });
    const encoder = device.createCommandEncoder();
    encoder.copyBufferToBuffer(y, 0, staged, 0, y.size);
    device.queue.submit([encoder.finish()]);
    await staged.mapAsync(1);
    expectClose({ y: new Float32Array(staged.getMappedRange().slice(0) as ArrayBuffer) });
    owner.dispose();
  });

  test('outputs of one run are inputs of the next, without a wait between them, and each has its own', async () => {
    const model = await loaded();
    const device = model.device as GPUDevice;
    const outputs = await Promise.all([
      model.run(inputs, { output: 'buffer' }),
      model.run({ x: new Float32Array(72) }, { output: 'buffer' }),
    ]);
    expect(outputs[0].y).not.toBe(outputs[1].y);
    // The model takes the first half of them.
    const x = wanted(light).slice(0, 72) as Float32Array<ArrayBuffer>;
    expectClose(await model.run({ x: outputs[0].y }), wanted(light, { x }));
    expect(outputs[0].y.usage & (4 | 8 | 128)).toBe(4 | 8 | 128);
    for (const { y: made } of outputs) made.destroy();
    const gone = await failure(model.run({ x: outputs[0].y }));
    expect([gone.reason, gone.message.slice(0, 16)]).toEqual(['failed', 'the run failed: ']);
    // What went wrong with one run is not the next one's.
    expectClose(await model.run(inputs));
    expect(await device.queue.onSubmittedWorkDone()).toBeUndefined();
  });

  test('inputs that are no inputs', async () => {
    const model = await loaded();
    const unread = model.device?.createBuffer({ size: 288, usage: 8 });
    for (const [given, message] of [
      [undefined, 'input "x" is missing'],
      [null, 'input "x" is missing'],
      [inputs.x, 'run takes an object, of "x", and is given Float32Array'],
      [[1, 2], 'run takes an object, of "x", and is given Array'],
      [unread, 'run takes an object, of "x", and is given GPUBuffer'],
      ['x', 'run takes an object, of "x", and is given String'],
      [{ x: new Float32Array(6) }, 'input "x" takes 72 numbers and is given 6'],
      [{ x: null }, 'input "x" takes Float32Array and is given Null'],
      [{ x: new Float32Array(72).buffer }, 'input "x" takes Float32Array and is given ArrayBuffer'],
      [{ x: new Float64Array(72) }, 'input "x" takes Float32Array and is given Float64Array'],
      [{ x: unread }, 'input "x" takes a buffer of the usage COPY_SRC'],
      [{ ...inputs, y: inputs.x }, 'there is no input "y": the inputs are "x"'],
    ] as const)
      expect((await failure(model.run(given))).message).toBe(message);
    expectClose(await model.run(inputs));
  });

  test('every shader is made once, and all of them at the same time', async () => {
    const asked: (string | undefined)[] = [];
    let most = 0;
    const watched = changed((device) => {
      const make = device.createComputePipelineAsync.bind(device);
      let waiting = 0;
      device.createComputePipelineAsync = async (descriptor) => {
        asked.push(descriptor.compute.entryPoint);
        most = Math.max(most, ++waiting);
        const made = await make(descriptor);
        waiting--;
        return made;
      };
      device.createComputePipeline = () => {
        throw new Error('a page would stand still meanwhile');
      };
    });
    const model = await loaded({ gpu: watched });
    await model.run(inputs);
    await model.run(inputs);
    const entries = readFileSync(join(folder, 'light', 'light.wgsl'), 'utf8').match(/@compute/g);
    expect([new Set(asked).size, asked.length, most]).toEqual([entries?.length, entries?.length, entries?.length]);
  });

  test('memory that there is not is told while loading', async () => {
    const scarce = changed((device) => {
      const pop = device.popErrorScope.bind(device);
      let scopes = 0;
      device.popErrorScope = async () => {
        const fault = await pop();
        // The first is that of shaders, the second and third of buffers.
        return ++scopes === 2 ? ({ message: 'no memory' } as GPUError) : fault;
      };
    });
    const cause = await failure(loaded({ gpu: scarce }));
    expect(typed(cause)).toEqual(['ModelError', 'memory']);
    expect(cause.message).toMatch(/^the model needs \d+ and \d+ bytes of the GPU: no memory$/);
  });

  test('a shader that is refused is told with its kernel, line and layer', async () => {
    const text = readFileSync(join(folder, 'small', 'small.wgsl'), 'utf8');
    const line = text.split('\n').findIndex((one) => one.includes('fn dense_tiles')) + 4;
    const shaders = text
      .split('\n')
      .map((one, i) => (i === line - 1 ? 'let broken = ;' : one))
      .join('\n');
    const cause = await failure(bound.load({ gpu, backend: 'webgpu', shaders }));
    expect(typed(cause)).toEqual(['ModelError', 'shader']);
    expect(cause.message).toMatch(
      new RegExp(`^small\\.wgsl, line ${line}, in kernel dense_tiles_\\w+ of "stem/conv": `),
    );
    // Elsewhere WebAssembly would hide a mistake of ours.
    expect(typed(await failure(bound.load({ gpu, shaders })))).toEqual(['ModelError', 'shader']);
  });
});
