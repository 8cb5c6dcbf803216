/** The kernels of the cpu target in builds that take long to compile, and the loops that they replace. */
import { expect, test } from 'vitest';
import { kernels } from '../../targets/cpu/kernels/index.ts';
import { cases } from '../cpu-kernels/cases.ts';
import { runCases } from '../cpu-kernels/kit.ts';
import { distance, meaning } from '../ops/law.ts';

const all = Object.entries(cases).flatMap(([kernel, list]) => list.map((c) => ({ ...c, kernel })));
const title = (i: number): string => `${all[i].kernel}, ${all[i].title}`;
const strict = '-ffp-contract=off';

/** Where results differ from what the operators mean, by more than rounding. */
const faults = (got: ReturnType<typeof runCases>): readonly string[] =>
  all.flatMap((c, i) => {
    const apart = distance(got[i], meaning(c));
    return apart < 2e-6 ? [] : [`${title(i)}: ${apart}`];
  });

test('AVX2 computes what operators mean, and what SSE2 does to the bit where products are rounded on their own', () => {
  const wide = runCases(all, kernels, { compiler: 'gcc', flags: ['-O2', '-march=x86-64-v3', strict] });
  const narrow = runCases(all, kernels, { compiler: 'gcc', flags: ['-O1', strict] });
  expect(faults(wide)).toEqual([]);
  expect(all.flatMap((_, i) => (wide[i].every((v, at) => Object.is(v, narrow[i][at])) ? [] : [title(i)]))).toEqual([]);
});

test('the loops that kernels replace compute the same', () => {
  expect(faults(runCases(all, [], { compiler: 'gcc', flags: ['-O1'] }))).toEqual([]);
});
