/** Libraries with code for several levels of CPU: each level right, the right one chosen, everything told where one is missing. */
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Compiled } from '../src/compile.ts';
import type { Diagnostic } from '../src/diagnostic.ts';
import type { Graph } from '../src/graph/graph.ts';
import { parse } from '../src/graph/parse.ts';
import { runTask } from '../src/make/recipe.ts';
import type { RunCompiler } from '../src/recipe.ts';
import type { TargetOptions } from '../src/target.ts';
import { runCompiler } from '../src/toolchain/compiler.ts';
import { levels } from '../targets/cpu/levels.ts';
import { emitStepTimer } from '../targets/cpu/timer.ts';
import { bytesIn, compiled, few, folderWith, installed, mixed, render, run, textOf, warnings } from './cpu-build.ts';
import { checkedLevels, levelNames, levelsHere } from './cpu-levels.ts';

const multi = { cpu: 'native-multi' } as const;

/** Runs the whole recipe; `change` alters every task. */
async function built(
  { artefacts, recipe }: Pick<Compiled, 'artefacts' | 'recipe'>,
  change: (task: RunCompiler) => RunCompiler = (task) => task,
  later?: (remove: () => void) => void,
): Promise<{ readonly folder: string; readonly told: readonly Diagnostic[] }> {
  const folder = folderWith({ artefacts }, later);
  const told: Diagnostic[] = [];
  for (const task of recipe) {
    if (task.kind !== 'run-compiler') throw new Error('not for a compiler');
    const result = await runTask(change(task), folder, (d) => void told.push(d));
    if (result !== 'made') throw new Error(JSON.stringify(told));
  }
  return { folder, told };
}

/** Compiles in less time, for tests of what does not depend on it. */
const quickly = (task: RunCompiler): RunCompiler => ({
  ...task,
  args: task.args.map((word) => (word === '-O3' ? '-O1' : word)),
});

const using =
  (compiler: string, ...more: readonly string[]) =>
  (task: RunCompiler): RunCompiler => ({ ...task, compilers: [compiler], args: [...more, ...task.args] });

describe('the files', () => {
  const tiny = parse(`graph tiny of "tiny.json"
  %x = input "x" : f32[1x4]
  %y = unary(%x) fn=neg : f32[1x4]
return "y"=%y
`);
  const files = compiled(tiny, multi);
  const folder = new URL('golden/cpu-levels/', import.meta.url);
  test.each(files.artefacts.map(({ path }) => path).filter((path) => !/_(recorded|example)\.|^tiny\.c$/.test(path)))(
    '%s is that kept in test/golden/cpu-levels',
    (path) => {
      const kept = new URL(path, folder);
      if (process.env.BLESS || !existsSync(kept)) {
        mkdirSync(folder, { recursive: true });
        writeFileSync(kept, textOf(files, path));
      }
      expect(textOf(files, path)).toBe(readFileSync(kept, 'utf8'));
    },
  );
});

test.skipIf(!installed('gcc') || process.arch !== 'x64')(
  'built without a warning, every level that this CPU has computes what the network means',
  async () => {
    const { folder, told } = await built(compiled(mixed(), multi), (task) => using('gcc', ...warnings)(quickly(task)));
    expect(told).toEqual([]);
    expect(run(folder, './mixed_check', [])).toMatch(checkedLevels(['probabilities', 'map']));
  },
);

/** Prints, for each level, what running with it returns, and a fingerprint of what comes out. */
const everyLevel = `#include "mixed.h"
#include <stdio.h>
#include <string.h>
static _Alignas(64) unsigned char workspace[MIXED_WORKSPACE_SIZE];
static float picture[MIXED_INPUT_picture_LENGTH], map[MIXED_OUTPUT_map_LENGTH], probabilities[MIXED_OUTPUT_probabilities_LENGTH];
int main(void) {
  for (int i = 0; i < MIXED_INPUT_picture_LENGTH; ++i) picture[i] = (float)(i % 13) / 8.0f - 0.75f;
  const mixed_inputs inputs = {.picture = picture};
  mixed_outputs outputs = {.probabilities = probabilities, .map = map};
  printf("%d\\n", mixed_level());
  for (int level = -1; level <= 3; ++level) {
    memset(map, 0, sizeof map);
    const int status = mixed_run_at(level, &inputs, &outputs, workspace);
    uint32_t hash = 2166136261u;
    for (size_t i = 0; i < sizeof map; ++i) hash = (hash ^ ((unsigned char *)map)[i]) * 16777619u;
    printf("%d %08x\\n", status, (unsigned)(status == 0 ? hash : 0));
  }
  memset(map, 0, sizeof map);
  return mixed_run(&inputs, &outputs, workspace) != 0 || mixed_workspace_size() != MIXED_WORKSPACE_SIZE || map[0] == 0.0f;
}
`;

