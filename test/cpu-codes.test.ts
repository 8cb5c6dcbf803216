/** Dense layers of one vector that multiply weights in bytes. More builds are in test/slow. */
import { describe, expect, test } from 'vitest';
import { evaluate } from '../src/graph/evaluate.ts';
import { linear } from '../targets/cpu/kernels/linear.ts';
import { byteCases as cases, knownResults, otherBits, strict } from './codes/bytes.ts';
import { chosen, graphOf, programOf } from './cpu-kernels/kit.ts';

test('are stored as bytes', () => {
  const { plan } = programOf(cases, [linear]);
  expect(chosen(plan, cases)).toEqual(cases.map(() => 'linear'));
  const stored = plan.constants.filter(({ array }) => /weights/.test(array.name));
  expect(stored.map(({ array }) => array.dtype)).toEqual(cases.map(() => 'u8'));
});

describe('they compute', () => {
  const known = knownResults();

  test('what they mean', () => {
    const want = evaluate(graphOf(cases), { unused: new Float32Array(1) });
    for (const [i, { title }] of cases.entries()) {
      const results = Array.from(want[`case_${i}`]);
      expect(
        results.some((v) => v !== 0),
        title,
      ).toBe(true);
      results.forEach((v, at) => void expect(Math.abs(known[i][at] - v), title).toBeLessThan(1e-4));
    }
  });

  test('the same bits as wide as this CPU goes', () => {
    expect(otherBits({ compiler: 'gcc', flags: ['-O2', '-march=native', strict] }, known)).toEqual([]);
  });
});
