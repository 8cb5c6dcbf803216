/** How the files become binaries: CMakeLists.txt for people, a recipe for the toolchain, one command in the header. */
import type { Recipe, RunCompiler } from '../../src/recipe.ts';
import type { Artefact, Render } from '../../src/target.ts';
import { cmakeTarget } from '../c.ts';
import type { Arch } from './archs.ts';
import { cmakeArchs, codeFlags } from './archs.ts';
import type { Blob } from './blob.ts';

interface Built {
  readonly name: string;
  readonly symbol: string;
  readonly weights: Blob;
  /** What the check program compares with; absent where there is none. */
  readonly recorded: Blob | undefined;
  readonly archs: readonly Arch[];
}

/** For every source; what is behind -Xcompiler is for the compiler of the host. */
const options = ['-std=c++17', '-O3', '-Xcompiler=-fPIC'];

/** Which compilers assemble: nvcc does not. */
const assemblers = ['cc', 'gcc', 'clang'];

export function emitBuild({ name, symbol, weights, recorded, archs }: Built, render: Render) {
  const target = cmakeTarget(name);
  const upper = symbol.toUpperCase();
  const artefact: Artefact = {
    path: 'CMakeLists.txt',
    contents: render('cuda/CMakeLists.txt.hbs', {
      ...{ name, target, upper },
      useArchs: `\${${upper}_ARCHITECTURES}`,
      archs: cmakeArchs(archs),
      weights: weights.source,
      embedded: [weights, ...(recorded ? [recorded] : [])].map(({ source, binary }) => ({ source, binary })),
      programs: recorded ? 'The example and the check are' : 'The example is',
      executables: `${target}_example${recorded ? ` ${target}_check` : ''}`,
      checks: recorded ? [{ target, name, recorded: recorded.source }] : [],
    }),
    role: 'build',
  };

  const code = codeFlags(archs);
  const task = (compilers: readonly string[], output: string, doc: string, args: readonly string[]): RunCompiler => ({
    kind: 'run-compiler',
    compilers,
    args: [...args, '-o', output],
    output,
    doc,
  });
  const assembled = ({ source }: Blob): RunCompiler =>
    task(assemblers, source.replace(/\.S$/, '.o'), 'constants to link', ['-fPIC', '-I.', '-c', source]);
  const library = `lib${name}.a`;
  const objects = [`${name}.o`, `${name}_weights.o`];
  const compile = [...options, ...code, '-I.'];
  const program = (kind: string, doc: string, more: readonly string[]): RunCompiler =>
    task(['nvcc'], `${name}_${kind}`, doc, [...compile, `${name}_${kind}.cu`, ...more, library]);
  const recipe: Recipe = [
    {
      ...task(['nvcc'], `${name}.o`, 'object code to link', [...compile, '-Xptxas=-v', '-c', `${name}.cu`]),
      says: 'ptxas',
    },
    assembled(weights),
    task(['nvcc'], library, 'a static library', ['-lib', ...objects]),
    program('example', 'an executable that runs on files', []),
    ...(recorded
      ? [assembled(recorded), program('check', 'an executable that checks itself', [`${name}_recorded.o`])]
      : []),
  ];
  const command = `nvcc ${[...options, ...code].join(' ')} -c ${name}.cu && cc -fPIC -I. -c ${weights.source} && nvcc -lib ${objects.join(' ')} -o ${library}`;
  return { artefact, recipe, command };
}
