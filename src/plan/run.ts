/** Runs a plan with no target. It must agree with evaluating its graph. */
import { bug } from '../diagnostic.ts';
import type { Named } from '../graph/evaluate.ts';
import type { Arr } from '../loop/loop.ts';
import { run } from '../loop/run.ts';
import type { Numbers } from '../tensor/numbers.ts';
import { bytesOf, viewOf, zeros } from '../tensor/numbers.ts';
import type { Plan, Step } from './plan.ts';

/**
 * Interprets a plan whose steps are all loops: one lowered without kernels. Arrays of the arena lie where the plan
 * puts them, and memory begins as NaN, so that arrays which overlap and reads before writes show in the results.
 */
export function runPlan({ inputs, outputs, constants, arena, steps }: Plan, given: Named): Named {
  const shared = new Map<Arr, Numbers>(constants.map(({ array, data }) => [array, data]));
  for (const { name, array } of inputs) {
    const data = given[name] ?? bug(`no value for input "${name}"`);
    if (data.length !== array.length) bug(`input "${name}" takes ${array.length} numbers and is given ${data.length}`);
    shared.set(array, data);
  }
  const buffer = new ArrayBuffer(arena.peak);
  for (const [array, offset] of arena.places) shared.set(array, viewOf(array.dtype, buffer, offset, array.length));
  const results = new Map(outputs.map(({ array }) => [array, zeros(array.dtype, array.length)]));
  for (const [array, data] of results) shared.set(array, data);
  for (const data of [new Uint8Array(buffer), ...Array.from(results.values(), bytesOf)]) data.fill(0xff);

  for (const step of steps) runStep(step, shared);
  return Object.fromEntries(
    outputs.map(({ name, array }) => [name, results.get(array) ?? bug('an output has no array')]),
  );
}

/** A step sees only the arrays that it says it reads or writes. */
function runStep({ reads, writes, work }: Step, shared: ReadonlyMap<Arr, Numbers>): void {
  const body = work.kind === 'loops' ? work.body : bug('a kernel has no loops to run');
  const own = [...reads, ...writes].map(
    (array) => [array, shared.get(array) ?? bug(`no memory for "${array.name}"`)] as const,
  );
  run(body, new Map(own));
}
