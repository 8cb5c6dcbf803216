/** Graphs as WebGPU shaders without their binding, for tests: built, run, and watched for stray writes. */
import { expect } from 'vitest';
import type { Named } from '../src/graph/evaluate.ts';
import { evaluate } from '../src/graph/evaluate.ts';
import type { Graph } from '../src/graph/graph.ts';
import { randomInputs } from '../src/graph/samples.ts';
import { verify } from '../src/graph/verify.ts';
import { packageFolder } from '../src/make/package.ts';
import { alignUp } from '../src/plan/arena.ts';
import type { Kernel } from '../src/plan/kernel.ts';
import { lower } from '../src/plan/lower.ts';
import type { Plan } from '../src/plan/plan.ts';
import { renderer } from '../src/render.ts';
import type { Numbers } from '../src/tensor/numbers.ts';
import { bytesPer } from '../src/tensor/type.ts';
import { fuse } from '../targets/gpu/fuse.ts';
import type { Places } from '../targets/gpu/places.ts';
import { placesOf } from '../targets/gpu/places.ts';
import { gains, withFeature } from '../targets/webgpu/features.ts';
import { kernels } from '../targets/webgpu/kernels/index.ts';
import type { Module } from '../targets/webgpu/module.ts';
import { moduleOf } from '../targets/webgpu/module.ts';
import { largestError } from './passes/compare.ts';
import { sharedDevice } from './webgpu-device.ts';

export const render = renderer(new URL('templates/', packageFolder()));

export interface TestShaders {
  readonly plan: Plan;
  readonly module: Module;
  /** Computes the outputs. Throws when a word changed that no array holds, and with what a shader is refused for. */
  run(inputs: Named): Promise<Record<string, Numbers>>;
  /** Milliseconds of so many runs, by the clock, with what the first one left. */
  time(times: number): Promise<number>;
}

/** Bytes behind each array that nothing may write. */
const guard = 192;
const pattern = 0xa5a5a5a5;

/** `change` makes of the shaders what a loader would, or what a test wants to see. */
export async function buildShaders(
  graph: Graph,
  used: readonly Kernel[],
  change: (text: string) => string = (text) => text,
): Promise<TestShaders> {
  const faults: string[] = [];
  verify(graph, (d) => faults.push(d.message));
  if (faults.length > 0) throw new Error(faults.join('\n'));
  const plan = spread(lower(graph, used, { fuse }));
  const places = placesOf(plan, guard);
  const module = moduleOf(plan, places, render);
  const gpu = await prepare({ ...module, text: change(module.text) }, places);
  const held = heldWords(places);

  async function run(inputs: Named): Promise<Record<string, Numbers>> {
    const before = new Uint32Array(places.memory / 4).fill(pattern);
    for (const port of plan.inputs) {
      const { buffer, byteOffset, length } = inputs[port.name];
      before.set(new Uint32Array(buffer, byteOffset, length), (places.at.get(port.array)?.offset ?? 0) / 4);
    }
    const after = await gpu.run(before);
    for (let i = 0; i < after.length; i++)
      if (after[i] !== pattern && held[i] === 0) throw new Error(`word ${i} was written, and no array holds it`);
    return Object.fromEntries(
      plan.outputs.map(({ name, type, array }) => {
        const from = places.at.get(array)?.offset ?? 0;
        const bytes = after.buffer.slice(from, from + 4 * array.length);
        return [name, type.dtype === 'f32' ? new Float32Array(bytes) : new Int32Array(bytes)];
      }),
    );
  }

  return { plan, module, run, time: gpu.time };
}

const usage = { read: 1, from: 4, to: 8, uniform: 64, storage: 128 } as const;

