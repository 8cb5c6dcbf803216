/** Programs that run networks on pools of threads and compare with one thread, bit for bit. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Compiled } from '../src/compile.ts';
import type { Plan } from '../src/plan/plan.ts';
import { checkSourcesOf, folderWith, run, warnings } from './cpu-build.ts';

type Ports = Plan['inputs'];

/** Memory for a network's ports and workspaces: enough for two runs at once. */
const declarations = (name: string, inputs: Ports, outputs: Ports): string => {
  const upper = name.toUpperCase();
  const ctype = ({ array }: Ports[number]): string => (array.dtype === 'f32' ? 'float' : 'int32_t');
  return `#include "${name}.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static _Alignas(64) unsigned char workspaces[2][${upper}_WORKSPACE_SIZE];
${inputs.map((p, i) => `static ${ctype(p)} in_${i}[${p.array.length}];`).join('\n')}
static struct results {
${outputs.map((p, i) => `  ${ctype(p)} out_${i}[${p.array.length}];`).join('\n')}
} wanted, got[2];

/* The members of both structs are pointers alone, in the order of the ports. */
static void *const given[] = {${inputs.map((_, i) => `in_${i}`).join(', ')}};
static ${name}_inputs inputs;
static ${name}_outputs outputs_of(struct results *r) {
  void *const places[] = {${outputs.map((_, i) => `r->out_${i}`).join(', ')}};
  ${name}_outputs outputs;
  memcpy(&outputs, places, sizeof outputs);
  return outputs;
}

static void fill(void) {
  memcpy(&inputs, given, sizeof inputs);
${inputs.map((p, i) => `  for (int k = 0; k < ${p.array.length}; ++k) in_${i}[k] = (${ctype(p)})((k * 37 + ${i}) % 61) / 16 - 1;`).join('\n')}
}

static void fail(const char *what, int line) {
  printf("%s, line %d\\n", what, line);
  exit(1);
}
#define EXPECT(what) ((what) ? (void)0 : fail(#what, __LINE__))
`;
};

/** Runs on one thread, then on pools of 1 to `most` threads, `times` each, with the workspace spoilt before every run. */
export const everyNumberOfThreads = (
  name: string,
  { inputs, outputs }: Plan,
  most: number,
  times: number,
): string => `${declarations(name, inputs, outputs)}
int main(void) {
  fill();
  memset(workspaces, 0xff, sizeof workspaces);
  ${name}_outputs outputs = outputs_of(&wanted);
  EXPECT(${name}_run(&inputs, &outputs, workspaces[0]) == 0);
  outputs = outputs_of(got);
  for (int threads = 1; threads <= ${most}; ++threads) {
    ${name}_pool pool;
    EXPECT(${name}_pool_start(&pool, threads) == 0);
    for (int i = 0; i < ${times}; ++i) {
      memset(got, 0x55, sizeof got);
      memset(workspaces, 0xff, sizeof workspaces);
      EXPECT(${name}_run_on(&pool, &inputs, &outputs, workspaces[0]) == 0);
      if (memcmp(&wanted, got, sizeof wanted) == 0) continue;
${outputs.map((p, i) => `      if (memcmp(wanted.out_${i}, got->out_${i}, sizeof wanted.out_${i}) != 0) printf("%d threads: ${p.array.name}\\n", threads);`).join('\n')}
      return 1;
    }
    EXPECT(${name}_pool_stop(&pool) == 0);
  }
  puts("equal");
  return 0;
}
`;

