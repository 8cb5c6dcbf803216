/** Finds C compilers and runs them: no shell in between, and every failure told with the command that failed. */
import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { access, rm } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import type { Diagnostic } from '../diagnostic.ts';
import type { RunCompiler } from '../recipe.ts';
import { cudaToolkit, toolkitFolders } from './toolkit.ts';

export type Compiled =
  | {
      readonly ok: true;
      /** As a user could type it. */
      readonly command: string;
      /** What the compiler said. */
      readonly output: string;
      /** That it holds nothing, since the compiler makes code for other machines. */
      readonly warning?: Diagnostic;
    }
  | { readonly ok: false; readonly diagnostic: Diagnostic };

export interface CompileOptions {
  /** Where the sources are and the output goes. */
  readonly folder: string;
  /** Programs to use instead of those that the task names, e.g. what a user set as `CC`. */
  readonly compilers?: readonly string[] | undefined;
  readonly signal?: AbortSignal | undefined;
  /** The PATH to search; the process's own unless given. */
  readonly path?: string | undefined;
  /** Folders to search for nvcc after those; where toolkits put it unless given. */
  readonly toolkits?: readonly string[] | undefined;
}

/** Runs one compiler of the task, the first that is installed. A failed run leaves no output behind. */
export async function runCompiler(task: RunCompiler, options: CompileOptions): Promise<Compiled> {
  const { folder, signal, path = process.env.PATH ?? '', toolkits = toolkitFolders() } = options;
  const wanted = options.compilers ?? task.compilers;
  const program = await findProgram(wanted, path, wanted.includes(cudaToolkit.compiler) ? toolkits : []);
  if (program === undefined) return { ok: false, diagnostic: missing(task, wanted) };
  const { only } = task;
  const machine = only && (await execute(program.path, ['-dumpmachine'], folder, signal)).output;
  const fits = only !== undefined && machine?.startsWith(`${only.machine}-`) === true;
  const args = fits ? [...only.args, ...task.args] : task.args;
  const command = [program.name, ...args].map(shown).join(' ');
  const { code, output } = await execute(program.path, args, folder, signal);
  if (code === 0)
    return { ok: true, command, output, ...(only && !fits && { warning: empty(task, only.args, machine ?? '') }) };
  await rm(join(folder, task.output), { force: true });
  return { ok: false, diagnostic: failed(task, command, code, output) };
}

export interface Program {
  readonly name: string;
  readonly path: string;
}

/** The first of `names` that is an executable file in a folder of `path`, then of `more`, or is itself the path of one. */
export async function findProgram(
  names: readonly string[],
  path: string = process.env.PATH ?? '',
  more: readonly string[] = [],
): Promise<Program | undefined> {
  const searched = [...path.split(delimiter).filter((folder) => folder !== ''), ...more];
  const endings = process.platform === 'win32' ? ['.exe', '.cmd', ''] : [''];
  for (const name of names) {
    const folders = /[\\/]/.test(name) ? [''] : searched;
    for (const folder of folders)
      for (const ending of endings) {
        const candidate = folder === '' ? name + ending : join(folder, name + ending);
        if (await isExecutable(candidate)) return { name, path: candidate };
      }
  }
  return undefined;
}

const isExecutable = (file: string): Promise<boolean> =>
  access(file, constants.X_OK).then(
    () => true,
    () => false,
  );

interface Execution {
  readonly code: number | string;
  readonly output: string;
}

/** Compilers write at length when they fail: far more than this, and nobody reads it. */
const mostOutput = 1 << 24;

function execute(
  program: string,
  args: readonly string[],
  folder: string,
  signal: AbortSignal | undefined,
): Promise<Execution> {
  return new Promise((resolve) => {
    execFile(program, [...args], { cwd: folder, maxBuffer: mostOutput, signal }, (error, stdout, stderr) => {
      const output = `${stdout}${stderr}`.trim();
      if (!error) return resolve({ code: 0, output });
      const reason = error.signal ?? error.code ?? 'unknown';
      resolve({ code: reason, output: output || error.message });
    });
  });
}

const elsewhere = 'or build the sources elsewhere: espalier build --source-only writes them alone';

function missing(task: RunCompiler, wanted: readonly string[]): Diagnostic {
  return {
    severity: 'error',
    code: 'toolchain/no-compiler',
    message: `no compiler found for "${task.output}": tried ${wanted.map((name) => `"${name}"`).join(', ')}`,
    hint: wanted.includes(cudaToolkit.compiler)
      ? `${cudaToolkit.hint}, ${elsewhere}`
      : `install one of them, ${elsewhere}`,
  };
}

/** The first lines say what is wrong; the rest follows from it. */
const mostLines = 40;

const empty = (task: RunCompiler, args: readonly string[], machine: string): Diagnostic => ({
  severity: 'warning',
  code: 'toolchain/no-such-level',
  message: `"${task.output}" holds no code: the compiler makes code for "${machine}", which has no "${args.join(' ')}"`,
  hint: 'the baseline runs on every machine of that kind',
});

/** How gcc and clang say that they have never heard of a CPU. */
const strange = /bad value.*-march|unknown target CPU|unsupported argument '.*' to option '-march=|invalid arch name/;

function failed(task: RunCompiler, command: string, code: number | string, output: string): Diagnostic {
  const lines = output.split('\n');
  const more = lines.length - mostLines;
  const told = [...lines.slice(0, mostLines), ...(more > 0 ? [`... and ${more} more lines`] : [])].join('\n');
  if (strange.test(output)) {
    const flag = command.split(' ').find((word) => /^-m(arch|cpu)=/.test(word)) ?? '-march';
    return {
      severity: 'error',
      code: 'toolchain/unknown-cpu',
      message: `the compiler that builds "${task.output}" does not know "${flag}"`,
      hint: `it is too old or for another machine: set CC to gcc 11, clang 12 or newer, or give another --cpu\nthe command was: ${command}\n${told}`,
    };
  }
  return {
    severity: 'error',
    code: 'toolchain/compiler-failed',
    message: `the compiler failed with ${code} while building "${task.output}"`,
    hint: `the command was: ${command}\n${told}`,
  };
}

/** Quoted where a shell would take it apart. */
export const shown = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
