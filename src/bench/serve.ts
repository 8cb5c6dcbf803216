/** The other side of a contender that runs in a Node.js process of its own. It speaks as the generated programs do. */
import { readFileSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { loadOrt } from '../check/ort.ts';
import { loadTfjs } from '../check/tfjs.ts';
import type { Report } from '../diagnostic.ts';
import type { Named } from '../graph/evaluate.ts';
import { bytesOf, zeros } from '../tensor/numbers.ts';
import { elements } from '../tensor/type.ts';
import { loadWasm } from '../toolchain/run-wasm.ts';
import type { Orders, PortFile, Subject } from './orders.ts';

/** Something that runs on inputs which are in place after its first run. */
interface Loaded {
  readonly run: (inputs: Named) => Promise<Named | undefined>;
  readonly repeat: (inputs: Named) => Promise<void>;
}

/** The answer to an order that cannot be obeyed. */
export interface Refusal {
  readonly message: string;
  readonly hint: string | null;
}

/** Reads the orders from a file, and obeys those that come on the standard input until it ends. */
export async function serve(file: string): Promise<void> {
  // Libraries talk as they load; only answers belong on the standard output.
  console.log = console.error;
  console.info = console.error;
  console.warn = console.error;
  const { subject, inputs: ports, outputs } = JSON.parse(readFileSync(file, 'utf8')) as Orders;
  const problems: Refusal[] = [];
  const report: Report = ({ severity, message, hint }) => {
    if (severity === 'error') problems.push({ message, hint: hint ?? null });
  };
  const loaded = await load(subject, ports, report);
  let inputs: Named = {};
  const obey = async (order: string): Promise<unknown> => {
    if (!loaded) return problems[0] ?? { message: 'it cannot be loaded', hint: null };
    const [word, count] = order.split(' ');
    if (word === 'run') return timesOf(loaded, inputs, Number(count));
    if (word === 'load') {
      inputs = Object.fromEntries(ports.map((port) => [port.name, readNumbers(port)]));
      return 'done';
    }
    const values = await loaded.run(inputs);
    if (!values) return problems[0] ?? { message: 'it does not run', hint: null };
    for (const output of outputs) if (values[output.name]) writeFileSync(output.file, bytesOf(values[output.name]));
    return 'done';
  };
  for await (const order of createInterface({ input: process.stdin }))
    process.stdout.write(`${JSON.stringify(await obey(order))}\n`);
  process.exit(0);
}

async function load(subject: Subject, ports: readonly PortFile[], report: Report): Promise<Loaded | undefined> {
  const shapes = new Map(ports.map(({ name, shape }) => [name, shape]));
  switch (subject.kind) {
    case 'ort':
      return loadOrt(subject.model, shapes, subject, report);
    case 'tfjs': {
      const model = await loadTfjs(subject.model, shapes, report);
      return model && { run: async (inputs) => model.run(inputs), repeat: async (inputs) => model.repeat(inputs) };
    }
    case 'wasm': {
      const model = await loadWasm(subject.folder, subject.name, 'fastest');
      let placed: Named | undefined;
      return {
        run: async (inputs) => model.run(inputs),
        async repeat(inputs) {
          if (placed !== inputs) model.run(inputs);
          else model.repeat();
          placed = inputs;
        },
      };
    }
  }
}

/** Nanoseconds of each run. */
async function timesOf({ repeat }: Loaded, inputs: Named, count: number): Promise<readonly number[]> {
  const times: number[] = [];
  for (let i = 0; i < count; i++) {
    const since = performance.now();
    await repeat(inputs);
    times.push(Math.round((performance.now() - since) * 1e6));
  }
  return times;
}

function readNumbers({ dtype, shape, file }: PortFile) {
  const data = zeros(dtype, elements(shape));
  bytesOf(data).set(readFileSync(file));
  return data;
}
