/** Weights of dense layers that are stored as f16, where that is exact and the CPU converts it. */
import { describe, expect, test } from 'vitest';
import { lower } from '../src/plan/lower.ts';
import { kernels } from '../targets/cpu/kernels/index.ts';
import { linear, linearInHalves } from '../targets/cpu/kernels/linear.ts';
import { cpu } from '../targets/cpu/target.ts';
import { halfCases } from './cpu-kernels/dense-layers.ts';
import type { Build } from './cpu-kernels/kit.ts';
import { graphOf, runCases, sanitizers } from './cpu-kernels/kit.ts';

test('for CPUs that convert it', () => {
  const halving = (name: string): boolean => cpu.target({ cpu: name }).kernels.includes(linearInHalves);
  const names = ['native', 'x86-64-v3', 'x86-64-v4', 'native-multi', 'armv8-a', 'generic', 'rv64gc', 'cortex-m7'];
  expect(names.filter(halving)).toEqual(['native', 'x86-64-v3', 'x86-64-v4', 'native-multi', 'armv8-a']);
});

test('weights take half the bytes where that is exact, of dense layers and of tall blocks', () => {
  const stored = [linear, linearInHalves].map((kernel) => {
    const { constants } = lower(graphOf(halfCases), [kernel]);
    return constants.flatMap(({ array }) => (/weights/.test(array.name) && array.dtype === 'u16' ? [array.name] : []));
  });
  expect(stored.map((names) => names.length)).toEqual([0, 4]);
});

const strict = '-ffp-contract=off';

const builds: readonly (Build & { readonly name: string })[] = [
  { name: 'as wide as this CPU', compiler: 'gcc', flags: ['-O2', '-march=native', strict] },
  {
    name: 'AVX2, clang, nothing outside arrays',
    compiler: 'clang-19',
    flags: ['-mavx2', strict, ...sanitizers],
  },
  { name: 'SSE2', compiler: 'gcc', flags: ['-O1', strict] },
  { name: 'no vectors, nothing outside arrays', compiler: 'gcc', flags: ['-U__SSE2__', strict, ...sanitizers] },
];

describe('they give the same bits as weights of f32', () => {
  const known = runCases(halfCases, kernels, { compiler: 'gcc', flags: ['-O1', strict] });
  test.each(builds)('$name', (build) => {
    const got = runCases(halfCases, [linearInHalves], build);
    expect(
      halfCases.flatMap(({ title }, i) => (got[i].every((v, at) => Object.is(v, known[i][at])) ? [] : [title])),
    ).toEqual([]);
  });
});
