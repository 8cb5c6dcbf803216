/** Runs the example program of a native artefact on numbers, through files of its own. */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Diagnostic } from '../diagnostic.ts';
import type { Named } from '../graph/evaluate.ts';
import type { Numbers } from '../tensor/numbers.ts';
import { bytesOf, zeros } from '../tensor/numbers.ts';
import type { DType, Shape } from '../tensor/type.ts';
import { elements } from '../tensor/type.ts';

export interface NativePort {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: Shape;
}

export interface NativeRun {
  /** The executable, `NAME_example`. */
  readonly program: string;
  readonly inputs: readonly NativePort[];
  readonly outputs: readonly NativePort[];
  /** Numbers for each input by name, as many as its shape says. */
  readonly given: Named;
  /** Runs timed after the first. */
  readonly repeat?: number | undefined;
  /** A program that runs it, with its arguments, e.g. `['qemu-aarch64']`. */
  readonly emulator?: readonly string[] | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface Timing {
  readonly medianMs: number;
  readonly minMs: number;
}

export type NativeResult =
  | { readonly ok: true; readonly outputs: Named; readonly timing?: Timing }
  | { readonly ok: false; readonly diagnostic: Diagnostic };

/** Writes the inputs to a temporary folder, runs the program there, and reads the outputs back. */
export async function runNative(run: NativeRun): Promise<NativeResult> {
  const { program, inputs, outputs, given, repeat = 0, emulator = [], signal } = run;
  const wrong = inputs.find(({ name, shape }) => given[name]?.length !== elements(shape));
  if (wrong) return failure(run, `input "${wrong.name}" takes ${elements(wrong.shape)} numbers`);
  const folder = await mkdtemp(join(tmpdir(), 'espalier-'));
  try {
    const from = inputs.map((_, i) => join(folder, `in${i}.bin`));
    const to = outputs.map((_, i) => join(folder, `out${i}.bin`));
    await Promise.all(inputs.map(({ name }, i) => writeFile(from[i], bytesOf(given[name]))));
    const [command, ...args] = [
      ...emulator,
      resolve(program),
      ...(repeat > 0 ? ['--repeat', String(repeat)] : []),
      ...from,
      ...to,
    ];
    const { error, stdout, stderr } = await execute(command, args, signal);
    if (error !== undefined) return failure(run, `${error}${stderr === '' ? '' : `: ${stderr}`}`);
    const values = await Promise.all(outputs.map((port, i) => readNumbers(to[i], port)));
    return {
      ok: true,
      outputs: Object.fromEntries(outputs.map(({ name }, i) => [name, values[i]])),
      ...(repeat > 0 && { timing: JSON.parse(stdout) as Timing }),
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function readNumbers(file: string, { dtype, shape }: NativePort): Promise<Numbers> {
  const data = zeros(dtype, elements(shape));
  bytesOf(data).set(await readFile(file));
  return data;
}

interface Execution {
  readonly error: string | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

function execute(command: string, args: readonly string[], signal: AbortSignal | undefined): Promise<Execution> {
  return new Promise((done) => {
    execFile(command, [...args], { signal }, (error, stdout, stderr) => {
      const reason = error ? (error.signal ? `ended by ${error.signal}` : `ended with ${error.code}`) : undefined;
      done({ error: reason, stdout, stderr: stderr.trim() });
    });
  });
}

const failure = ({ program }: NativeRun, message: string): NativeResult => ({
  ok: false,
  diagnostic: {
    severity: 'error',
    code: 'toolchain/run-failed',
    message: `"${program}" did not run: ${message}`,
    hint: 'build it again; a program built for another CPU needs that CPU',
  },
});