async function prepare({ text, entries, calls }: Module, { memory: bytes, weights }: Places) {
  const device = await sharedDevice();
  const code = device.createShaderModule({ code: text });
  const { messages } = await code.getCompilationInfo();
  const wrong = messages.filter((m) => m.type === 'error');
  if (wrong.length > 0) throw new Error(`${wrong.map((m) => `${m.lineNum}: ${m.message}`).join('\n')}\n${text}`);
  const buffers = [{ type: 'storage' }, { type: 'read-only-storage' }, { type: 'uniform', hasDynamicOffset: true }];
  const group = device.createBindGroupLayout({
    entries: buffers.map((buffer, binding) => ({ binding, visibility: 4, buffer: buffer as GPUBufferBindingLayout })),
  });
  const layout = device.createPipelineLayout({ bindGroupLayouts: [group] });
  const pipelines = await Promise.all(
    entries.map(({ name }) =>
      device.createComputePipelineAsync({ layout, compute: { module: code, entryPoint: name } }),
    ),
  );
  const make = (size: number, use: number): GPUBuffer => device.createBuffer({ size, usage: use });
  const memory = make(bytes, usage.storage | usage.from | usage.to);
  const held = make(Math.max(weights.length, 16), usage.storage | usage.to);
  const args = make(256 * calls.length, usage.uniform | usage.to);
  const staged = make(bytes, usage.read | usage.to);
  device.queue.writeBuffer(held, 0, weights);
  calls.forEach((call, i) => void device.queue.writeBuffer(args, 256 * i, Int32Array.from(call.args)));
  const bindings = device.createBindGroup({
    layout: group,
    entries: [{ buffer: memory }, { buffer: held }, { buffer: args, size: 256 }].map((resource, binding) => ({
      binding,
      resource,
    })),
  });
  const pass = (encoder: GPUCommandEncoder): void => {
    const started = encoder.beginComputePass();
    calls.forEach(({ entry, groups: [x, y, z] }, i) => {
      started.setPipeline(pipelines[entry]);
      started.setBindGroup(0, bindings, [256 * i]);
      started.dispatchWorkgroups(x, y, z);
    });
    started.end();
  };
  return {
    async run(before: Uint32Array<ArrayBuffer>): Promise<Uint32Array<ArrayBuffer>> {
      device.queue.writeBuffer(memory, 0, before);
      const encoder = device.createCommandEncoder();
      pass(encoder);
      encoder.copyBufferToBuffer(memory, 0, staged, 0, bytes);
      device.queue.submit([encoder.finish()]);
      await staged.mapAsync(1);
      const after = new Uint32Array(staged.getMappedRange()).slice();
      staged.unmap();
      return after;
    },
    async time(times: number): Promise<number> {
      const began = performance.now();
      for (let i = 0; i < times; i++) {
        const encoder = device.createCommandEncoder();
        pass(encoder);
        device.queue.submit([encoder.finish()]);
      }
      await device.queue.onSubmittedWorkDone();
      return performance.now() - began;
    },
  };
}

/** 1 for every word that an array holds. */
function heldWords({ at, memory }: Places): Uint8Array {
  const held = new Uint8Array(memory / 4);
  for (const [array, { buffer, offset }] of at)
    if (buffer === 'memory') held.fill(1, offset / 4, Math.ceil((offset + array.length * bytesPer[array.dtype]) / 4));
  return held;
}

/** Arrays of the arena apart from each other, so that none can hide what another is written over with. */
function spread(plan: Plan): Plan {
  let end = 0;
  const places = new Map(
    Array.from(plan.arena.places.keys(), (array) => {
      const at = end;
      end = alignUp(end + array.length * bytesPer[array.dtype] + guard, 256);
      return [array, at] as const;
    }),
  );
  return { ...plan, arena: { ...plan.arena, places, peak: end } };
}

/** Runs the graph by a kernel, twice, since a second run finds what the first has left behind; and with subgroups where they make a difference. */
export async function expectMeaning(graph: Graph, kernel: string): Promise<void> {
  const tuned = await buildShaders(graph, kernels);
  expect(tuned.plan.steps.flatMap(({ work }) => (work.kind === 'routines' ? [work.kernel] : []))).toContain(kernel);
  const inputs = randomInputs(graph, 7);
  const want = evaluate(graph, inputs);
  await expectSame(tuned, inputs, want);
  if (!gains(tuned.module.text, 'subgroups')) return;
  await expectSame(await buildShaders(graph, kernels, (text) => withFeature(text, 'subgroups')), inputs, want);
}

async function expectSame(shaders: TestShaders, inputs: Named, want: Named): Promise<void> {
  const first = await shaders.run(inputs);
  expect(largestError(want, first).error).toBeLessThan(1e-5);
  expect(await shaders.run(inputs)).toEqual(first);
}
