/** The target cuda: every operator, files, words for what goes wrong, whole networks on this machine's processor, and what nvcc makes of them. */
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from '../src/graph/parse.ts';
import { packageFolder } from '../src/make/package.ts';
import { partsFor } from '../src/make/parts.ts';
import { launchedBy } from '../src/plan/report.ts';
import { renderer } from '../src/render.ts';
import type { TargetOptions } from '../src/target.ts';
import { runCompiler } from '../src/toolchain/compiler.ts';
import { parsePtxas } from '../src/toolchain/ptxas.ts';
import { kernels } from '../targets/cuda/kernels/index.ts';
import { cuda } from '../targets/cuda/target.ts';
import { folderWith, installed, mixed, run, textOf } from './cpu-build.ts';
import { everyCase, faultsOf } from './cuda-formats.ts';
import { compiledCuda, compileFor } from './cuda-kit.ts';
import { digitGraph } from './digits.ts';

const render = renderer(new URL('templates/', packageFolder()));

const noCompiler = !installed('g++');

describe.skipIf(noCompiler)('a network on a processor', () => {
  let folder: string;
  let remove = (): void => {};
  beforeAll(() => {
    folder = folderWith(compiledCuda(digitGraph('digits-pruned')), (later) => {
      remove = later;
    });
    const file = (kind: string): string => `digits_pruned${kind}`;
    const blobs = [file('_weights.S'), file('_recorded.S')];
    compileFor(folder, [file('.cu'), file('_check.cu')], blobs, 'check', ['-O0']);
  });
  afterAll(() => remove());

  const refusal = (setting: string): string => {
    const [name, value] = setting.split('=');
    try {
      return run(folder, 'env', [`${name}=${value}`, './check']);
    } catch (e) {
      return (e as Error).message;
    }
  };

  test('gives what was recorded', () => {
    expect(run(folder, './check', [])).toMatch(/^logits: largest error \S+\nok\n$/);
  });

  test('says why it cannot run', () => {
    expect(refusal('CUDA_SHIM_DEVICES=0')).toContain('there is no NVIDIA GPU');
    expect(refusal('CUDA_SHIM_DRIVER=11040')).toContain(
      'the driver is made for CUDA 11.4, and this was built with CUDA 13.0',
    );
    expect(refusal('CUDA_SHIM_NO_IMAGE=1')).toContain(
      '"cuda shim" is sm_90, and this was built for sm_80, sm_90 and what is newer than sm_90',
    );
    expect(refusal('CUDA_SHIM_MEMORY=1000')).toMatch(/the device has 1000 of 1000 bytes left, and \d+ are asked for/);
  });
});

test.skipIf(noCompiler)('every operator and every format computes what it means', () => {
  expect(faultsOf(everyCase(), kernels, ['-O0'])).toEqual([]);
});

describe('nvcc', () => {
  const noNvcc = !installed('nvcc');
  test.skipIf(noNvcc)('makes code that spills no registers', async () => {
    const { artefacts, recipe } = compiledCuda(mixed(), { arch: 'sm_80,sm_120' });
    const folder = folderWith({ artefacts });
    const task = recipe.find((t) => t.kind === 'run-compiler' && t.says === 'ptxas');
    if (task?.kind !== 'run-compiler') return expect.unreachable();
    const result = await runCompiler({ ...task, args: [...task.args, '-Werror', 'all-warnings'] }, { folder });
    if (!result.ok) return expect(`${result.diagnostic.message} ${result.diagnostic.hint}`).toBe('');
    const uses = parsePtxas(result.output);
    expect(new Set(uses.map(({ arch }) => arch))).toEqual(new Set(['sm_80', 'sm_120']));
    expect(uses.filter(({ spills }) => spills > 0)).toEqual([]);
    expect(uses.every(({ registers }) => registers > 0)).toBe(true);
  });
});

