/** Models that several threads run together: the same bits on any number of them, and one thread where there can be no more. */
import { execFile } from 'node:child_process';
import { createRequire, syncBuiltinESMExports } from 'node:module';
import { promisify } from 'node:util';
import type { Worker as NodeWorker } from 'node:worker_threads';
import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { parse } from '../src/graph/parse.ts';
import { randomInputs } from '../src/graph/samples.ts';
import { counters } from '../targets/wasm/threads/control.ts';
import type { Binding, BoundModel, Built } from './wasm-build.ts';
import { buildWasm, importBinding, textOf, writeBuilt } from './wasm-build.ts';
import { convGraph } from './wasm-graphs.ts';
import { tasksAreTheWhole } from './wasm-tasks.ts';

describe('cut into tasks', () => tasksAreTheWhole(40));

/** Enough for several tasks; a window and what follows have scratch and steps of their own. */
const graph = convGraph({
  x: [1, 28, 28, 24],
  o: 32,
  kernel: [3, 3],
  pad: [1, 1, 1, 1],
  density: 0.3,
  activation: 'swish',
});
const { x } = randomInputs(graph, 5);

interface Crewed extends BoundModel {
  readonly threads: number;
  readonly threadsReason: string | undefined;
}

let built: Built;
let folder: string;
let binding: Binding;
let want: Bits;
const loaded: BoundModel[] = [];

type Bits = Buffer;

/** Numbers by their bits, which take no time to compare. */
const bits = ({ buffer, byteOffset, byteLength }: ArrayBufferView): Bits =>
  Buffer.from(Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength));

const load = async (options: object = {}, source: unknown = built.module): Promise<Crewed> => {
  const model = (await binding.load(source, options)) as Crewed;
  loaded.push(model);
  return model;
};

beforeAll(async () => {
  built = await buildWasm(graph, [], { threads: 3 });
  folder = writeBuilt(built);
  binding = await importBinding(folder, graph.name);
  const plain = await buildWasm(graph);
  const one = await (await importBinding(writeBuilt(plain), graph.name)).load(plain.module, { kernels: 'portable' });
  want = bits(one.run({ x }).out);
});

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
  for (const model of loaded.splice(0)) model.dispose();
});

test.each([1, 2, 3])('%i threads compute what a build for one does, bit for bit, again and again', async (threads) => {
  const model = await load({ threads, kernels: 'portable' });
  expect([model.threads, model.threadsReason]).toEqual([threads, undefined]);
  for (let run = 0; run < 20; run++) {
    model.outputs.out.fill(NaN);
    expect(bits(model.run({ x }).out).equals(want)).toBe(true);
  }
});

test('threads have the kernels with relaxed SIMD as well', async () => {
  const [one, three] = [await load({ threads: 1, kernels: 'relaxed' }), await load({ threads: 3, kernels: 'relaxed' })];
  expect([one.kernels, three.kernels, three.threads]).toEqual(['relaxed', 'relaxed', 3]);
  expect(bits(three.run({ x }).out).equals(bits(one.run({ x }).out))).toBe(true);
});

test('weights in a file of their own come to the memory that is shared', async () => {
  const apart = await buildWasm(graph, [], { threads: 2, weightsFile: true });
  const weights = apart.artefacts.find(({ path }) => path.endsWith('.bin'))?.contents;
  const { load } = await importBinding(writeBuilt(apart), graph.name);
  const model = (await load(apart.module, { threads: 2, kernels: 'portable', weights })) as Crewed;
  loaded.push(model);
  expect(model.threads).toBe(2);
  expect(bits(model.run({ x }).out).equals(want)).toBe(true);
});

test('a build for threads ships its text, and one without has none of it', async () => {
  expect(built.artefacts.map(({ path }) => path)).toContain('test.threads.wat');
  const text = textOf(built, '.threads.wat');
  expect(text).toContain('(call $claim (local.get $task) (local.get $end) (local.get $thread))');
  const plain = await buildWasm(graph);
  expect(textOf(plain, '.js')).not.toMatch(/Worker|Atomics/);
  expect(WebAssembly.Module.customSections(new WebAssembly.Module(plain.module), 'espalier.portable')).toEqual([]);
});

