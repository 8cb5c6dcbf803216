/** The kernels of the cpu target in builds that take long to compile, and the loops that they replace. */
import { beforeAll, describe, expect, test } from 'vitest';
import { kernels } from '../../targets/cpu/kernels/index.ts';
import { cases } from '../cpu-kernels/cases.ts';
import { programOf, runCases, runProgram } from '../cpu-kernels/kit.ts';
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

describe('optimised, the products rounded on their own', () => {
  const optimised = (compiler: string, ...flags: readonly string[]) =>
    runProgram(program, { compiler, flags: ['-O2', strict, ...flags], routinesAlone: true });
  const program = programOf(all, kernels);
  let narrow: ReturnType<typeof runProgram>;
  beforeAll(() => {
    narrow = optimised('gcc');
  });

  test.each([
    ['gcc', 'AVX2', '-march=x86-64-v3'],
    ['gcc', 'no vectors', '-U__SSE2__'],
    ['clang-19', 'as wide as this CPU', '-march=native'],
  ])('%s, %s: computes what operators mean, and what SSE2 does to the bit', (compiler, _, flag) => {
    const got = optimised(compiler, flag);
    expect(faults(got)).toEqual([]);
    expect(all.flatMap((_, i) => (got[i].every((v, at) => Object.is(v, narrow[i][at])) ? [] : [title(i)]))).toEqual([]);
  });
});

test('as hard as gcc optimises, with products fused: computes what operators mean', () => {
  const flags = ['-O3', '-march=native', '-ffp-contract=fast'];
  expect(faults(runCases(all, kernels, { compiler: 'gcc', flags, routinesAlone: true }))).toEqual([]);
});

test('the loops that kernels replace compute the same', () => {
  expect(faults(runCases(all, [], { compiler: 'gcc', flags: ['-O1'] }))).toEqual([]);
});