test('what ptxas says of kernels is told with what launches them', () => {
  const { plan, artefacts } = compiledCuda(mixed(), { arch: 'sm_80' });
  const source = textOf({ artefacts }, `${plan.name}.cu`);
  const launched = launchedBy(plan);
  expect(launched.size).toBeGreaterThan(0);
  for (const [kernel, { calls }] of launched) {
    expect(source).toMatch(new RegExp(`__global__[^{;]*\\b${kernel}\\(`));
    expect(calls.length).toBeGreaterThan(0);
  }
  const most = plan.steps.flatMap(({ work }) =>
    work.kind === 'routines' ? work.calls.map(({ shared = 0 }) => shared) : [],
  );
  expect(Math.max(...[...launched.values()].map(({ launchShared }) => launchShared))).toBe(Math.max(...most));
});

test('what nobody checks has no program that does', () => {
  const { artefacts, recipe } = cuda.target({}).emit(compiledCuda(mixed(), {}).plan, {
    ...{ render, report: () => {}, checks: false },
    recorded: () => expect.unreachable(),
  });
  const words = [...artefacts.map(({ path }) => path), ...recipe.map(({ output }) => output)];
  expect(words.filter((word) => /check|recorded/.test(word))).toEqual([]);
  expect(textOf({ artefacts }, 'CMakeLists.txt')).not.toMatch(/check|recorded/);
});

describe('arithmetic', () => {
  test.skipIf(noCompiler)('of f16 on tensor cores is as near as it is said to be', () => {
    const out = compiledCuda(digitGraph('digits-2-4'), { arithmetic: 'f16' });
    expect(out.plan.steps.flatMap(({ work }) => (work.kind === 'routines' ? [work.kernel] : []))).toContain('tensor');
    const folder = folderWith(out);
    const file = (kind: string): string => `digits_2_4${kind}`;
    const sources = [file('.cu'), file('_check.cu')];
    compileFor(folder, sources, [file('_weights.S'), file('_recorded.S')], 'check', ['-O0']);
    expect(run(folder, './check', [])).toMatch(/^logits: largest error \S+\nok\n$/);
  });

  test('that not all architectures have is f32, and said so', () => {
    const out = compiledCuda(digitGraph('digits-2-4'), { arithmetic: 'f16', arch: 'sm_75,sm_80' });
    expect(out.diagnostics.map((d) => d.message)).toEqual([
      'layers multiply in f32 and not in f16, since "sm_75" has no tensor cores for these kernels',
    ]);
    expect(textOf(out, 'digits_2_4_check.cu')).toContain('error <= 0.0001;');
  });
});

test('what ptxas says is read', () => {
  const output = `ptxas info    : Compiling entry function '_ZL10add_loops_PKfPf' for 'sm_120'
ptxas info    : Function properties for _ZL10add_loops_PKfPf
    8 bytes stack frame, 4 bytes spill stores, 8 bytes spill loads
ptxas info    : Used 40 registers, used 1 barriers, 2048 bytes smem, 400 bytes cmem[0]`;
  expect(parsePtxas(output)).toEqual([
    { kernel: 'add_loops_', arch: 'sm_120', registers: 40, spills: 12, shared: 2048 },
  ]);
});

