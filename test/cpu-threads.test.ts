/** Networks that threads run together: the same bits whatever their number, no races, and pools that say what is wrong. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { partsFor } from '../src/make/parts.ts';
import { mostThreads } from '../targets/cpu/sharing.ts';
import {
  checkSourcesOf,
  compiled,
  folderWith,
  installed,
  mixed,
  run,
  sourcesOf,
  textOf,
  warnings,
} from './cpu-build.ts';
import { callers, everyNumberOfThreads, fewThreads, tried } from './cpu-threads.ts';

const most = 3;
const together = compiled(mixed(), { threads: most });

const watched = {
  'gcc, races': ['gcc', ['-O1', '-fsanitize=thread']],
  'clang, memory': ['clang-19', ['-O1', '-fsanitize=address,undefined', '-fno-sanitize-recover=all']],
} as const;

describe.each(Object.entries(watched))('%s', (_, [compiler, flags]) => {
  test.skipIf(!installed(compiler))('one thread and several give the same bits', () => {
    expect(tried(together, everyNumberOfThreads('mixed', together.plan, most, 20), compiler, flags)).toBe('equal\n');
  });

  test.skipIf(!installed(compiler))('pools are told what is wrong, run at once, and start and stop', () => {
    expect(tried(together, callers('mixed', together.plan, most), compiler, flags)).toBe('well\n');
  });
});

test('where the system has no more threads, none are left over', () => {
  const flags = ['-O1', '-Wl,--wrap=pthread_create', '-Wno-missing-prototypes'];
  expect(tried(together, fewThreads('mixed', together.plan, most), 'gcc', flags)).toBe('well\n');
});

describe('the files', () => {
  test('for one thread are those of a build that says nothing of threads', () => {
    expect(compiled(mixed(), { threads: 1 }).artefacts).toEqual(compiled(mixed()).artefacts);
  });

  test('are the same ones every time', () => {
    expect(compiled(mixed(), { threads: most }).artefacts).toEqual(together.artefacts);
  });

  test.each(['gcc', 'clang-19'].filter(installed))('check one thread and all of them: %s', (compiler) => {
    const folder = folderWith(together);
    const flags = ['-std=c11', '-pthread', '-O1', ...warnings, '-I.'];
    run(folder, compiler, [...flags, ...checkSourcesOf(together), '-o', 'check', '-lm']);
    expect(run(folder, './check', [])).toMatch(
      /^(probabilities: .*\nmap: .*\n)3 threads\n(probabilities: .*\nmap: .*\n)ok\n$/,
    );
  });

  test('have an example that takes the number of threads', () => {
    const folder = folderWith(together);
    const flags = ['-std=c11', '-pthread', '-O1', ...warnings, '-I.'];
    run(folder, 'gcc', [...flags, ...sourcesOf(together), 'mixed_example.c', '-o', 'example', '-lm']);
    writeFileSync(join(folder, 'in.bin'), new Uint8Array(14 * 14 * 3 * 4));
    const ports = ['in.bin', 'a.bin', 'b.bin'];
    expect(run(folder, './example', ['--repeat', '3', '--threads', '2', ...ports])).toMatch(/^\{"medianMs":.*\}\n$/);
    expect(run(folder, './example', ports)).toBe('');
    for (const wrong of ['0', '-1', '4', 'x'])
      expect(() => run(folder, './example', ['--threads', wrong, ...ports])).toThrow(/threads cannot be had/);
  });

  test('have a header that is good C++', () => {
    const folder = folderWith(together);
    writeFileSync(
      join(folder, 'use.cc'),
      '#include "mixed.h"\nint main() { mixed_pool p; return mixed_pool_start(&p, 2); }\n',
    );
    run(folder, 'gcc', ['-x', 'c++', '-Wall', '-Wextra', '-pedantic', '-Werror', '-fsyntax-only', 'use.cc']);
  });

  test.skipIf(!installed('gcc') || process.arch !== 'x64')('choose the level of CPU for all threads', () => {
    const several = compiled(mixed(), { cpu: 'native-multi', threads: most });
    const folder = folderWith(several);
    const common = ['-std=c11', '-pthread', '-O1', ...warnings, '-Wno-psabi', '-I.'];
    const levels = [
      ['mixed_x86_64_v3.c', '-march=x86-64-v3'],
      ['mixed_x86_64_v4.c', '-march=x86-64-v4'],
    ];
    for (const [file, flag] of levels) run(folder, 'gcc', [...common, flag, '-c', file]);
    const plain = checkSourcesOf(several).filter(
      (path) => !levels.some(([file]) => file === path) && path !== 'mixed.c',
    );
    run(folder, 'gcc', [
      ...common,
      ...plain,
      ...levels.map(([file]) => file.replace('.c', '.o')),
      '-o',
      'check',
      '-lm',
    ]);
    expect(run(folder, './check', [])).toMatch(/^baseline\n[\s\S]*3 threads\n.*\n.*\nok\n$/);
    expect(textOf(several, 'CMakeLists.txt')).toContain('-pthread');
  });
});

describe('what cannot be had', () => {
  const told = (options: Parameters<typeof partsFor>[0]): readonly string[] => {
    const messages: string[] = [];
    expect(partsFor(options, ({ code, message }) => void messages.push(`${code}: ${message}`))).toBeUndefined();
    return messages;
  };

  test('is said: too many, or a target of one thread', () => {
    expect(told({ target: 'cpu', threads: mostThreads + 1 })).toEqual([
      'target/too-many-threads: a network is run by 1 to 64 threads, and 65 are wanted',
    ]);
    expect(told({ target: 'wasm', threads: 2 })).toEqual([
      'target/no-threads: the target "wasm" runs on one thread, and 2 are wanted',
    ]);
  });

  test('is said of CPUs without an operating system', () => {
    expect(told({ target: 'cpu', cpu: 'cortex-m7', threads: 2 })).toEqual([
      'target/no-threads: programs for "cortex-m7" have no operating system to start 2 threads',
    ]);
  });
});
