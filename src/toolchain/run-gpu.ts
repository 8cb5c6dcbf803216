/** Runs a model that was built for WebGPU on Dawn, in a Node.js process of its own: a driver that fails takes that one with it. */
import { join } from 'node:path';
import { z } from 'zod';
import type { Report } from '../diagnostic.ts';
import type { Named } from '../graph/evaluate.ts';
import type { AdapterInfo } from './adapter.ts';
import { startDialogue } from './dialogue.ts';
import type { GpuOrder, GpuOrders } from './gpu-child.ts';
import { nodeCommand } from './node.ts';
import type { NumberPorts } from './number-files.ts';
import { throughFiles } from './number-files.ts';

export interface GpuModel {
  readonly adapter: AdapterInfo;
  /** Undefined after a report. */
  run(inputs: Named): Promise<Named | undefined>;
  /** Milliseconds of each of so many runs on what `run` was given last: inputs are uploaded and outputs read back. Undefined after a report. */
  time(times: number): Promise<readonly number[] | undefined>;
  /** Ends the process. */
  dispose(): void;
}

export interface GpuOptions extends NumberPorts {
  /** What the binding's file is called, without its ending. */
  readonly name: string;
  readonly signal?: AbortSignal | undefined;
}

const told = z.string();
const refusal = z.object({ message: told, hint: told.nullable(), reason: told.nullable().optional() });
const adapterAnswer = z.object({
  adapter: z.object({
    ...{ vendor: told, architecture: told, device: told, description: told },
    software: z.boolean(),
  }),
});
const doneAnswer = z.object({ done: z.literal(true) });
const timesAnswer = z.object({ taken: z.array(z.number()) });

const elsewhere = 'build for wasm or cpu';

/** By the reasons of the binding's errors. */
const hints: Readonly<Record<string, string>> = {
  limit: `give the inputs smaller sizes, or ${elsewhere}`,
  memory: `give the inputs smaller sizes, or ${elsewhere}`,
  lost: `run it again; if the GPU is lost again, update its driver, or ${elsewhere}`,
  shader: `update the driver, or ${elsewhere}`,
  source: 'build the model anew',
};

/** Loads `name` from the folder that it was built into. Undefined, and reported, where there is no WebGPU or it does not run the model. */
export async function openGpu(folder: string, options: GpuOptions, report: Report): Promise<GpuModel | undefined> {
  const { name, inputs, outputs, signal } = options;
  const ports = { inputs, outputs };
  const child = new URL(import.meta.url.endsWith('.ts') ? './gpu-child.ts' : './gpu-child.js', import.meta.url);
  const orders: GpuOrders = { binding: join(folder, `${name}.js`), ...ports };
  const dialogue = startDialogue(nodeCommand(child, 'serveGpu', JSON.stringify(orders)), { signal });
  async function ask<T>(order: GpuOrder, answer: z.ZodType<T>): Promise<T | undefined> {
    const said = await dialogue.ask(JSON.stringify(order));
    const refused = said.ok ? refusal.safeParse(said.value).data : undefined;
    if (said.ok && !refused) return answer.parse(said.value);
    const message = refused?.message ?? (said.ok ? '' : `the process that runs the model ${said.reason}`);
    const hint = refused?.hint ?? hints[refused?.reason ?? ''] ?? `update the driver, or ${elsewhere}`;
    const code = refused?.reason === 'lost' ? 'run/gpu-lost' : order.kind === 'load' ? 'run/no-gpu' : 'run/failed';
    report({ severity: 'error', code, message, hint });
    return undefined;
  }
  const loaded = await ask({ kind: 'load' }, adapterAnswer);
  if (!loaded) {
    dialogue.end();
    return undefined;
  }
  return {
    adapter: loaded.adapter,
    run: (given) =>
      throughFiles(ports, given, async (paths, read) =>
        (await ask({ kind: 'run', ...paths }, doneAnswer)) ? read() : undefined,
      ),
    time: async (times) => (await ask({ kind: 'time', times }, timesAnswer))?.taken,
    dispose: dialogue.end,
  };
}
