/** Tests under test/; those under test/slow/ run only when SLOW is set (`npm run test:slow`). */
import { configDefaults, defineConfig } from 'vitest/config';

const slow = process.env.SLOW !== undefined;

export default defineConfig({
  test: {
    include: slow ? ['test/slow/**/*.test.ts'] : ['test/**/*.test.ts'],
    exclude: slow ? configDefaults.exclude : [...configDefaults.exclude, 'test/slow/**'],
    testTimeout: slow ? 600_000 : 120_000,
    hookTimeout: slow ? 600_000 : 120_000,
    setupFiles: ['test/setup.ts'],
    maxWorkers: 2,
    passWithNoTests: slow,
  },
});
