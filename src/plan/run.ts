/** Runs a plan with no target. It must agree with evaluating its graph. */
import { bug } from '../diagnostic.ts';
import type { Named } from '../graph/evaluate.ts';
import type { Arr } from '../loop/loop.ts';
import { run } from '../loop/run.ts';
import type { Numbers } from '../tensor/numbers.ts';
import { zeros } from '../tensor/numbers.ts';
import type { Plan } from './plan.ts';

/** Interprets a plan whose steps are all loops: one lowered without kernels. */
export function runPlan({ inputs, outputs, constants, steps }: Plan, given: Named): Named {
  const memory = new Map<Arr, Numbers>(constants.map(({ array, data }) => [array, data]));
  for (const { name, array } of inputs) memory.set(array, given[name] ?? bug(`no value for input "${name}"`));
  for (const { writes } of steps)
    for (const array of writes) if (!memory.has(array)) memory.set(array, zeros(array.dtype, array.length));
  for (const { work } of steps) run(work.kind === 'loops' ? work.body : bug('a kernel has no loops to run'), memory);
  return Object.fromEntries(
    outputs.map(({ name, array }) => [name, memory.get(array) ?? bug(`output "${name}" was never written`)]),
  );
}
