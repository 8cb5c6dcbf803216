/** A native artefact, run through the example program that was built with it; under an emulator where it is for another CPU. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Report } from '../diagnostic.ts';
import type { Named } from '../graph/evaluate.ts';
import { findProgram } from '../toolchain/compiler.ts';
import type { NativeResult } from '../toolchain/run-native.ts';
import { runNative } from '../toolchain/run-native.ts';
import type { Manifest } from './manifest.ts';
import type { OpenModel } from './open.ts';

/** CPUs that are not the ones most machines have: what Node calls their architecture, and what runs their programs elsewhere. */
const foreign: Readonly<Record<string, { readonly arch: string; readonly emulator: string }>> = {
  'armv8-a': { arch: 'arm64', emulator: 'qemu-aarch64' },
  rv64gc: { arch: 'riscv64', emulator: 'qemu-riscv64' },
};

/** Whether programs for a CPU run on this machine as they are, as far as its name says. */
export const runsHere = (cpu: string): boolean => !foreign[cpu] || foreign[cpu].arch === process.arch;

/** Undefined, and reported, if there is no program or nothing to run it with. */
export async function openNative(
  folder: string,
  manifest: Manifest,
  report: Report,
  signal?: AbortSignal,
): Promise<Omit<OpenModel, 'manifest'> | undefined> {
  const fail = (code: string, message: string, hint: string): undefined =>
    void report({ severity: 'error', code, message, hint, origin: { file: folder } });
  const { name, cpu, inputs, outputs } = manifest;
  const file = [`${name}_example`, `${name}_example.exe`].find((f) => existsSync(join(folder, f)));
  if (file === undefined)
    return fail(
      'run/no-program',
      `nothing was built for "${cpu}" that runs here`,
      `compile "${name}_check.c" with the sources and run it on the board: it holds inputs and the outputs they must give`,
    );
  const away = cpu !== null && foreign[cpu]?.arch !== process.arch ? foreign[cpu] : undefined;
  const found = away && (await findProgram([away.emulator]));
  if (away && !found)
    return fail(
      'run/no-emulator',
      `the program is for "${cpu}", and "${away.emulator}" is not installed`,
      `install qemu-user, or run "${name}_check" on such a machine`,
    );
  const emulator = found ? [found.path] : [];
  const run = (given: Named, repeat = 0): Promise<NativeResult> =>
    runNative({ program: join(folder, file), inputs, outputs, given, repeat, emulator, signal });
  return {
    async run(given) {
      const result = await run(given);
      if (!result.ok) report(result.diagnostic);
      return result.ok ? result.outputs : undefined;
    },
    async time(given, times) {
      const result = await run(given, times);
      if (!result.ok) report(result.diagnostic);
      return result.ok ? result.timing : undefined;
    },
    dispose: () => {},
  };
}
