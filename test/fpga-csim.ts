/** C-simulation of generated components with g++: all sources at once, in a folder that is gone afterwards. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Artefact } from '../src/target.ts';

export interface Simulated {
  /** Of the compiler where it fails, else of the testbench. */
  readonly code: number | null;
  readonly out: string;
}

/** Numbers of exact widths, by a header in place of the vendor's. */
export const exactWidths = ['-DESPALIER_AP_INT', `-I${new URL('fpga-csim/', import.meta.url).pathname}`];

const warnings = ['-Wall', '-Wextra', '-Wconversion', '-Werror', '-Wno-unknown-pragmas', '-Wno-unused-label'];

/** Compiles once, and runs the testbench on the recorded pictures, and on what each of `changes` makes of them. */
export function csim(
  artefacts: readonly Artefact[],
  flags: readonly string[] = ['-O0'],
  changes: readonly ((vectors: string) => string)[] = [],
): readonly Simulated[] {
  const folder = mkdtempSync(join(tmpdir(), 'espalier-csim-'));
  try {
    for (const { path, contents } of artefacts) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), contents);
    }
    // One unit: headers are read once.
    const sources = artefacts.filter(({ path }) => path.endsWith('.cpp')).map(({ path }) => `#include "${path}"\n`);
    writeFileSync(join(folder, 'all.cpp'), sources.join(''));
    const places = ['-Isrc', '-Itb', '-Itb/sim', '-I.'];
    const compiled = run(folder, 'g++', ['-std=c++14', ...warnings, ...flags, ...places, 'all.cpp', '-o', 'csim']);
    if (compiled.code !== 0) return [compiled];
    const recorded = join(folder, 'tb', 'vectors.dat');
    const text = readFileSync(recorded, 'utf8');
    return [(same: string) => same, ...changes].map((change) => {
      writeFileSync(recorded, change(text));
      return run(folder, './csim', ['tb/vectors.dat']);
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function run(cwd: string, program: string, args: readonly string[]): Simulated {
  const { status, stdout, stderr } = spawnSync(program, args, { cwd, encoding: 'utf8', maxBuffer: 2 ** 26 });
  return { code: status, out: `${stdout}${stderr}` };
}
