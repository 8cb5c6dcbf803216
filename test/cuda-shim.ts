/** Compiles CUDA sources for this machine with the shim in test/cuda-shim, and runs what comes of them. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { onTestFinished } from 'vitest';

/** Where `cuda_runtime.h` and its like are. */
export const shimFolder = new URL('cuda-shim/', import.meta.url).pathname;

/** Warnings that generated code is free of. */
export const warnings = ['-Wall', '-Wextra', '-Wconversion', '-Wshadow', '-Werror', '-Wno-unknown-pragmas'];

/** Whatever is read or written out of place ends the program. */
export const addresses = ['-fsanitize=address,undefined', '-fno-sanitize-recover=undefined'];

/** Threads that use the same place with no barrier between them are told of. */
export const races = ['-fsanitize=thread'];

export interface Ran {
  readonly code: number | null;
  readonly out: Buffer;
  readonly said: string;
}

export type Program = (
  args: readonly string[],
  given?: { readonly input?: Uint8Array; readonly environment?: Readonly<Record<string, string>> },
) => Ran;

/** A program of a `.cu` file with a `main`, gone when the test is over or when `later` says. */
export function shimProgram(
  source: string,
  flags: readonly string[] = ['-O1'],
  later: (remove: () => void) => void = onTestFinished,
): Program {
  const folder = mkdtempSync(join(tmpdir(), 'cuda-'));
  later(() => rmSync(folder, { recursive: true, force: true }));
  const program = join(folder, basename(source, '.cu'));
  const args = ['-x', 'c++', '-std=c++17', `-I${shimFolder}`, ...warnings, ...flags, source, '-o', program];
  const { status, error, stderr } = spawnSync('g++', args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`g++ ${args.join(' ')}: ${error?.message ?? status}\n${stderr}`);
  return (given, { input, environment } = {}) => {
    const {
      status: code,
      stdout,
      stderr: said,
    } = spawnSync(program, given, {
      env: { ...process.env, ...environment },
      maxBuffer: 1 << 28,
      ...(input && { input }),
    });
    return { code, out: stdout, said: said.toString() };
  };
}

/** The same of text. */
export function shimProgramOf(
  text: string,
  flags?: readonly string[],
  later: (remove: () => void) => void = onTestFinished,
): Program {
  const folder = mkdtempSync(join(tmpdir(), 'cuda-text-'));
  later(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, 'program.cu'), text);
  return shimProgram(join(folder, 'program.cu'), flags, later);
}
