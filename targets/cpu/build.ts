/** How the files become binaries: CMakeLists.txt for people, a recipe for the toolchain, one command in the header. */
import type { Recipe, RunCompiler } from '../../src/recipe.ts';
import type { Artefact, Render } from '../../src/target.ts';
import { cmakeTarget } from '../c.ts';
import type { BlobFiles } from './blob.ts';
import type { Flavour } from './emit.ts';
import { baselineFile, dispatchFile, flagOf, levelFile } from './levels.ts';
import { threadsFile } from './pool.ts';

interface Built {
  readonly name: string;
  readonly symbol: string;
  readonly weights: BlobFiles | undefined;
  /** What the program that checks compares with; undefined where there is none. */
  readonly recorded: BlobFiles | undefined;
  readonly flavour: Flavour;
}

export function emitBuild({ name, symbol, weights, recorded, flavour }: Built, render: Render) {
  const { cpu, strictFp, threads } = flavour;
  const options = ['-O3', `-ffp-contract=${strictFp ? 'off' : 'fast'}`, '-fno-math-errno', '-fno-trapping-math'];
  const above = (cpu.levels ?? []).map((level) => ({ source: levelFile(name, level), flag: flagOf(level) }));
  const network = above.length > 0 ? [dispatchFile(name), baselineFile(name)] : [`${name}.c`];
  const plain = [...network, ...(threads > 1 ? [threadsFile(name)] : []), ...(weights ? [weights.source] : [])];
  const sources = [...plain, ...above.map(({ source }) => source)];
  const checks = recorded ? [`${name}_check.c`, recorded.source] : [];
  const assembled = [weights, recorded].flatMap((b) => (b?.binary ? [{ source: b.source, binary: b.binary }] : []));
  const target = cmakeTarget(name);
  const upper = symbol.toUpperCase();
  const artefact: Artefact = {
    path: 'CMakeLists.txt',
    contents: render('cpu/CMakeLists.txt.hbs', {
      name,
      target,
      upper,
      useFlags: `\${${upper}_FLAGS}`,
      languages: assembled.length > 0 ? 'C ASM' : 'C',
      flags: cpu.flags.filter((f) => f !== '-static').join(';'),
      options: options.join(' '),
      sources: sources.join(' '),
      checks: checks.length > 0 ? [{ target, sources: checks.join(' ') }] : [],
      embedded: assembled,
      threads: threads > 1 ? [target] : [],
      levels: above.length > 0 ? [render('cpu/levels/CMakeLists.txt.hbs', { name, above }).trim()] : [],
    }),
    role: 'build',
  };

  const together = threads > 1 ? ['-pthread'] : [];
  const compiled: string[] = ['-std=c11', ...together, ...options, ...cpu.flags.filter((f) => f !== '-static')];
  const position = cpu.hosted ? ['-fPIC'] : [];
  const linked = cpu.hosted && cpu.flags.some((f) => f === '-static') ? ['-static'] : [];
  const task = (output: string, doc: string, args: readonly string[]): RunCompiler => ({
    kind: 'run-compiler',
    compilers: cpu.compilers,
    args: [...args, '-o', output],
    output,
    doc,
  });
  const objects = sources.map((source) => objectOf(source));
  const recipe: Recipe = [
    ...sources.map((source) => {
      const level = above.find((l) => l.source === source);
      return {
        ...task(objectOf(source), 'object code to link', [...compiled, ...position, '-I.', '-c', source]),
        ...(level && { only: { machine: 'x86_64', args: [level.flag] } }),
      };
    }),
    ...(cpu.hosted
      ? [
          ...(linked.length > 0
            ? []
            : [task(`lib${name}.so`, 'a shared library', ['-shared', ...together, ...objects, '-lm'])]),
          task(`${name}_example`, 'an executable that runs on files', [
            ...compiled,
            ...linked,
            '-I.',
            `${name}_example.c`,
            ...objects,
            '-lm',
          ]),
          ...(recorded
            ? [
                task(`${name}_check`, 'an executable that checks itself', [
                  ...compiled,
                  ...linked,
                  '-I.',
                  ...checks,
                  ...objects,
                  '-lm',
                ]),
              ]
            : []),
        ]
      : []),
  ];
  const command = (...words: readonly string[]): string => [cpu.compilers[0], ...compiled, ...words].join(' ');
  const commands = [command('-c', ...plain), ...above.map(({ source, flag }) => command(flag, '-c', source))];
  return { artefact, recipe, commands };
}

export const objectOf = (source: string): string => source.replace(/\.[cS]$/, '.o');
