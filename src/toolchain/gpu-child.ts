/** The other side of a model for WebGPU that runs in a Node.js process of its own: orders come line by line, and so do answers. */

import { writeFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import type { Named } from '../graph/evaluate.ts';
import { bytesOf } from '../tensor/numbers.ts';
import { described } from './adapter.ts';
import { isDawn, noAdapter, openDawn } from './dawn.ts';
import type { NumberPaths, NumberPorts } from './number-files.ts';
import { readNumbers } from './number-files.ts';

/** Where a binding is, and what it takes and gives. */
export interface GpuOrders extends NumberPorts {
  readonly binding: string;
}

/** `run` leaves the outputs in files, `time` repeats what ran last. */
export type GpuOrder =
  | { readonly kind: 'load' }
  | ({ readonly kind: 'run' } & NumberPaths)
  | { readonly kind: 'time'; readonly times: number };

/** What a generated NAME.js exports, as far as it is the same for every model. */
interface Binding {
  load(options: { readonly backend: 'webgpu'; readonly gpu: GPU }): Promise<{
    readonly device: GPUDevice;
    run(inputs: Named): Promise<Named>;
  }>;
}

/** `word` is GpuOrders as JSON; so is what comes, a GpuOrder a line. */
export async function serveGpu(word: string): Promise<void> {
  // Drivers talk; only answers belong on the standard output.
  console.log = console.error;
  console.warn = console.error;
  const obey = server(JSON.parse(word) as GpuOrders);
  for await (const line of createInterface({ input: process.stdin }))
    process.stdout.write(`${JSON.stringify(await obey(JSON.parse(line) as GpuOrder))}\n`);
  process.exit(0);
}

function server({ binding, inputs, outputs }: GpuOrders): (order: GpuOrder) => Promise<unknown> {
  let model: Awaited<ReturnType<Binding['load']>> | undefined;
  let given: Named = {};
  const loaded = async (): Promise<unknown> => {
    const gpu = await openDawn();
    if (!isDawn(gpu)) return gpu;
    if (!(await gpu.requestAdapter())) return noAdapter;
    const { load } = (await import(pathToFileURL(binding).href)) as Binding;
    model = await load({ backend: 'webgpu', gpu });
    return { adapter: described(model.device.adapterInfo ?? {}) };
  };
  const run = async ({ from, to }: NumberPaths): Promise<unknown> => {
    const values = await Promise.all(inputs.map((port, i) => readNumbers(from[i], port)));
    given = Object.fromEntries(inputs.map(({ name }, i) => [name, values[i]]));
    const found = await model?.run(given);
    await Promise.all(outputs.map(({ name }, i) => writeFile(to[i], bytesOf(found?.[name] ?? new Float32Array()))));
    return { done: true };
  };
  const time = async (times: number): Promise<unknown> => {
    const taken: number[] = [];
    while (taken.length < times) {
      const since = performance.now();
      await model?.run(given);
      taken.push(performance.now() - since);
    }
    return { taken };
  };
  return async (order) => {
    try {
      return await (order.kind === 'load' ? loaded() : order.kind === 'run' ? run(order) : time(order.times));
    } catch (cause) {
      const { reason, message } = cause as { readonly reason?: string; readonly message?: string };
      return { reason: reason ?? null, message: String(message ?? cause), hint: null };
    }
  };
}
