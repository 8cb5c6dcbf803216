/** Weights in codes, on every target: what is computed has the bits that it has with weights stored as they are. */
import { describe, expect, test } from 'vitest';
import { kernels } from '../targets/wasm/kernels/index.ts';
import type { Pair } from './codes/cases.ts';
import { pairsFor } from './codes/cases.ts';
import { graphOf, runCases } from './cpu-kernels/kit.ts';
import { buildModule } from './wasm-module.ts';

const none: never[] = [];

test('layers of every kind are there, in many codes', () => {
  const pairs = pairsFor(28);
  expect(pairs.length).toBeGreaterThan(40);
  expect(new Set(pairs.map(({ coded }) => coded.op.kind))).toEqual(new Set(['conv2d', 'conv-transpose2d', 'linear']));
});

/** The titles of pairs whose results differ, and of those that gave nothing. */
function differing(pairs: readonly Pair[], resultOf: (i: number) => ArrayLike<number>): readonly string[] {
  return pairs.flatMap(({ coded }, i) => {
    const [got, want] = [resultOf(2 * i), resultOf(2 * i + 1)];
    const same = got.length === want.length && Array.from(want).every((v, at) => Object.is(v, got[at]));
    return same && Array.from(want).some((v) => v !== 0) ? [] : [coded.title];
  });
}

describe('wasm', () => {
  test.each([
    ['with kernels', kernels],
    ['with loops alone', none],
  ])('%s', async (_, listed) => {
    const pairs = pairsFor(28);
    const module = await buildModule(graphOf(pairs.flatMap(({ coded, plain }) => [coded, plain])), listed);
    const results = module.run({ unused: new Float32Array(1) });
    expect(differing(pairs, (i) => results[`case_${i}`])).toEqual([]);
  });
});

test('cpu, with loops alone', () => {
  const pairs = pairsFor(64);
  const cases = pairs.flatMap(({ coded, plain }) => [coded, plain]);
  const results = runCases(cases, none, { compiler: 'gcc', flags: ['-O0', '-ffp-contract=off'] });
  expect(differing(pairs, (i) => results[i])).toEqual([]);
});
