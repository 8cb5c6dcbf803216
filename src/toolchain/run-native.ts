/** Runs the example program of a native artefact on numbers, through files of its own. */
import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import type { Diagnostic } from '../diagnostic.ts';
import type { Named } from '../graph/evaluate.ts';
import { elements } from '../tensor/type.ts';
import { cudaHint } from './cuda.ts';
import type { NumberPorts } from './number-files.ts';
import { throughFiles } from './number-files.ts';

export interface NativeRun extends NumberPorts {
  /** The executable, `NAME_example`. */
  readonly program: string;
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
  const { program, inputs, given, repeat = 0, emulator = [], signal } = run;
  const wrong = inputs.find(({ name, shape }) => given[name]?.length !== elements(shape));
  if (wrong) return failure(run, `input "${wrong.name}" takes ${elements(wrong.shape)} numbers`);
  return throughFiles(run, given, async ({ from, to }, read): Promise<NativeResult> => {
    const [command, ...args] = [
      ...emulator,
      resolve(program),
      ...(repeat > 0 ? ['--repeat', String(repeat)] : []),
      ...from,
      ...to,
    ];
    const { error, stdout, stderr } = await execute(command, args, signal);
    if (error !== undefined) return failure(run, `${error}${stderr === '' ? '' : `: ${stderr}`}`);
    return { ok: true, outputs: await read(), ...(repeat > 0 && { timing: JSON.parse(stdout) as Timing }) };
  });
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
    hint: cudaHint(message) ?? 'build it again; a program built for another CPU needs that CPU',
  },
});
