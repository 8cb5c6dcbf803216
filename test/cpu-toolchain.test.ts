/** Compilers found and run: by name or path, what they say when they fail, and CMake projects that use what was built. */
import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { RunCompiler } from '../src/recipe.ts';
import { findProgram, runCompiler } from '../src/toolchain/compiler.ts';
import { compiled, few, folderWith, installed, run } from './cpu-build.ts';

const task = (args: readonly string[], compilers: readonly string[] = ['gcc']): RunCompiler => ({
  kind: 'run-compiler',
  compilers,
  args,
  output: 'out.o',
  doc: 'object code',
});

describe('compilers', () => {
  test('the recipe builds what it says', async () => {
    const { recipe, artefacts } = compiled(few());
    const folder = folderWith({ artefacts });
    for (const step of recipe) {
      if (step.kind !== 'run-compiler') throw new Error('not for a compiler');
      const result = await runCompiler(step, { folder });
      expect(result).toMatchObject({ ok: true });
      expect(existsSync(join(folder, step.output))).toBe(true);
    }
    expect(recipe.map((step) => step.output)).toEqual([
      'mixed.o',
      'mixed_weights.o',
      'libmixed.so',
      'mixed_example',
      'mixed_check',
    ]);
    expect(run(folder, './mixed_check', [])).toMatch(/ok\n$/);
  });

  test('the first one found is used', async () => {
    expect((await findProgram(['no-such-compiler', 'gcc']))?.name).toBe('gcc');
    const gcc = (await findProgram(['gcc']))?.path ?? '';
    expect((await findProgram([gcc], ''))?.path).toBe(gcc);
    expect(await findProgram(['gcc'], '')).toBeUndefined();
  });

  test('a missing one is told by what was tried', async () => {
    const folder = folderWith({ artefacts: [] });
    const result = await runCompiler(task(['-c', 'x.c'], ['gcc', 'clang']), { folder, path: folder });
    expect(result).toEqual({
      ok: false,
      diagnostic: {
        severity: 'error',
        code: 'toolchain/no-compiler',
        message: 'no compiler found for "out.o": tried "gcc", "clang"',
        hint: 'install one of them, or build the sources elsewhere: espalier build --source-only writes them alone',
      },
    });
  });

  test('one that fails is told with its message and the command, and leaves no output', async () => {
    const folder = folderWith({
      artefacts: [{ path: 'it is broken.c', contents: 'int main(void) { return x; }\n', role: 'source' }],
    });
    writeFileSync(join(folder, 'out.o'), 'old');
    const result = await runCompiler(task(['-c', 'it is broken.c', '-o', 'out.o']), { folder });
    if (result.ok) throw new Error('it did not fail');
    expect(result.diagnostic.code).toBe('toolchain/compiler-failed');
    expect(result.diagnostic.message).toBe('the compiler failed with 1 while building "out.o"');
    expect(result.diagnostic.hint).toMatch(/^the command was: gcc -c 'it is broken\.c' -o out\.o\n/);
    expect(result.diagnostic.hint).toMatch(/'x' undeclared|‘x’ undeclared/);
    expect(existsSync(join(folder, 'out.o'))).toBe(false);
  });

  test('one that dies or cannot be started is told too', async () => {
    const folder = folderWith({ artefacts: [] });
    const script = (name: string, text: string): void => {
      writeFileSync(join(folder, name), text);
      chmodSync(join(folder, name), 0o755);
    };
    script('dies', '#!/bin/sh\nkill -9 $$\n');
    script('garbage', 'neither a program nor a script\u0000');
    const [dies, garbage] = await Promise.all(
      ['dies', 'garbage'].map((name) => runCompiler(task([], [join(folder, name)]), { folder })),
    );
    expect(dies.ok ? '' : dies.diagnostic.message).toContain('failed with SIGKILL');
    expect(garbage.ok ? '' : garbage.diagnostic.code).toBe('toolchain/compiler-failed');
  });

  test('no shell reads the arguments', async () => {
    const folder = folderWith({ artefacts: [] });
    await runCompiler(task(['-c', 'x.c; touch owned', '$(touch owned)', '`touch owned`']), { folder });
    expect(existsSync(join(folder, 'owned'))).toBe(false);
  });

  test('one that is told to stop stops', async () => {
    const folder = folderWith({ artefacts: [] });
    const control = new AbortController();
    const running = runCompiler(task(['10'], ['sleep']), { folder, signal: control.signal });
    control.abort();
    expect((await running).ok).toBe(false);
  });
});

describe.skipIf(!installed('cmake'))('CMake', () => {
  test('builds, tests and installs a package that another project finds', () => {
    const folder = folderWith(compiled(few()));
    const prefix = join(folder, 'prefix');
    run(folder, 'cmake', ['-S', '.', '-B', 'build', `-DCMAKE_INSTALL_PREFIX=${prefix}`, '-DCMAKE_INSTALL_LIBDIR=lib']);
    run(folder, 'cmake', ['--build', 'build']);
    expect(run(folder, 'cmake', ['--build', 'build', '--target', 'test'])).toContain('100% tests passed');
    run(folder, 'cmake', ['--install', 'build']);

    const user = join(folder, 'user');
    mkdirSync(user);
    writeFileSync(
      join(user, 'CMakeLists.txt'),
      `cmake_minimum_required(VERSION 3.15)
project(user LANGUAGES C)
find_package(mixed REQUIRED)
add_executable(user user.c)
target_link_libraries(user PRIVATE mixed::mixed)
`,
    );
    writeFileSync(join(user, 'user.c'), '#include <mixed.h>\nint main(void) { return mixed_run(0, 0, 0) - 1; }\n');
    run(user, 'cmake', ['-S', '.', '-B', 'build', `-DCMAKE_PREFIX_PATH=${prefix}`]);
    run(user, 'cmake', ['--build', 'build']);
    run(user, './build/user', []);
  });

  test('takes a network that is called as one of its own targets', () => {
    const folder = folderWith(compiled(few('test')));
    run(folder, 'cmake', ['-S', '.', '-B', 'build']);
    expect(run(folder, 'cmake', ['--build', 'build', '--target', 'help'])).toContain('test_model');
  });
});
