/** What callers of the generated C may rely on: refusals instead of crashes, no memory of its own, any number of threads. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Graph } from '../src/graph/graph.ts';
import { parse } from '../src/graph/parse.ts';
import { identifiers } from '../targets/identifiers.ts';
import { checkSourcesOf, compiled, few, folderWith, mixed, run, sourcesOf, warnings } from './cpu-build.ts';
import { sanitizers } from './cpu-kernels/kit.ts';

const link = ['-I.', '-lm', '-lpthread'];

/** Builds the network with a main program of its own, runs it, and gives what it prints. */
function withMain(graph: Graph, main: string, flags: readonly string[] = []): string {
  const built = compiled(graph);
  const folder = folderWith(built);
  writeFileSync(join(folder, 'main.c'), `#include "${graph.name}.h"\n#include <stdio.h>\n#include <string.h>\n${main}`);
  run(folder, 'gcc', [
    '-std=gnu11',
    '-O1',
    ...flags,
    ...warnings,
    ...sourcesOf(built),
    'main.c',
    ...link,
    '-o',
    'main',
  ]);
  return run(folder, './main', []);
}

const memory = `
static _Alignas(64) unsigned char workspace[MIXED_WORKSPACE_SIZE + 64];
static float picture[MIXED_INPUT_picture_LENGTH + 1], map[MIXED_OUTPUT_map_LENGTH + 1], probabilities[MIXED_OUTPUT_probabilities_LENGTH];
`;

test('bad pointers are refused and nothing is written', () => {
  const printed = withMain(
    few(),
    `${memory}
#define TRY(in, out, work) printf("%d ", mixed_run(in, out, work))
int main(void) {
  mixed_inputs inputs = {.picture = picture}, none = {.picture = NULL}, crooked = {.picture = (float *)((char *)picture + 1)};
  mixed_outputs outputs = {.probabilities = probabilities, .map = map}, half = {.probabilities = probabilities};
  mixed_outputs bent = {.probabilities = probabilities, .map = (float *)((char *)map + 2)};
  TRY(NULL, &outputs, workspace);
  TRY(&inputs, NULL, workspace);
  TRY(&inputs, &outputs, NULL);
  TRY(&none, &outputs, workspace);
  TRY(&inputs, &half, workspace);
  TRY(&crooked, &outputs, workspace);
  TRY(&inputs, &bent, workspace);
  TRY(&inputs, &outputs, workspace + 32);
  int touched = 0;
  for (size_t i = 0; i < sizeof map; ++i) touched |= ((unsigned char *)map)[i];
  TRY(&inputs, &outputs, workspace);
  printf("%d %d", touched, mixed_workspace_size() == MIXED_WORKSPACE_SIZE);
  return 0;
}
`,
  );
  expect(printed).toBe('1 1 1 1 1 2 2 2 0 0 1');
});

test('arrays need no more than the alignment of their numbers, and nothing outside them is touched', () => {
  const printed = withMain(
    mixed(),
    `#include <stdlib.h>
int main(void) {
  float *picture = malloc(sizeof(float[MIXED_INPUT_picture_LENGTH + 1]));
  float *map = malloc(sizeof(float[MIXED_OUTPUT_map_LENGTH + 1]));
  float *probabilities = malloc(sizeof(float[MIXED_OUTPUT_probabilities_LENGTH + 1]));
  unsigned char *workspace = aligned_alloc(64, MIXED_WORKSPACE_SIZE);
  memset(workspace, 0xff, MIXED_WORKSPACE_SIZE);
  for (int i = 0; i <= MIXED_INPUT_picture_LENGTH; ++i) picture[i] = (float)(i % 13) / 8.0f - 0.75f;
  mixed_inputs inputs = {.picture = picture + 1};
  mixed_outputs outputs = {.probabilities = probabilities + 1, .map = map + 1};
  if (mixed_run(&inputs, &outputs, workspace) != 0) return 1;
  double sum = 0.0;
  for (int i = 1; i <= MIXED_OUTPUT_probabilities_LENGTH; ++i) sum += (double)probabilities[i];
  printf("%.4f", sum);
  free(picture), free(map), free(probabilities), free(workspace);
  return 0;
}
`,
    [...sanitizers, '-march=native'],
  );
  expect(printed).toBe('1.0000');
});

