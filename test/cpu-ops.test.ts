/** Every operator as C: kernels where they take it and loops elsewhere, against its meaning. */
import { expect, test } from 'vitest';
import type { Kind } from '../src/ops/index.ts';
import { rules } from '../src/ops/index.ts';
import { lower } from '../src/plan/lower.ts';
import { kernels } from '../targets/cpu/kernels/index.ts';
import type { Case } from './cpu-kernels/kit.ts';
import { graphOf, runCases, sanitizers } from './cpu-kernels/kit.ts';
import { awkward } from './ops/awkward.ts';
import { examples } from './ops/examples.ts';
import type { Sample } from './ops/law.ts';
import { distance, meaning } from './ops/law.ts';
import { wholeFunctions } from './ops/whole.ts';

const samples: readonly Sample[] = [
  ...(Object.keys(rules) as readonly Kind[]).flatMap((kind): readonly Sample[] => [
    ...examples[kind],
    ...awkward[kind],
  ]),
  ...wholeFunctions,
];
const cases: readonly Case[] = samples.map(({ op, values }) => ({ title: JSON.stringify(op), op, values }));

test('on numbers where machines differ, and on shapes that are awkward', () => {
  const got = runCases(cases, kernels, { compiler: 'gcc', flags: sanitizers });
  const faults = cases.flatMap(({ title, values }, i) => {
    const apart = distance(got[i], meaning(samples[i]));
    return apart <= (got[i] instanceof Int32Array ? 0 : 2e-6) ? [] : [`${title} of ${values[0].type.shape}: ${apart}`];
  });
  expect(faults).toEqual([]);
});

test('no kernel that computes with f32 takes whole numbers', () => {
  const plan = lower(graphOf(cases), kernels);
  const takes = new Set(kernels.filter((k) => k.integers).map((k) => k.name));
  for (const { call, work, refused } of plan.steps) {
    if (work.kind !== 'routines' || takes.has(work.kernel)) continue;
    expect(call.type.dtype, call.id).toBe('f32');
    expect(refused.map((r) => r.reason).filter((r) => r.startsWith('takes f32'))).toEqual([]);
  }
  const product = plan.steps.find(({ call }) => call.op.kind === 'matmul' && call.type.dtype === 'i32');
  expect(product?.refused.map((r) => r.reason)).toContain('takes f32 and is given i32 as "a"');
});
