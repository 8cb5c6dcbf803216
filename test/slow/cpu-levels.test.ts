/** Networks with code for several levels of CPU: each level that this CPU has computes what evaluate does. */
import { expect, test } from 'vitest';
import { loadModel } from '../../src/make/load.ts';
import { runCompiler } from '../../src/toolchain/compiler.ts';
import { compiled, folderWith, installed, mixed, run, warnings } from '../cpu-build.ts';
import { checkedLevels, levelNames, levelsHere } from '../cpu-levels.ts';
import { inputShapes, modelPath } from '../models.ts';

const name = 'blazepose-detector';

for (const compiler of ['gcc', 'clang-19'])
  test.skipIf(!installed(compiler) || process.arch !== 'x64')(`something of everything, by ${compiler}`, async () => {
    const several = compiled(mixed(), { cpu: 'native-multi' });
    const folder = folderWith(several);
    for (const step of several.recipe)
      if (step.kind === 'run-compiler') {
        const task = { ...step, compilers: [compiler], args: [...warnings, ...step.args] };
        expect(await runCompiler(task, { folder })).toMatchObject({ ok: true });
      }
    expect(run(folder, './mixed_check', [])).toMatch(checkedLevels(['probabilities', 'map']));
  });

test(name, async () => {
  const loaded = loadModel(modelPath(name), { name: 'model', shapes: inputShapes(name) }, (d) => {
    if (d.severity === 'error') throw new Error(d.message);
  });
  if (!loaded) throw new Error('it cannot be read');
  const built = compiled(loaded.graph, { cpu: 'native-multi' });
  const folder = folderWith(built);
  for (const step of built.recipe)
    if (step.kind === 'run-compiler') {
      const args = ['-Wall', '-Wextra', '-Wconversion', '-Werror', ...step.args];
      expect(await runCompiler({ ...step, args }, { folder })).toMatchObject({ ok: true });
    }
  const printed = run(folder, './model_check', []);
  expect(printed).toMatch(/ok\n$/);
  expect(levelNames.filter((level) => printed.includes(`${level}\n`))).toEqual(levelsHere());
});
