/** Contenders that are processes of their own, on cores of their own, and stay alive between rounds. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { Report } from '../diagnostic.ts';
import type { Named } from '../graph/evaluate.ts';
import type { ManifestPort } from '../make/manifest.ts';
import { moduleExtension } from '../make/package.ts';
import { bytesOf, zeros } from '../tensor/numbers.ts';
import { elements } from '../tensor/type.ts';
import { cudaHint } from '../toolchain/cuda.ts';
import type { Dialogue } from '../toolchain/dialogue.ts';
import { startDialogue } from '../toolchain/dialogue.ts';
import { nodeCommand } from '../toolchain/node.ts';
import type { Contender } from './alternate.ts';
import type { Orders, PortFile, Subject } from './orders.ts';
import { gpuCounts } from './report.ts';

/** A contender that can be asked for more than times. */
export interface Process extends Contender {
  /** Puts the inputs in place. False after a report. */
  readonly load: (inputs: Named) => Promise<boolean>;
  /** What it computes from them. Undefined after a report. */
  readonly outputs: () => Promise<Named | undefined>;
  /** Loads and runs for the first time, on these inputs: the first order to a process or a page. Undefined after a report. */
  readonly start: (inputs: Named) => Promise<Start | undefined>;
  /** Gives an order of its own, and reads the answer. Undefined after a report. */
  readonly ask: <T>(order: string, answer: z.ZodType<T>) => Promise<T | undefined>;
  readonly dispose: () => void;
}

/** Milliseconds of the steps from nothing to the first outputs, and of another run; the most memory of the process in bytes. */
const start = z.object({
  loadMs: z.number(),
  firstMs: z.number(),
  secondMs: z.number(),
  /** Which of its ways to compute it took; null where it has one. */
  way: z.string().nullable(),
  peakBytes: z.number().nullable(),
  /** Null where WebGPU has no part in it, or is out of sight. */
  gpu: gpuCounts.nullable(),
});

export type Start = z.infer<typeof start>;

export interface ProcessOptions {
  readonly name: string;
  /** A folder of its own, for what goes in and out. */
  readonly folder: string;
  readonly inputs: readonly ManifestPort[];
  readonly outputs: readonly ManifestPort[];
  /** Words before the command, which say where it runs. */
  readonly pin: readonly string[];
  readonly signal: AbortSignal;
  readonly report: Report;
}

/** Starts a program that was built for timing: it is given the files of its inputs and outputs, after `words`. */
export const startProgram = (
  program: string,
  options: ProcessOptions & { readonly words?: readonly string[] },
): Process => {
  const { inputs, outputs } = filesFor(options);
  const command = [
    ...options.pin,
    program,
    ...(options.words ?? []),
    ...[...inputs, ...outputs].map(({ file }) => file),
  ];
  return speaking(startDialogue(command, options), { ...options, inputs, outputs });
};

/** Starts a process of Node.js that loads the subject. */
export function startSubject(subject: Subject, options: ProcessOptions): Process {
  const { inputs, outputs } = filesFor(options);
  const orders: Orders = { subject, inputs, outputs };
  const file = join(options.folder, 'orders.json');
  writeFileSync(file, JSON.stringify(orders));
  const module = new URL(`./serve.${moduleExtension}`, import.meta.url);
  const command = [...options.pin, ...nodeCommand(module, 'serve', file)];
  return speaking(startDialogue(command, options), { ...options, inputs, outputs });
}

/** Gives a page its orders: `open` is told the files by the addresses that a page shall have for them. */
export async function startPage(
  open: (files: PageFiles) => Promise<Dialogue>,
  options: Omit<ProcessOptions, 'pin' | 'signal'>,
): Promise<Process> {
  const { inputs, outputs } = filesFor(options);
  const named = (ports: readonly PortFile[], what: string) =>
    ports.map((port, i) => ({ port: { ...port, file: `/numbers/${what}${i}.bin` }, path: port.file }));
  const [ins, outs] = [named(inputs, 'in'), named(outputs, 'out')];
  const dialogue = await open({
    inputs: ins.map(({ port }) => port),
    outputs: outs.map(({ port }) => port),
    paths: Object.fromEntries([...ins, ...outs].map(({ port, path }) => [port.file, path])),
  });
  return speaking(dialogue, { ...options, inputs, outputs });
}

export interface PageFiles extends Pick<Orders, 'inputs' | 'outputs'> {
  /** Where they really are. */
  readonly paths: Readonly<Record<string, string>>;
}

const filesFor = ({ folder, inputs, outputs }: Pick<ProcessOptions, 'folder' | 'inputs' | 'outputs'>) => ({
  inputs: inputs.map((port, i): PortFile => ({ ...port, file: join(folder, `in${i}.bin`) })),
  outputs: outputs.map((port, i): PortFile => ({ ...port, file: join(folder, `out${i}.bin`) })),
});

const refusal = z.object({ message: z.string(), hint: z.string().nullable() });

type Speaker = Pick<ProcessOptions, 'name' | 'report'> & Pick<Orders, 'inputs' | 'outputs'>;

function speaking(dialogue: Dialogue, { name, report, inputs, outputs }: Speaker): Process {
  const fail = (message: string, hint: string): undefined =>
    void report({ severity: 'error', code: 'bench/contender', message: `"${name}": ${message}`, hint });
  const ask = async <T>(order: string, answer: z.ZodType<T>): Promise<T | undefined> => {
    const said = await dialogue.ask(order);
    const without = name === 'espalier' ? 'build it for the CPU of this machine' : `leave ${name} out of --against`;
    if (!said.ok) return fail(`the process ${said.reason}`, cudaHint(said.reason) ?? without);
    const refused = refusal.safeParse(said.value);
    // What has to be installed is worth saying; the other hints are for other commands.
    if (refused.success)
      return fail(
        refused.data.message,
        refused.data.hint && /^(npm )?install /.test(refused.data.hint) ? refused.data.hint : without,
      );
    return answer.parse(said.value);
  };
  const done = z.literal('done');
  const place = (given: Named): void => {
    for (const port of inputs) writeFileSync(port.file, bytesOf(given[port.name]));
  };
  return {
    name,
    ask,
    async load(given) {
      place(given);
      return (await ask('load', done)) !== undefined;
    },
    start(given) {
      place(given);
      return ask('start', start);
    },
    async outputs() {
      if ((await ask('save', done)) === undefined) return undefined;
      // Some contenders have other outputs.
      const given = outputs.filter(({ file }) => existsSync(file));
      return Object.fromEntries(given.map((port) => [port.name, readNumbers(port)]));
    },
    async time(runs) {
      const times = await ask(`run ${runs}`, z.array(z.number()));
      return times?.map((ns) => ns * 1e-6);
    },
    dispose: dialogue.end,
  };
}

function readNumbers({ dtype, shape, file }: PortFile) {
  const data = zeros(dtype, elements(shape));
  bytesOf(data).set(readFileSync(file));
  return data;
}