test('threads with workspaces of their own do not disturb each other', () => {
  const printed = withMain(
    mixed(),
    `#include <pthread.h>
enum { THREADS = 4, RUNS = 50 };
static _Alignas(64) unsigned char workspaces[THREADS][MIXED_WORKSPACE_SIZE];
static float pictures[THREADS][MIXED_INPUT_picture_LENGTH], maps[THREADS][2][MIXED_OUTPUT_map_LENGTH];
static float probabilities[THREADS][MIXED_OUTPUT_probabilities_LENGTH];
static int strays[THREADS];
static void run(int t, int which) {
  const mixed_inputs inputs = {.picture = pictures[t]};
  mixed_outputs outputs = {.probabilities = probabilities[t], .map = maps[t][which]};
  strays[t] += mixed_run(&inputs, &outputs, workspaces[t]);
}
static void *work(void *at) {
  const int t = *(int *)at;
  for (int i = 0; i < RUNS; ++i) {
    run(t, 1);
    strays[t] += memcmp(maps[t][0], maps[t][1], sizeof maps[t][0]) != 0;
  }
  return NULL;
}
int main(void) {
  pthread_t threads[THREADS];
  int names[THREADS], all = 0;
  for (int t = 0; t < THREADS; ++t) {
    for (int i = 0; i < MIXED_INPUT_picture_LENGTH; ++i) pictures[t][i] = (float)((i * (t + 3)) % 17) / 8.0f - 1.0f;
    run(t, 0);
  }
  for (int t = 0; t < THREADS; ++t) pthread_create(&threads[t], NULL, work, &names[names[t] = t, t]);
  for (int t = 0; t < THREADS; ++t) {
    pthread_join(threads[t], NULL);
    all += strays[t];
  }
  printf("%d", all);
  return 0;
}
`,
  );
  expect(printed).toBe('0');
});

test('the object code has no variables, and needs no more than memory functions and rounding', () => {
  const built = compiled(mixed());
  const folder = folderWith(built);
  run(folder, 'gcc', ['-std=c11', '-O3', '-fno-math-errno', '-c', 'mixed.c', '-o', 'mixed.o']);
  const symbols = run(folder, 'nm', ['mixed.o']).trim().split('\n');
  const ofKind = (kinds: RegExp): readonly string[] =>
    symbols.flatMap((line) => (kinds.test(line.slice(17, 18)) ? [line.slice(19)] : []));
  expect(ofKind(/[bBdDcCsSgG]/)).toEqual([]);
  const allowed = [
    'memcpy',
    'memset',
    'memmove',
    'sqrtf',
    'floorf',
    'ceilf',
    'rintf',
    'mixed_weights',
    '_GLOBAL_OFFSET_TABLE_',
  ];
  expect(ofKind(/U/).filter((name) => !allowed.includes(name))).toEqual([]);
});

describe('names from models', () => {
  const hostile = ['*/ int main(', 'int', '"; system("ls")', 'a\nb\\', 'größe', 'a b', 'a_b', '', '3d', '??/', 'class'];
  const macros = ['NULL', 'NAN', 'stdin', 'errno', 'EOF', 'INT8_MAX', 'min', 'blockIdx', 'cudaStreamLegacy'];

  test('become identifiers that differ', () => {
    expect(identifiers(hostile)).toEqual([
      'int_main',
      'port_int',
      'system_ls',
      'a_b',
      'gr_e',
      'a_b_1',
      'a_b_2',
      'port',
      'port_3d',
      'port_1',
      'port_class',
    ]);
    expect(identifiers(macros)).toEqual(macros.map((name) => `port_${name}`));
    expect(identifiers(['x', 'X', 'Identity', 'INPUT', 'INPUT__0', 'OUTPUT_1'])).toEqual([
      ...['x', 'X', 'Identity', 'INPUT', 'INPUT_0', 'OUTPUT_1'],
    ]);
  });

  test('cannot break the sources', () => {
    const inputs = [...hostile, ...macros].map(
      (name, i) => `  %x${i} = input ${JSON.stringify(name)} : f32[1x2] from ${JSON.stringify(name)}`,
    );
    const sums = [...hostile, ...macros].map(
      (name, i) => `  %y${i} = unary(%x${i}) fn=tanh : f32[1x2] from ${JSON.stringify(`${name}\\\n*/`)}`,
    );
    const outputs = [...hostile, ...macros].map((name, i) => `${JSON.stringify(name)}=%y${i}`);
    const graph = parse(
      `graph double of "x"\n${inputs.join('\n')}\n${sums.join('\n')}\nreturn ${outputs.join(', ')}\n`,
    );
    const built = compiled(graph);
    const folder = folderWith(built);
    run(folder, 'gcc', [
      '-std=c11',
      '-Wcomment',
      '-Wtrigraphs',
      ...warnings,
      ...checkSourcesOf(built),
      ...link,
      '-o',
      'check',
    ]);
    expect(run(folder, './check', [])).toMatch(/ok\n$/);
    run(folder, 'gcc', ['-std=c11', ...warnings, ...sourcesOf(built), 'double_example.c', ...link, '-o', 'example']);
  });
});
