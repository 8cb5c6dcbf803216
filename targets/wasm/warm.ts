/**
 * What is called when a model is loaded, so that the first inference is no slow one. Engines compile a function quickly
 * and badly, and well after its loops have turned often enough, on another thread and for its next call: a few calls at load
 * are as many fewer in the first inference before its routines are fast.
 */
import type { Argument, RoutineCall } from '../../src/plan/kernel.ts';
import type { Plan } from '../../src/plan/plan.ts';
import { bytesPer } from '../../src/tensor/type.ts';
import { firstOf } from './chains.ts';

/**
 * Of the calls of each routine the one on the smallest arrays, in the order of the steps. They are calls of real layers,
 * whatever their inputs hold: nothing is touched but arrays of theirs, which are written again in every run.
 */
export function warmingCalls({ steps, chains }: Plan): readonly RoutineCall[] {
  const smallest = new Map<string, RoutineCall>();
  const apart = steps.filter((_, i) => !chains.some(({ first, last }) => i >= first && i <= last));
  const calls = apart.flatMap(({ work }) => (work.kind === 'routines' ? work.calls : []));
  for (const call of [...calls, ...chains.flatMap((chain) => firstOf(chain, steps))]) {
    const known = smallest.get(call.routine.name);
    if (!known || bytesOf(call) < bytesOf(known)) smallest.set(call.routine.name, call);
  }
  return [...smallest.values()];
}

const bytesOf = ({ args }: RoutineCall): number => args.reduce<number>((sum, a) => sum + bytesIn(a), 0);

const bytesIn = (a: Argument): number => (typeof a === 'object' && 'dtype' in a ? a.length * bytesPer[a.dtype] : 0);
