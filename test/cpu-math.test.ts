/** The functions that generated C computes by itself: their error is what the templates say. */
import { describe, expect, test } from 'vitest';
import { installed } from './cpu-build.ts';
import { composed, measure, promised } from './cpu-math.ts';

const builds = {
  'products rounded': ['-ffp-contract=off'],
  'products fused': ['-march=native', '-ffp-contract=fast'],
} as const;

describe.each(['gcc', 'clang-19'])('%s', (compiler) => {
  test.skipIf(!installed(compiler)).each(Object.entries(builds))('%s', (_, flags) => {
    const errors = measure(compiler, flags, 4093);
    for (const [fn, most] of Object.entries({ ...promised, ...composed }))
      expect(errors[fn], fn).toBeLessThanOrEqual(most);
  });
});
