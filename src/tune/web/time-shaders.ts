/**
 * Times parts of a module of shaders, in Node.js and in a page alike: each is dispatched so often that the clock of a page
 * can tell, and all take turns. A browser loads this file as it is, so it imports types alone.
 */

export interface ShaderJob {
  readonly text: string;
  /** The same for adapters that have subgroups. */
  readonly withSubgroups: string;
  /** Names of shaders. */
  readonly entries: readonly string[];
  readonly calls: readonly ShaderCall[];
  /** Bytes that a run computes in, and of weights. */
  readonly memory: number;
  readonly weights: number;
  readonly parts: readonly ShaderPart[];
}

export interface ShaderCall {
  readonly entry: number;
  readonly groups: readonly number[];
  readonly args: readonly number[];
}

/** Neighbouring calls that are timed together. */
export interface ShaderPart {
  readonly name: string;
  readonly begin: number;
  readonly end: number;
}

/** Nanoseconds of parts at best, by their names. */
export type ShaderTimes = Readonly<Record<string, number>>;

export interface ShaderTimer {
  /** The adapter, as it calls itself. */
  readonly adapter: string;
  /** Times every part once more. */
  readonly round: () => Promise<void>;
  /** What was measured so far. */
  readonly times: () => ShaderTimes;
  readonly close: () => void;
}

/** Throws, with a message for people, where there is no adapter or none that is large enough, and when it is lost. */
export async function openTimer(
  gpu: GPU | undefined,
  job: ShaderJob,
  stored: Uint8Array<ArrayBuffer>,
  now: () => number = () => performance.now(),
): Promise<ShaderTimer> {
  if (!gpu) throw new Error('there is no WebGPU here');
  const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
  if (!adapter) throw new Error('WebGPU has no adapter here');
  const largest = Math.max(job.memory, job.weights);
  for (const limit of ['maxBufferSize', 'maxStorageBufferBindingSize'] as const)
    if (adapter.limits[limit] < largest)
      throw new Error(`layers to measure need ${limit} of ${largest}, and the adapter allows ${adapter.limits[limit]}`);
  const limits = { maxBufferSize: largest, maxStorageBufferBindingSize: largest };
  const grouped = adapter.features.has('subgroups');
  const device = await adapter.requestDevice({
    requiredLimits: limits,
    requiredFeatures: grouped ? ['subgroups'] : [],
  });
  let lost: string | undefined;
  device.lost.then(({ message }) => {
    lost = `the GPU was lost: ${message || 'for no reason that is known'}`;
  });
  const submit = await prepare(device, grouped ? { ...job, text: job.withSubgroups } : job, stored, now);
  const measured = job.parts.map((part): Measured => ({ part, count: 0, ns: Infinity }));
  let handing = Infinity;
  return {
    adapter: nameOf(adapter.info),
    async round() {
      for (let i = 0; i < fewHandings; i++) handing = Math.min(handing, await submit(undefined, 0));
      for (const one of measured) {
        await timeOnce(one, submit, handing);
        if (lost !== undefined) throw new Error(lost);
      }
    },
    times: () =>
      Object.fromEntries(measured.flatMap(({ part, ns }) => (ns < Infinity ? [[part.name, Math.round(ns)]] : []))),
    close: () => device.destroy(),
  };
}

interface Measured {
  readonly part: ShaderPart;
  /** So many runs take long enough to be told apart; 0 before the first. */
  count: number;
  ns: number;
}

/** Milliseconds that the clock of a page tells well, and that handing over is little of. */
const telling = 4;
const mostTimes = 4000;
const fewHandings = 3;
const mostTries = 20;

async function timeOnce(one: Measured, submit: Submit, handing: number): Promise<void> {
  // A device that is lost takes no time at all, however often it is asked.
  for (let tries = 0; tries < mostTries; tries++) {
    // A first run is that of a driver which compiles.
    if (one.count === 0) await submit(one.part, 1);
    one.count ||= 1;
    const took = (await submit(one.part, one.count)) - handing;
    const enough = Math.max(telling, 4 * handing);
    if (took >= enough || (took > 0 && one.count === mostTimes)) {
      one.ns = Math.min(one.ns, (1e6 * took) / one.count);
      return;
    }
    one.count = Math.min(mostTimes, Math.ceil(one.count * Math.min(8, (1.5 * enough) / Math.max(took, 0.1))));
    // What was measured before was something else that ran beside.
    one.ns = Infinity;
  }
}

/** What is known of it, each word once. */
function nameOf({ vendor, architecture, device, description }: GPUAdapterInfo): string {
  const words = [vendor, architecture, device, description].filter((word) => word !== '');
  return words.filter((word, i) => words.indexOf(word) === i).join(' ') || 'a nameless adapter';
}

/** Milliseconds from handing so many runs of a part over until they are done; of no part, of handing over alone. */
type Submit = (part: ShaderPart | undefined, times: number) => Promise<number>;

const bytesOfArgs = 256;

async function prepare(
  device: GPUDevice,
  { text, entries, calls, memory, weights }: ShaderJob,
  stored: Uint8Array<ArrayBuffer>,
  now: () => number,
): Promise<Submit> {
  const module = device.createShaderModule({ code: text });
  const types = [
    { type: 'storage' },
    { type: 'read-only-storage' },
    { type: 'uniform', hasDynamicOffset: true },
  ] as const;
  const group = device.createBindGroupLayout({
    entries: types.map((buffer, binding) => ({ binding, visibility: 4, buffer })),
  });
  const layout = device.createPipelineLayout({ bindGroupLayouts: [group] });
  const pipelines = await Promise.all(
    entries.map((entryPoint) => device.createComputePipelineAsync({ layout, compute: { module, entryPoint } })),
  );
  const buffer = (size: number, usage: number): GPUBuffer => device.createBuffer({ size, usage });
  const [computed, held, told] = [
    buffer(memory, 128 | 8),
    buffer(Math.max(weights, 16), 128 | 8),
    buffer(calls.length * bytesOfArgs, 64 | 8),
  ];
  if (stored.length > 0) device.queue.writeBuffer(held, 0, stored);
  const words = new Int32Array((calls.length * bytesOfArgs) / 4);
  for (const [i, { args }] of calls.entries()) words.set(args, (i * bytesOfArgs) / 4);
  device.queue.writeBuffer(told, 0, words);
  const bindings = device.createBindGroup({
    layout: group,
    entries: [{ buffer: computed }, { buffer: held }, { buffer: told, size: bytesOfArgs }].map((resource, binding) => ({
      binding,
      resource,
    })),
  });
  return async (part, times) => {
    const encoder = device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    for (let time = 0; part && time < times; time++)
      for (let i = part.begin; i < part.end; i++) {
        const [x, y, z] = calls[i].groups;
        pass.setPipeline(pipelines[calls[i].entry]);
        pass.setBindGroup(0, bindings, [i * bytesOfArgs]);
        pass.dispatchWorkgroups(x, y, z);
      }
    pass.end();
    const commands = encoder.finish();
    const began = now();
    device.queue.submit([commands]);
    await device.queue.onSubmittedWorkDone();
    return now() - began;
  };
}
