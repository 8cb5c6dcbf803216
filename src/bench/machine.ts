/** On what something was measured. No part of any artefact. */
import { availableParallelism, cpus } from 'node:os';
import type { Recipe } from '../recipe.ts';
import { versionOf } from '../toolchain/version.ts';
import type { Machine } from './report.ts';

/** `recipe` is what built the contender of ours, `cores` are those that all contenders ran on. */
export async function machineOf(recipe: Recipe, cores: readonly number[]): Promise<Machine> {
  const compiling = recipe.find((task) => task.kind === 'run-compiler');
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    pinned: [...cores],
    platform: `${process.platform} ${process.arch}`,
    node: process.version,
    compiler: compiling ? ((await versionOf(compilersOf(compiling.compilers))) ?? null) : null,
    flags: compiling ? compiling.args.filter((word) => /^-(?:O|f(?!PIC)|m|std)/.test(word)) : [],
    date: new Date().toISOString(),
  };
}

/** What the user set as `CC` comes first, as for builds. */
const compilersOf = (names: readonly string[]): readonly string[] => {
  const own = process.env.CC;
  return own && names.includes('cc') ? [own, ...names] : names;
};
