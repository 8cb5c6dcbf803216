/** The functions that generated C computes by itself, for more floats of every exponent. */
import { expect, test } from 'vitest';
import { composed, measure, promised } from '../cpu-math.ts';

test('their error is what the templates say', () => {
  const errors = measure('gcc', ['-march=native', '-ffp-contract=off'], 31);
  for (const [fn, most] of Object.entries({ ...promised, ...composed }))
    expect(errors[fn], fn).toBeLessThanOrEqual(most);
});
