/** The kernels of the cpu target against the meaning of the operators. */
import { describe, expect, test } from 'vitest';
import type { Numbers } from '../src/tensor/numbers.ts';
import { plain } from '../src/tensor/type.ts';
import { kernels } from '../targets/cpu/kernels/index.ts';
import { cases } from './cpu-kernels/cases.ts';
import type { Build, Case } from './cpu-kernels/kit.ts';
import { chosen, programOf, runProgram, sanitizers } from './cpu-kernels/kit.ts';
import { distance, meaning } from './ops/law.ts';

const all = Object.entries(cases).flatMap(([kernel, list]) => list.map((c) => ({ ...c, kernel })));
const wanted = all.map(meaning);

const program = programOf(all, kernels);
const { plan } = program;

test('every kernel has cases', () => {
  expect(Object.keys(cases).sort()).toEqual(kernels.map((k) => k.name).sort());
});

test('a kernel says why it does not take a step', () => {
  const reasons = plan.steps.flatMap((s) => s.refused.map((r) => r.reason));
  expect(reasons.filter((reason) => !/^[a-z0-9"].*[^.]$/.test(reason))).toEqual([]);
});

test('a residual that lies plain is left to the loops', () => {
  const strange = ['conv2d', 'residual'].map((kernel): Case => {
    const [found] = cases[kernel].filter(({ op }) => op.kind === 'conv2d' && op.residual);
    return { ...found, layouts: { ...found.layouts, residual: plain } };
  });
  const odd = programOf(strange, kernels);
  const taken = chosen(odd.plan, strange);
  expect(taken[0]).toContain('conv2d: the residual is not in panels');
  expect(taken[1]).toContain('residual: the residual lies otherwise than the result');
  const got = runProgram(odd, builds['gcc, SSE2']);
  expect(strange.map((c, i) => distance(got[i], meaning(c))).every((apart) => apart < 2e-6)).toBe(true);
});

describe('each case is taken by its kernel', () => {
  const taken = chosen(plan, all);
  test.each(Object.keys(cases))('%s', (kernel) => {
    const strays = all.flatMap((c, i) =>
      c.kernel === kernel && taken[i] !== kernel ? [`${c.title}: ${taken[i]}`] : [],
    );
    expect(strays).toEqual([]);
  });
});

/** Where results differ from what the operators mean, by more than rounding. */
const faults = (got: readonly Numbers[]): readonly string[] =>
  all.flatMap(({ kernel, title }, i) => {
    const apart = distance(got[i], wanted[i]);
    return apart < 2e-6 ? [] : [`${kernel}, ${title}: ${apart}`];
  });

const strict = '-ffp-contract=off';

const builds = {
  'gcc, as wide as this CPU': {
    compiler: 'gcc',
    flags: ['-O2', '-march=native', '-ffp-contract=fast'],
    routinesAlone: true,
  },
  'clang, as wide as this CPU, nothing outside arrays': {
    compiler: 'clang-19',
    flags: ['-march=native', strict, ...sanitizers],
  },
  'gcc, SSE2': { compiler: 'gcc', flags: ['-O1', strict], routinesAlone: true },
  'clang, no vectors, nothing outside arrays': { compiler: 'clang-19', flags: ['-U__SSE2__', strict, ...sanitizers] },
} satisfies Readonly<Record<string, Build>>;

type BuildName = keyof typeof builds;

const names = Object.keys(builds) as readonly BuildName[];
const known = new Map<BuildName, readonly Numbers[]>();

/** What each case gives: compiled and run once. */
function resultsOf(name: BuildName): readonly Numbers[] {
  const results = known.get(name) ?? runProgram(program, builds[name]);
  known.set(name, results);
  return results;
}

test.each(names)('kernels compute what operators mean: %s', (name) => {
  expect(faults(resultsOf(name))).toEqual([]);
});

test('no width of vectors changes a bit where products are rounded on their own', () => {
  const [first, ...others] = names.filter((name) => builds[name].flags.includes(strict));
  const [one, ...more] = [first, ...others].map(resultsOf);
  for (const results of more) {
    const strays = all.filter((_, i) => !results[i].every((v, at) => Object.is(v, one[i][at])));
    expect(strays.map(({ kernel, title }) => `${kernel}, ${title}`)).toEqual([]);
  }
});
