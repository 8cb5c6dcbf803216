/** The eleven models as native code: their own check programs find every output within 1e-5 of the meaning of the graph. */
import { expect, test } from 'vitest';
import { printDiagnostic } from '../../src/diagnostic.ts';
import { loadModel } from '../../src/make/load.ts';
import { runCompiler } from '../../src/toolchain/compiler.ts';
import { compiled, folderWith, run } from '../cpu-build.ts';
import { inputShapes, modelNames, modelPath } from '../models.ts';

test.each(modelNames)('%s', async (name) => {
  const told: string[] = [];
  const loaded = loadModel(modelPath(name), { name: 'model', shapes: inputShapes(name) }, (d) => {
    if (d.severity === 'error') told.push(printDiagnostic(d));
  });
  if (!loaded) throw new Error(told.join('\n'));
  const built = compiled(loaded.graph, { cpu: 'native' });
  const folder = folderWith(built);
  for (const step of built.recipe)
    if (step.kind === 'run-compiler' && !step.output.endsWith('.so') && step.output !== 'model_example') {
      const args = ['-Wall', '-Wextra', '-Wconversion', '-Werror', ...step.args];
      expect(await runCompiler({ ...step, args }, { folder })).toMatchObject({ ok: true });
    }
  expect(run(folder, './model_check', [])).toMatch(/ok\n$/);
});
