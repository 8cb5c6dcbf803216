/** Networks that threads run together: the same bits whatever their number, no races, and pools that say what is wrong. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { partsFor } from '../src/make/parts.ts';
import { mostThreads } from '../targets/cpu/sharing.ts';
import { checkSourcesOf, compiled, folderWith, installed, mixed, run, sourcesOf, warnings } from './cpu-build.ts';
import { sanitizers } from './cpu-kernels/kit.ts';
import { callers, everyNumberOfThreads, fewThreads, tried } from './cpu-threads.ts';

const most = 3;
const together = compiled(mixed(), { threads: most });

test.skipIf(!installed('clang-19'))('one thread and several give the same bits, nothing outside arrays', () => {
  expect(tried(together, everyNumberOfThreads('mixed', together.plan, most, 20), 'clang-19', sanitizers)).toBe(
    'equal\n',
  );
});

test('pools are told what is wrong, run at once without races, and start and stop', () => {
  const flags = ['-O0', '-fsanitize=thread'];
  expect(tried(together, callers('mixed', together.plan, most), 'gcc', flags)).toBe('well\n');
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

  test('check one thread and all of them', () => {
    const folder = folderWith(together);
    const flags = ['-std=c11', '-pthread', '-O1', ...warnings, '-I.'];
    run(folder, 'gcc', [...flags, ...checkSourcesOf(together), '-o', 'check', '-lm']);
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
    expect(told({ target: 'fpga', threads: 2 })).toEqual([
      'target/no-threads: the target "fpga" runs on one thread, and 2 are wanted',
    ]);
  });

  test('is said of CPUs without an operating system', () => {
    expect(told({ target: 'cpu', cpu: 'cortex-m7', threads: 2 })).toEqual([
      'target/no-threads: programs for "cortex-m7" have no operating system to start 2 threads',
    ]);
  });
});