/** A folder with a program that prints every level. */
async function withMain(graph: Graph, options: TargetOptions, later?: (remove: () => void) => void): Promise<string> {
  const { folder } = await built(compiled(graph, options), quickly, later);
  writeFileSync(join(folder, 'main.c'), everyLevel);
  run(folder, 'gcc', ['-std=c11', ...warnings, '-I.', 'main.c', '-L.', '-Wl,-rpath,.', '-lmixed', '-o', 'main']);
  return folder;
}

describe.skipIf(!installed('gcc') || process.arch !== 'x64')('a level that is asked for', () => {
  let folder: string;
  let remove: () => void;
  beforeAll(async () => {
    folder = await withMain(few(), multi, (gone) => {
      remove = gone;
    });
  });
  afterAll(() => remove());

  test('runs where the CPU has it, and is refused where it does not exist or the CPU lacks it', () => {
    const printed = run(folder, './main', []).trim().split('\n');
    const here = levelsHere().length;
    expect(printed[0]).toBe(String(here - 1));
    expect(printed.slice(1).map((line) => line[0])).toEqual(
      [-1, 0, 1, 2, 3].map((l) => (l >= 0 && l < here ? '0' : '3')),
    );
  });

  test('gives the same bits as every other where arithmetic is strict', async () => {
    const printed = run(await withMain(mixed(), { ...multi, strictFp: true }), './main', [])
      .trim()
      .split('\n');
    const hashes = printed.filter((line) => line.startsWith('0 ')).map((line) => line.slice(2));
    expect(hashes).toHaveLength(levelsHere().length);
    expect(new Set(hashes).size).toBe(1);
  });

  /** As QEMU names CPUs, and the highest level that each has. */
  test.skipIf(!installed('qemu-x86_64')).each([
    ['Nehalem', 0],
    ['Haswell', 1],
  ])('is chosen by what the CPU has: %s', (cpu, level) => {
    const printed = run(folder, 'qemu-x86_64', ['-cpu', cpu, './main']).trim().split('\n');
    expect(printed[0]).toBe(String(level));
    expect(printed.slice(1).map((line) => line[0])).toEqual(
      [-1, 0, 1, 2, 3].map((l) => (l >= 0 && l <= level ? '0' : '3')),
    );
  });
});

describe('the library', () => {
  test.skipIf(!installed('gcc'))(
    'exports no level, writes no variable, and has the same bytes when built again',
    async () => {
      const [one, two] = [await built(compiled(few(), multi), quickly), await built(compiled(few(), multi), quickly)];
      const names = readdirSync(one.folder).sort();
      expect(readdirSync(two.folder).sort()).toEqual(names);
      expect(names.filter((name) => !bytesIn(one.folder, name).equals(bytesIn(two.folder, name)))).toEqual([]);
      const exported = run(one.folder, 'nm', ['-D', '--defined-only', 'libmixed.so']).match(/\bmixed_\w+/g);
      expect(exported).toEqual(['mixed_level', 'mixed_run', 'mixed_run_at', 'mixed_workspace_size']);
      const own = ['mixed_dispatch.o', 'mixed_baseline.o', 'mixed_x86_64_v3.o', 'mixed_x86_64_v4.o'];
      expect(own.map((o) => run(one.folder, 'nm', [o])).join('')).not.toMatch(/^[0-9a-f]+ [bBdDcCsSgG] /m);
    },
  );

  test('has one copy of the weights, those of any other build with the same prices', () => {
    const [several, one] = [compiled(mixed(), multi), compiled(mixed(), { cpu: 'x86-64-v3' })];
    const weights = ({ artefacts }: Compiled) => artefacts.filter(({ role }) => role === 'weights');
    expect(weights(several)).toEqual(weights(one));
  });
});

const arm = ['aarch64-linux-gnu-gcc', 'qemu-aarch64'];

