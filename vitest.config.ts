/** Tests under test/; those under test/slow/ run only when SLOW is set (`npm run test:slow`). */
import { basename } from 'node:path';
import { configDefaults, defineConfig } from 'vitest/config';
import type { TestSpecification } from 'vitest/node';
import { BaseSequencer } from 'vitest/node';

const slow = process.env.SLOW !== undefined;

/** What takes longest, which starts first, so that no worker is left alone with it at the end. */
const longest: readonly string[] = slow
  ? [
      'verify-onnx',
      'verify-models',
      'cpu-kernels',
      'cpu-threads',
      'cpu-math',
      'fpga-rtl',
      'cpu-models',
      'webgpu-whole',
      'plugin-bundlers',
      'plugin-examples',
      'wasm-math',
      'webgpu-models',
      'wasm-threads',
      'fpga-mixing',
      'cuda-ops',
      'cuda-layers',
      'cuda-models',
    ]
  : [
      'cpu-kernels',
      'bench',
      'cpu-levels',
      'cli-process',
      'cpu-cross',
      'cuda',
      'cpu-threads',
      'export-models',
      'import-models',
      'cpu-chains',
      'cpu-contract',
      'export',
      'webgpu-run',
      'start',
      'cpu',
      'webgpu-binding',
      'explain',
      'real',
      'library',
      'table',
      'cpu-ops',
      'tune',
      'architecture',
      'cpu-halves',
      'passes-meaning',
      'prune',
      'cuda-layers',
    ];

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId }: TestSpecification): number => {
      const found = longest.indexOf(basename(moduleId, '.test.ts'));
      return found === -1 ? longest.length : found;
    };
    return (await super.sort(files)).sort((a, b) => place(a) - place(b));
  }
}

export default defineConfig({
  test: {
    include: slow ? ['test/slow/**/*.test.ts'] : ['test/**/*.test.ts'],
    exclude: slow ? configDefaults.exclude : [...configDefaults.exclude, 'test/slow/**'],
    testTimeout: slow ? 600_000 : 120_000,
    hookTimeout: slow ? 600_000 : 120_000,
    setupFiles: ['test/setup.ts'],
    maxWorkers: 2,
    // A third of the time would be spent on importing the same modules anew for each file. They have no effects and no state.
    isolate: slow,
    sequence: { sequencer: LongestFirst },
    passWithNoTests: slow,
  },
});
