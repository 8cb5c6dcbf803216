/** Every kernel of the cpu target, shared by threads: the same bits whatever their number, and no races. */
import { describe, expect, test } from 'vitest';
import type { Compiled } from '../../src/compile.ts';
import { lower } from '../../src/plan/lower.ts';
import type { Plan } from '../../src/plan/plan.ts';
import { zeros } from '../../src/tensor/numbers.ts';
import { kernels } from '../../targets/cpu/kernels/index.ts';
import { sharedBy, sharingOf } from '../../targets/cpu/sharing.ts';
import { cpuTarget } from '../../targets/cpu/target.ts';
import { checkSourcesOf, compiled, folderWith, installed, mixed, render, run, textOf, warnings } from '../cpu-build.ts';
import { cases } from '../cpu-kernels/cases.ts';
import { graphOf, sanitizers } from '../cpu-kernels/kit.ts';
import { callers, everyNumberOfThreads, tried } from '../cpu-threads.ts';

const most = 3;

/** Every layer that a kernel takes, shared by so many threads. */
function sharedCases(threads: number): Pick<Compiled, 'plan' | 'artefacts'> {
  const all = Object.values(cases).flat();
  const plan = lower(
    graphOf(all),
    kernels.map((kernel) => sharedBy(threads, kernel)),
  );
  const blank = (ports: Plan['inputs']) => Object.fromEntries(ports.map((p) => [p.name, zeros('f32', p.array.length)]));
  const recorded = () => ({ inputs: blank(plan.inputs), outputs: blank(plan.outputs) });
  return { plan, ...cpuTarget([], { threads }).emit(plan, { render, recorded, report: () => {} }) };
}

describe('every kernel', () => {
  const shared = sharedCases(most);

  test('has calls that threads share', () => {
    const alone = new Set<string>();
    const together = new Set<string>();
    for (const step of shared.plan.steps)
      if (step.work.kind === 'routines')
        for (const call of step.work.calls)
          (sharingOf(call, step).kind === 'first' ? alone : together).add(step.work.kernel);
    // What has a share nowhere is small, or moves numbers about.
    expect([...alone].filter((kernel) => !together.has(kernel)).sort()).toEqual([
      'concat',
      'depth-to-space',
      'pad',
      'pixels',
      'resize',
      'slice',
      'top-k',
    ]);
  });

  test.each(['gcc', 'clang-19'].filter(installed))('gives the same bits without races: %s', (compiler) => {
    const flags = ['-O0', '-g0', '-fsanitize=thread', '-Wno-psabi'];
    expect(tried(shared, everyNumberOfThreads('cases', shared.plan, most, 1), compiler, flags)).toBe('equal\n');
  });
});

describe.skipIf(!installed('clang-19'))('a network built by clang', () => {
  const together = compiled(mixed(), { threads: most });
  test('has pools that are told what is wrong, run at once, and start and stop', () => {
    expect(tried(together, callers('mixed', together.plan, most), 'clang-19', sanitizers)).toBe('well\n');
  });
});

test('a network gives the same bits whatever the number of threads, without races', () => {
  const together = compiled(mixed(), { threads: most });
  const main = everyNumberOfThreads('mixed', together.plan, most, 20);
  expect(tried(together, main, 'gcc', ['-O0', '-fsanitize=thread'])).toBe('equal\n');
});

test.skipIf(!installed('gcc') || process.arch !== 'x64')('a level of CPU is chosen for all threads', () => {
  const several = compiled(mixed(), { cpu: 'native-multi', threads: most });
  const folder = folderWith(several);
  const common = ['-std=c11', '-pthread', '-O1', ...warnings, '-Wno-psabi', '-I.'];
  const levels = [
    ['mixed_x86_64_v3.c', '-march=x86-64-v3'],
    ['mixed_x86_64_v4.c', '-march=x86-64-v4'],
  ];
  for (const [file, flag] of levels) run(folder, 'gcc', [...common, flag, '-c', file]);
  const plain = checkSourcesOf(several).filter((path) => !levels.some(([file]) => file === path) && path !== 'mixed.c');
  run(folder, 'gcc', [...common, ...plain, ...levels.map(([file]) => file.replace('.c', '.o')), '-o', 'check', '-lm']);
  expect(run(folder, './check', [])).toMatch(/^baseline\n[\s\S]*3 threads\n.*\n.*\nok\n$/);
  expect(textOf(several, 'CMakeLists.txt')).toContain('-pthread');
});
