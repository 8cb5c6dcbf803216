/** Runs the tasks of a recipe in the folder where the sources lie. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Compiled } from '../compile.ts';
import type { Report } from '../diagnostic.ts';
import type { RunCompiler, Task } from '../recipe.ts';
import type { Artefact } from '../target.ts';
import { runCompiler } from '../toolchain/compiler.ts';
import type { KernelUse } from '../toolchain/ptxas.ts';
import { parsePtxas } from '../toolchain/ptxas.ts';
import { assembleWat } from '../toolchain/wabt.ts';

/** `no-compiler`: none is installed, which leaves the sources good. */
export type Made = 'made' | 'no-compiler' | 'failed';

/** Makes one output. What went wrong is reported. `onUse` is told what kernels take of a GPU, where a compiler says that. */
export async function runTask(
  task: Task,
  folder: string,
  report: Report,
  {
    signal,
    onUse,
  }: { readonly signal?: AbortSignal | undefined; readonly onUse?: (use: readonly KernelUse[]) => void } = {},
): Promise<Made> {
  if (task.kind === 'assemble-wat') {
    const textOf = (source: string): string => readFileSync(join(folder, source), 'utf8');
    writeFileSync(join(folder, task.output), await assembleWat(task, textOf));
    return 'made';
  }
  const result = await runCompiler(task, { folder, compilers: compilersFor(task), signal });
  if (result.ok) {
    if (result.warning) report(result.warning);
    if (task.says === 'ptxas') onUse?.(parsePtxas(result.output));
    return 'made';
  }
  report(result.diagnostic);
  return result.diagnostic.code === 'toolchain/no-compiler' ? 'no-compiler' : 'failed';
}

/** What the user set as `CC` comes first, unless a cross compiler is needed. */
const compilersFor = ({ compilers }: RunCompiler): readonly string[] => {
  const own = process.env.CC;
  return own && compilers.includes('cc') ? [own, ...compilers] : compilers;
};

/** With the binaries of the tasks that need no other program. */
export async function assembled(compiled: Compiled): Promise<Compiled> {
  const artefacts: Artefact[] = [...compiled.artefacts];
  for (const task of compiled.recipe) {
    if (task.kind !== 'assemble-wat') continue;
    const textOf = (source: string): string => String(artefacts.find(({ path }) => path === source)?.contents);
    artefacts.push({ path: task.output, contents: await assembleWat(task, textOf), role: 'binary' });
  }
  return { ...compiled, artefacts, recipe: compiled.recipe.filter((task) => task.kind !== 'assemble-wat') };
}
