/** Builds for other CPUs: right everywhere, and with strict arithmetic the same to the last bit. More compilers and CPUs in slow/. */
import { expect, test } from 'vitest';
import { runCompiler } from '../src/toolchain/compiler.ts';
import { compiled, few, folderWith } from './cpu-build.ts';
import { lawsOf, strictly } from './cpu-laws.ts';
import { fingerprint, m7, machines, printed, ready } from './cpu-machines.ts';

lawsOf(['this CPU by gcc', 'x86-64 by clang', 'Armv8', 'Cortex-M7']);

test.skipIf(!ready(machines['this CPU by gcc']))(
  'where arithmetic is not strict some bits differ: products are fused',
  () => {
    expect(printed('x86-64 with AVX2 by gcc', {}, fingerprint)).not.toBe(strictly());
  },
);

test.skipIf(!ready(m7))('for a board without an operating system the recipe makes object files alone', async () => {
  const { recipe, artefacts } = compiled(few(), { cpu: 'cortex-m7' });
  const folder = folderWith({ artefacts });
  for (const step of recipe)
    expect(step.kind === 'run-compiler' && (await runCompiler(step, { folder }))).toMatchObject({ ok: true });
  expect(recipe.map((step) => step.output)).toEqual(['mixed.o', 'mixed_weights.o']);
});
