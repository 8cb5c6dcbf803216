/** The other side of a contender that runs in a Node.js process of its own. It speaks as the generated programs do. */
import { readFileSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Report } from '../diagnostic.ts';
import { isDawn, noAdapter, openDawn } from '../toolchain/dawn.ts';
import { peakOf } from '../toolchain/memory.ts';
import { findVulkan } from '../toolchain/vulkan.ts';
import type { Orders, Subject } from './orders.ts';
import type { Open, Surroundings } from './web/contend.ts';
import { contend } from './web/contend.ts';
import type { Driver, Refusal } from './web/site.ts';

/** Reads the orders from a file, and obeys those that come on the standard input until it ends. */
export async function serve(file: string): Promise<void> {
  // Libraries talk as they load; only answers belong on the standard output.
  console.log = console.error;
  console.info = console.error;
  console.warn = console.error;
  const orders = JSON.parse(readFileSync(file, 'utf8')) as Orders;
  const obey = contend(orders, () => ready(orders), { ...around, gpu: usesGpu(orders) });
  for await (const order of createInterface({ input: process.stdin }))
    process.stdout.write(`${JSON.stringify(await obey(order))}\n`);
  process.exit(0);
}

const around: Omit<Surroundings, 'gpu'> = {
  read: async (address) =>
    Uint8Array.from(await readFile(address.startsWith('file:') ? fileURLToPath(address) : address)),
  write: async (address, bytes) => writeFileSync(address, bytes),
  // The usage of a resource counts what the process that started this one had.
  peakBytes: () => peakOf(process.pid) ?? 1024 * process.resourceUsage().maxRSS,
};

const usesGpu = ({ subject }: Orders): boolean => subject.kind === 'site' && subject.site.gpu;

async function ready({ subject, inputs }: Orders): Promise<Open> {
  if (subject.kind === 'ort') return openOrt(subject, inputs);
  const lacking = subject.site.gpu ? await provideGpu() : undefined;
  if (lacking) return async () => lacking;
  const { open } = (await import(subject.site.driver)) as Driver;
  return () => open(subject.site, around.read);
}

/** Puts an implementation of WebGPU where pages have theirs, before anything is timed. */
async function provideGpu(): Promise<Refusal | undefined> {
  const gpu = await openDawn();
  if (!isDawn(gpu)) return gpu;
  if (!(await gpu.requestAdapter())) return { ...noAdapter, hint: `${noAdapter.hint}; or add --browser` };
  // Some versions of Node.js have a navigator, and none of them one with WebGPU.
  if (typeof navigator === 'undefined') Object.defineProperty(globalThis, 'navigator', { value: {} });
  Object.defineProperty(navigator, 'gpu', { value: gpu });
  return undefined;
}

async function openOrt(subject: Subject & { readonly kind: 'ort' }, inputs: Orders['inputs']): Promise<Open> {
  const { loadOrt } = await import('../check/ort.ts');
  if (subject.gpu) findVulkan();
  return async () => {
    const problems: Refusal[] = [];
    const report: Report = ({ severity, message, hint }) => {
      if (severity === 'error') problems.push({ message, hint: hint ?? null });
    };
    const refusal = (): Refusal => problems[0] ?? { message: 'it does not run', hint: null };
    const model = await loadOrt(
      subject.model,
      new Map(inputs.map(({ name, shape }) => [name, shape])),
      subject,
      report,
    );
    if (!model) return refusal();
    return {
      async run(given) {
        const values = await model.run(given);
        if (!values) throw new Error(refusal().message);
        return values;
      },
      repeat: model.repeat,
    };
  };
}