test('blocks of rows over a few narrow rows of pixels are divided by those', async () => {
  const encoding = { format: 'block', params: { r: 4, c: 1 } };
  const narrow = convGraph({ x: [1, 7, 7, 64], o: 64, kernel: [3, 3], pad: [1, 1, 1, 1], density: 0.2, encoding });
  const text = textOf(await buildWasm(narrow, [], { threads: 2 }), '.threads.wat');
  expect(text).toMatch(/\(call \$slide_direct_quad_.*\n(?:.*\n){1,12}.*\(local\.get \$part\).*\(; oh ;\)/);
});

describe('one thread runs it where there can be no more', () => {
  const alone = async (reason: string, options: object = { threads: 2 }): Promise<void> => {
    const model = await load({ kernels: 'portable', ...options });
    expect([model.threads, model.threadsReason]).toEqual([1, reason]);
    expect(bits(model.run({ x }).out).equals(want)).toBe(true);
  };

  test('a page that is not isolated', () => {
    vi.stubGlobal('SharedArrayBuffer', undefined);
    vi.stubGlobal('crossOriginIsolated', false);
    return alone('the page is not cross-origin isolated');
  });

  test('an engine that shares no memory', () => {
    vi.stubGlobal('SharedArrayBuffer', undefined);
    return alone('this engine shares no memory');
  });

  test('memory that cannot be had', () => {
    const refusing = new Proxy(WebAssembly.Memory, {
      construct() {
        throw new RangeError('could not allocate memory');
      },
    });
    vi.stubGlobal('WebAssembly', Object.create(WebAssembly, { Memory: { value: refusing } }));
    return alone('memory cannot be shared: could not allocate memory');
  });

  test('workers that a page refuses', () => {
    class Worker {
      constructor() {
        throw new DOMException('refused by the policy', 'SecurityError');
      }
    }
    vi.stubGlobal('Worker', Worker);
    return alone('a worker cannot be started: refused by the policy');
  });

  test('workers whose script does not load', () => {
    class Worker {
      onerror?: (event: { readonly message: string }) => void;
      postMessage() {
        setTimeout(() => this.onerror?.({ message: '' }));
      }
      terminate() {}
    }
    vi.stubGlobal('Worker', Worker);
    return alone('a worker cannot be started: its script is refused');
  });

  test('workers that end before there is anything to do', () => {
    class Worker {
      onerror?: (event: { readonly message: string }) => void;
      constructor() {
        queueMicrotask(() => this.onerror?.({ message: 'out of memory' }));
      }
      postMessage() {}
      terminate() {}
    }
    vi.stubGlobal('Worker', Worker);
    return alone('a worker cannot be started: out of memory');
  });

  test('a machine with one core', () => {
    vi.stubGlobal('navigator', { hardwareConcurrency: 1 });
    return alone('this machine has one core', {});
  });
});

test('there are no more threads than the build is for', async () => {
  const model = await load({ threads: 8 });
  expect([model.threads, model.threadsReason]).toEqual([3, 'the model was built for 3 threads']);
  await expect(load({ threads: 0 })).rejects.toThrow('"threads" is a whole number above 0, and 0 is given');
});

describe('a thread that fails ends the model, with an error that says so', () => {
  const threads = createRequire(import.meta.url)('node:worker_threads') as { Worker: typeof NodeWorker };
  const { Worker } = threads;
  const started: NodeWorker[] = [];

  afterEach(() => {
    threads.Worker = Worker;
    syncBuiltinESMExports();
  });

  /** A model on two threads, whose worker does something else than to take part in runs. */
  const withWorker = async (instead: string): Promise<Crewed> => {
    threads.Worker = class extends Worker {
      constructor(text: string, options: object) {
        super(text.replace('exports.share(turn, thread)', instead), options);
        started.push(this);
      }
    };
    syncBuiltinESMExports();
    const model = await load({ threads: 2 });
    expect(model.threads).toBe(2);
    return model;
  };
  /** Of the next run, or of one after it: a short one may be over before a worker turns up. */
  const failure = (model: Crewed): { readonly reason: string; readonly message: string } => {
    for (const since = Date.now(); Date.now() - since < 10_000; ) {
      try {
        model.run({ x });
      } catch (error) {
        expect(error).toBeInstanceOf(binding.ModelError);
        return error as InstanceType<Binding['ModelError']>;
      }
    }
    throw new Error('it runs');
  };
  const takeTask = `Atomics.add(words, ${counters.taken}, 1)`;

  test('between two runs', async () => {
    const model = await withWorker('exports.share(turn, thread)');
    expect(bits(model.run({ x }).out)).toHaveLength(want.length);
    await started.at(-1)?.terminate();
    expect(failure(model)).toMatchObject({ reason: 'failed', message: 'the run failed: a worker failed: it ended' });
  });

  test('in a run, with a task', async () => {
    const model = await withWorker(`${takeTask}; throw new Error('unreachable')`);
    expect(failure(model)).toMatchObject({ reason: 'failed', message: 'the run failed: a worker failed' });
    expect(failure(model).message).toBe('the run failed: a worker failed');
    await vi.waitFor(() => expect(failure(model).message).toBe('the run failed: a worker failed: unreachable'));
  });

  test('without a word, with a task', async () => {
    // Nobody sleeps, and the clock goes fast.
    vi.spyOn(Atomics, 'wait').mockReturnValue('timed-out');
    let now = 0;
    vi.spyOn(performance, 'now').mockImplementation(() => (now += 1000));
    const model = await withWorker(`${takeTask}; process.exit()`);
    expect(failure(model)).toMatchObject({
      reason: 'failed',
      message: 'the run failed: a worker does not go on',
    });
  });

  test('that of the program itself', async () => {
    const instantiate = WebAssembly.instantiate;
    vi.spyOn(WebAssembly, 'instantiate').mockImplementation(async (module: object, imports?: WebAssembly.Imports) => {
      const { exports } = (await instantiate(module as WebAssembly.Module, imports)) as unknown as WebAssembly.Instance;
      const share = () => {
        throw new WebAssembly.RuntimeError('unreachable');
      };
      return { exports: { ...exports, share } } as never;
    });
    const model = await withWorker('exports.share(turn, thread)');
    for (const _ of [1, 2])
      expect(failure(model)).toMatchObject({ reason: 'failed', message: 'the run failed: unreachable' });
  });
});

test('a program ends, whether or not it disposes of its models', async () => {
  const script = `import { load } from './test.js';
    const model = await load(undefined, { threads: 3 });
    const { out } = model.run({ x: new Float32Array(${x.length}) });
    console.log(model.threads, out.length);`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], {
    cwd: folder,
    timeout: 20_000,
  });
  expect(stdout).toBe(`3 ${want.length / 4}\n`);
});

test('loops without kernels are one task each', async () => {
  const { module, ...rest } = await buildWasm(
    parse(`graph tiny of "tiny"
  %x = input "x" : f32[2x3]
  %y = softmax(%x) axis=1 : f32[2x3]
return "y"=%y
`),
    [],
    { threads: 2 },
  );
  const { load } = await importBinding(writeBuilt({ module, ...rest }), 'tiny');
  const model = await load(module, { threads: 2, kernels: 'portable' });
  loaded.push(model);
  const { y } = model.run({ x: Float32Array.of(0, 0, 0, 1, 1, 1) });
  expect(Array.from(y, (v) => Math.fround(v * 3))).toEqual([1, 1, 1, 1, 1, 1].map(Math.fround));
});