/** What callers may do wrong, two pools at once, one pool from two threads, and pools that start and stop. */
export const callers = (name: string, { inputs, outputs }: Plan, most: number): string => {
  const upper = name.toUpperCase();
  return `${declarations(name, inputs, outputs)}
static ${name}_pool pools[2];

static void *run_often(void *given_index) {
  const int i = *(const int *)given_index;
  ${name}_outputs outputs = outputs_of(&got[i]);
  for (int k = 0; k < 100; ++k) EXPECT(${name}_run_on(&pools[i], &inputs, &outputs, workspaces[i]) == 0);
  return NULL;
}

static int busy[2], done[2];

static void *run_on_one(void *given_index) {
  const int i = *(const int *)given_index;
  ${name}_outputs outputs = outputs_of(&got[i]);
  while (done[i] < 50) {
    const int status = ${name}_run_on(&pools[0], &inputs, &outputs, workspaces[i]);
    EXPECT(status == 0 || status == ${upper}_BUSY);
    ++*(status == 0 ? &done[i] : &busy[i]);
  }
  return NULL;
}

static void both(void *(*what)(void *)) {
  int indices[2] = {0, 1};
  pthread_t other;
  memset(got, 0, sizeof got);
  EXPECT(pthread_create(&other, NULL, what, &indices[1]) == 0);
  what(&indices[0]);
  pthread_join(other, NULL);
  for (int i = 0; i < 2; ++i) EXPECT(memcmp(&wanted, &got[i], sizeof wanted) == 0);
}

int main(void) {
  fill();
  ${name}_outputs outputs = outputs_of(&wanted);
  EXPECT(${name}_run(&inputs, &outputs, workspaces[0]) == 0);
  EXPECT(${name}_run_on(&pools[0], &inputs, &outputs, workspaces[0]) == ${upper}_NOT_STARTED);
  EXPECT(${name}_pool_stop(&pools[0]) == ${upper}_NOT_STARTED);
  EXPECT(${name}_pool_start(NULL, 1) == ${upper}_NULL);
  for (int wrong = -1; wrong <= ${most + 1}; wrong += wrong == 0 ? ${most + 1} : 1)
    EXPECT(${name}_pool_start(&pools[0], wrong) == ${upper}_TOO_MANY);
  EXPECT(${name}_pool_start(&pools[0], ${upper}_MOST_THREADS) == 0);
  EXPECT(${name}_run_on(NULL, &inputs, &outputs, workspaces[0]) == ${upper}_NULL);
  EXPECT(${name}_run_on(&pools[0], NULL, &outputs, workspaces[0]) == ${upper}_NULL);
  EXPECT(${name}_run_on(&pools[0], &inputs, NULL, workspaces[0]) == ${upper}_NULL);
  EXPECT(${name}_run_on(&pools[0], &inputs, &outputs, NULL) == ${upper}_NULL);
  EXPECT(${name}_run_on(&pools[0], &inputs, &outputs, workspaces[0] + 1) == ${upper}_MISALIGNED);
  EXPECT(${name}_pool_start(&pools[1], 2) == 0);
  both(run_often);
  both(run_on_one);
  for (int i = 0; i < 2; ++i) EXPECT(${name}_pool_stop(&pools[i]) == 0);
  EXPECT(${name}_run_on(&pools[0], &inputs, &outputs, workspaces[0]) == ${upper}_NOT_STARTED);
  for (int i = 0; i < 100; ++i) {
    EXPECT(${name}_pool_start(&pools[0], 1 + i % ${most}) == 0);
    if (i % 3 == 0) EXPECT(${name}_run_on(&pools[0], &inputs, &outputs, workspaces[0]) == 0);
    EXPECT(${name}_pool_stop(&pools[0]) == 0);
  }
  puts("well");
  return 0;
}
`;
};

/** Starts pools where the system gives out so many threads and no more: the linker puts the function in the place of the real one. */
export const fewThreads = (
  name: string,
  { inputs, outputs }: Plan,
  most: number,
): string => `${declarations(name, inputs, outputs)}
static int left;
int __real_pthread_create(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*work)(void *), void *argument);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*work)(void *), void *argument) {
  return left-- > 0 ? __real_pthread_create(thread, attributes, work, argument) : 11;
}

int main(void) {
  static ${name}_pool pool;
  fill();
  ${name}_outputs outputs = outputs_of(&wanted);
  EXPECT(${name}_run(&inputs, &outputs, workspaces[0]) == 0);
  outputs = outputs_of(got);
  for (int i = 0; i < ${most - 1}; ++i) {
    left = i;
    EXPECT(${name}_pool_start(&pool, ${most}) == ${name.toUpperCase()}_NO_THREAD);
    EXPECT(${name}_run_on(&pool, &inputs, &outputs, workspaces[0]) == ${name.toUpperCase()}_NOT_STARTED);
  }
  left = ${most - 1};
  EXPECT(${name}_pool_start(&pool, ${most}) == 0);
  EXPECT(${name}_run_on(&pool, &inputs, &outputs, workspaces[0]) == 0);
  EXPECT(memcmp(&wanted, got, sizeof wanted) == 0);
  EXPECT(${name}_pool_stop(&pool) == 0);
  puts("well");
  return 0;
}
`;

/** Compiles a build with a main program, and runs it: what it prints. */
export function tried(
  built: Pick<Compiled, 'artefacts'>,
  main: string,
  compiler: string,
  flags: readonly string[],
): string {
  const folder = folderWith(built);
  writeFileSync(join(folder, 'main.c'), main);
  const sources = checkSourcesOf(built).filter((path) => !/_(check|recorded)\./.test(path));
  const common = ['-std=gnu11', '-pthread', ...warnings, ...flags, '-I.'];
  run(folder, compiler, [...common, ...sources, 'main.c', '-o', 'main', '-lm']);
  return run(folder, './main', []);
}