test('what a model calls things stays in strings and comments', () => {
  const graph = parse(`graph hostile of "x"
  %x = input "int */ system(\\"x\\");//\\\\\\n" : f32[1x4]
  %y = unary(%x) fn=relu : f32[1x4] from "*/ #error\\n\\\\"
  %z = input "NULL" : f32[1x4]
return "while"=%y, "main"=%x, "stdin"=%z, "NAN"=%z, "blockIdx"=%y, "errno"=%x, "min"=%y
`);
  const out = compiledCuda(graph);
  const header = textOf(out, 'hostile.h');
  expect(header).toContain('  const float *int_system_x; /* 1x4: "int \\u002a\\u002f system(');
  expect(textOf(out, 'hostile.cu')).not.toMatch(/^ *#error(?! "this takes)/m);
  if (noCompiler) return;
  const folder = folderWith(out);
  writeFileSync(join(folder, 'memory.cu'), givenMemory);
  compileFor(folder, ['hostile.cu', 'memory.cu'], ['hostile_weights.S', 'hostile_recorded.S'], 'check', ['-O0']);
  expect(run(folder, './check', [])).toMatch(
    /^3 \d+ bytes of memory are given, and \d+ are needed\n2 the memory given is not aligned to 256 bytes\n0 \nno error of create is left\n(?:.|\n)*ok\n$/,
  );
  rmSync(join(folder, 'check'));
});

/** Memory of the caller: too little, askew, and as it should be. Then the check. */
const givenMemory = `#define main check_main
#include "hostile_check.cu"
#undef main

static void create(void *memory, size_t bytes) {
  hostile_network network;
  printf("%d ", hostile_create(&network, memory, bytes));
  printf("%s\\n", network.words);
  hostile_destroy(&network);
}

int main() {
  unsigned char *memory = NULL;
  const size_t bytes = hostile_device_size();
  if (cudaMalloc(&memory, bytes + 256) != cudaSuccess) return 1;
  create(memory, bytes - 1);
  create(memory + 16, bytes);
  create(memory, bytes);
  puts(cudaGetLastError() == cudaSuccess && cudaFree(memory) == cudaSuccess ? "no error of create is left" : "an error is left");
  return check_main();
}
`;

describe('architectures', () => {
  const refused = (options: TargetOptions & { readonly target: string }): string => {
    const told: string[] = [];
    partsFor(options, (d) => void told.push(`${d.message} [${d.code}]; ${d.hint}`));
    return told.join('\n');
  };

  test('that are not known are told from those that are', () => {
    const known =
      'architectures are sm_75, sm_80, sm_86, sm_87, sm_89, sm_90, sm_90a, sm_100, sm_103, sm_110, sm_120, sm_121, with commas between';
    expect(refused({ target: 'cuda', arch: 'sm_80,sm_99' })).toBe(
      `there is no architecture "sm_99" [target/unknown-arch]; ${known}`,
    );
    expect(refused({ target: 'cuda', arch: 'sm_80,' })).toBe(
      `there is no architecture "" [target/unknown-arch]; ${known}`,
    );
    expect(refused({ target: 'cuda', arch: 'sm_80,sm_80' })).toBe(
      `"sm_80" is there twice [target/unknown-arch]; ${known}`,
    );
    expect(refused({ target: 'cpu', arch: 'sm_80' })).toBe(
      'the target "cpu" makes no code for GPUs of some architecture, and "sm_80" is given [target/no-arch]; leave out --arch, or build for cuda',
    );
  });

  test('multiply in what is known', () => {
    expect(refused({ target: 'cuda', arithmetic: 'f61' })).toBe(
      'there is no arithmetic "f61" [target/unknown-arithmetic]; arithmetics are f32, tf32, f16, bf16',
    );
    expect(refused({ target: 'wasm', arithmetic: 'f16' })).toBe(
      'the target "wasm" multiplies in f32, and "f16" is given [target/no-arithmetic]; leave out --arithmetic, or build for cuda',
    );
  });

  test('are told to nvcc and to CMake, with PTX of the last', () => {
    const out = compiledCuda(digitGraph('digits-dense'), { arch: 'sm_120,sm_80' });
    expect(textOf(out, 'CMakeLists.txt')).toContain('"80-real;120-real;120-virtual"');
    const [first] = out.recipe;
    expect(first.kind === 'run-compiler' && first.args.filter((a) => a.startsWith('-gencode'))).toEqual([
      '-gencode=arch=compute_80,code=sm_80',
      '-gencode=arch=compute_120,code=sm_120',
      '-gencode=arch=compute_120,code=compute_120',
    ]);
  });
});

test('the same network is the same bytes', () => {
  const [a, b] = [compiledCuda(mixed()), compiledCuda(mixed())];
  expect(b.artefacts).toEqual(a.artefacts);
});
