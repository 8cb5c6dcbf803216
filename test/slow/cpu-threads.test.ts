/** Every kernel of the cpu target, shared by threads: the same bits whatever their number, and no races. */
import { describe, expect, test } from 'vitest';
import type { Compiled } from '../../src/compile.ts';
import { lower } from '../../src/plan/lower.ts';
import type { Plan } from '../../src/plan/plan.ts';
import { zeros } from '../../src/tensor/numbers.ts';
import { kernels } from '../../targets/cpu/kernels/index.ts';
import { sharedBy, sharingOf } from '../../targets/cpu/sharing.ts';
import { cpuTarget } from '../../targets/cpu/target.ts';
import { installed, render } from '../cpu-build.ts';
import { cases } from '../cpu-kernels/cases.ts';
import { graphOf } from '../cpu-kernels/kit.ts';
import { everyNumberOfThreads, tried } from '../cpu-threads.ts';

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
    const flags = ['-O1', '-g0', '-fsanitize=thread', '-Wno-psabi'];
    expect(tried(shared, everyNumberOfThreads('cases', shared.plan, most, 1), compiler, flags)).toBe('equal\n');
  });
});
