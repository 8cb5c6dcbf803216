/** Twenty thousand damaged ONNX files: the standard's own tests of every operator, and a model with a little of everything. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { everything } from '../onnx/everything.ts';
import { check, damaged } from '../onnx/fuzz.ts';
import { bytesOfModel, modelOf } from '../onnx/kit.ts';
import { hasNodeTests, nodeTests } from '../onnx/node-test.ts';

const runs = Number(process.env.FUZZ_RUNS ?? 20_000);

test.skipIf(!hasNodeTests)('twenty thousand damaged files are refused, or run', { timeout: 600_000 }, () => {
  const own = bytesOfModel(modelOf(everything));
  const standard = nodeTests().map(({ folder }) => Uint8Array.from(readFileSync(join(folder, 'model.onnx'))));
  const files = [own, own, own, ...standard].map(damaged);
  const { seed } = fc.readConfigureGlobal();
  let [count, sound, slowest] = [0, 0, 0];
  const any = fc.oneof({ weight: 300, arbitrary: files[0] }, ...files.map((arbitrary) => ({ weight: 1, arbitrary })));
  fc.assert(
    fc.property(any, (file) => {
      if (!file) return;
      const { graph, took } = check({ 'model.onnx': file });
      count++;
      if (graph) sound++;
      if (took > slowest) slowest = took;
    }),
    { numRuns: Math.ceil(runs * 1.35) },
  );
  console.log(
    `${count} damaged files, seed ${seed}: ${sound} read all the same, the slowest in ${slowest.toFixed(0)} ms`,
  );
  expect(count).toBeGreaterThanOrEqual(runs);
});