test.skipIf(!arm.every(installed))(
  'for CPUs of another family there is the baseline alone, and that is said',
  async () => {
    const { folder, told } = await built(compiled(few(), multi), using(arm[0], ...warnings, '-Wno-psabi'));
    expect(told.map(({ severity, code, message }) => ({ severity, code, message }))).toEqual(
      levels.map(({ name }) => ({
        severity: 'warning',
        code: 'toolchain/no-such-level',
        message: `"mixed_${name.replaceAll('-', '_')}.o" holds no code: the compiler makes code for "aarch64-linux-gnu", which has no "-march=${name}"`,
      })),
    );
    expect(run(folder, arm[1], ['-L', '/usr/aarch64-linux-gnu', './mixed_check'])).toMatch(/^baseline\n(.*\n){2}ok\n$/);
  },
);

test('a compiler that does not know a level is told by it', async () => {
  const { artefacts, recipe } = compiled(mixed(), multi);
  const folder = folderWith({ artefacts });
  const old = join(folder, 'gcc-10');
  writeFileSync(
    old,
    `#!/bin/sh
case "$*" in
-dumpmachine) echo x86_64-linux-gnu ;;
*-march=x86-64-v*) echo "cc1: error: bad value ('x86-64-v4') for '-march=' switch" >&2; exit 1 ;;
esac
`,
  );
  chmodSync(old, 0o755);
  const task = recipe.find(({ output }) => output === 'mixed_x86_64_v4.o');
  if (task?.kind !== 'run-compiler') throw new Error('there is no such task');
  const result = await runCompiler(task, { folder, compilers: [old] });
  expect(result.ok ? undefined : result.diagnostic).toMatchObject({
    severity: 'error',
    code: 'toolchain/unknown-cpu',
    message: 'the compiler that builds "mixed_x86_64_v4.o" does not know "-march=x86-64-v4"',
    hint: expect.stringMatching(/^it is too old .* gcc 11, clang 12 or newer.*\nthe command was: .*-march=x86-64-v4/),
  });
});

test.skipIf(!installed('gcc') || process.arch !== 'x64')(
  'a file that is compiled for less says with what to',
  async () => {
    const folder = folderWith(compiled(mixed(), multi));
    expect(() => run(folder, 'gcc', ['-c', 'mixed_x86_64_v4.c'])).toThrow('compile this with -march=x86-64-v4');
    expect(() => run(folder, 'gcc', ['-c', 'mixed.c'])).toThrow('compile mixed_baseline.c and its like');
  },
);

test.skipIf(!installed('gcc'))('steps are timed in the level that runs', async () => {
  const { plan, recipe, artefacts } = compiled(few(), multi);
  const timer = emitStepTimer({ plan, recipe }, render);
  const objects = recipe.filter(({ output }) => output.endsWith('.o'));
  const both = { artefacts: [...artefacts, ...timer.artefacts], recipe: [...objects, ...timer.recipe] };
  const { folder } = await built(both, quickly);
  const files = ['picture.bin', 'probabilities.bin', 'map.bin'];
  writeFileSync(join(folder, files[0]), new Uint8Array(4 * 14 * 14 * 3));
  run(folder, 'sh', ['-c', `printf 'load\\nsteps 3 1\\n' | ./${timer.program} ${files.join(' ')} > answer`]);
  const times: unknown = JSON.parse(bytesIn(folder, 'answer').toString().split('\n')[1]);
  expect(times).toMatchObject(plan.steps.map(() => ({ cold: expect.any(Array) })));
  expect(JSON.stringify(times)).not.toContain('"cold":[]');
});

describe.skipIf(!installed('cmake') || process.arch !== 'x64')('CMake', () => {
  test('compiles the levels and checks each', () => {
    const folder = folderWith(compiled(few(), multi));
    run(folder, 'cmake', ['-S', '.', '-B', 'build', `-DCMAKE_C_FLAGS=${warnings.join(' ')}`]);
    run(folder, 'cmake', ['--build', 'build']);
    expect(run(folder, 'cmake', ['--build', 'build', '--target', 'test'])).toContain('100% tests passed');
    const printed = run(folder, './build/mixed_check', []);
    expect(levelNames.filter((level) => printed.includes(`${level}\n`))).toEqual(levelsHere());
  });

  test('says that a family without levels has none', () => {
    const folder = folderWith(compiled(few(), multi));
    writeFileSync(
      join(folder, 'arm.cmake'),
      'set(CMAKE_SYSTEM_NAME Linux)\nset(CMAKE_SYSTEM_PROCESSOR aarch64)\nset(CMAKE_C_COMPILER gcc)\n',
    );
    const printed = run(folder, 'cmake', ['-S', '.', '-B', 'build', '-DCMAKE_TOOLCHAIN_FILE=arm.cmake']);
    expect(printed).toContain('mixed: no levels are known for "aarch64", there is the baseline alone');
  });
});
