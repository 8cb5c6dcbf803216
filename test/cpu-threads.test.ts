/** Networks that threads run together: the same bits whatever their number, no races, and pools that say what is wrong. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { cpuTarget } from '../targets/cpu/target.ts';
import { kernels } from '../targets/cpu/kernels/index.ts';
import type { Plan } from '../src/plan/plan.ts';
import { lower } from '../src/plan/lower.ts';
import { zeros } from '../src/tensor/numbers.ts';
import { compiled, folderWith, installed, mixed, render, run, textOf, warnings } from './cpu-build.ts';
import { cases } from './cpu-kernels/cases.ts';
import { graphOf } from './cpu-kernels/kit.ts';
import { callers, everyNumberOfThreads, fewThreads, runMain } from './cpu-threads.ts';

const most = 3;
const together = compiled(mixed(), { threads: most });

function tried(built: typeof together, main: string, compiler: string, flags: readonly string[]): string {
  const folder = folderWith(built);
  writeFileSync(join(folder, 'main.c'), main);
  return runMain(folder, built, compiler, flags);
}

const watched = {
  'gcc, races': ['gcc', ['-O1', '-fsanitize=thread']],
  'clang, races': ['clang-19', ['-O1', '-fsanitize=thread']],
  'gcc, memory': ['gcc', ['-O1', '-fsanitize=address,undefined', '-fno-sanitize-recover=all']],
  'gcc, as wide as this CPU': ['gcc', ['-O2', '-march=native']],
} as const;

describe.each(Object.entries(watched))('%s', (_, [compiler, flags]) => {
  test.skipIf(!installed(compiler))('one thread and several give the same bits', () => {
    expect(tried(together, everyNumberOfThreads('mixed', together.plan, most, 20), compiler, flags)).toBe('equal\n');
  });

  test.skipIf(!installed(compiler))('pools are told what is wrong, run at once, and start and stop', () => {
    expect(tried(together, callers('mixed', together.plan, most), compiler, flags)).toBe('well\n');
  });
});
