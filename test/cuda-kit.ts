/** Builds layers with the target cuda as one C++ program for this machine's processor, every array in memory of its own, and runs it. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from '../passes/index.ts';
import type { Compiled } from '../src/compile.ts';
import { compile } from '../src/compile.ts';
import { printDiagnostic } from '../src/diagnostic.ts';
import type { Named } from '../src/graph/evaluate.ts';
import type { Graph } from '../src/graph/graph.ts';
import { packageFolder } from '../src/make/package.ts';
import { alignUp } from '../src/plan/arena.ts';
import type { Kernel } from '../src/plan/kernel.ts';
import { lower } from '../src/plan/lower.ts';
import type { Plan } from '../src/plan/plan.ts';
import { renderer } from '../src/render.ts';
import type { Artefact, TargetOptions } from '../src/target.ts';
import type { Numbers } from '../src/tensor/numbers.ts';
import { bytesOf, zeros } from '../src/tensor/numbers.ts';
import { bytesPer } from '../src/tensor/type.ts';
import { cuda, cudaTarget } from '../targets/cuda/target.ts';
import { fuse } from '../targets/gpu/fuse.ts';
import { placesOf } from '../targets/gpu/places.ts';
import { shimFolder, warnings } from './cuda-shim.ts';

export const render = renderer(new URL('templates/', packageFolder()));

/** As a build compiles it. */
export function compiledCuda(graph: Graph, options: TargetOptions = {}): Compiled {
  const target = cuda.target(options);
  const out = compile({ graph, passes: pipeline(target), target, render });
  if (!out.ok) throw new Error(out.diagnostics.map(printDiagnostic).join('\n'));
  return out;
}

/** A folder with what a plan is emitted as, for as long as `use` takes. */
export function withSources<T>(
  artefacts: readonly Pick<Artefact, 'path' | 'contents'>[],
  use: (folder: string) => T,
): T {
  const folder = mkdtempSync(join(tmpdir(), 'cuda-'));
  try {
    for (const { path, contents } of artefacts) writeFileSync(join(folder, path), contents);
    return use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Compiles sources of CUDA C++ and blobs to `program`. */
export function compileFor(
  folder: string,
  sources: readonly string[],
  blobs: readonly string[],
  program: string,
  flags: readonly string[],
): void {
  const compiled = ['-std=c++17', ...warnings, ...flags, '-I.', `-I${shimFolder}`, '-x', 'c++', ...sources];
  const args = [...compiled, '-x', 'assembler-with-cpp', ...blobs, '-o', program];
  const { status, stderr } = spawnSync('g++', args, { cwd: folder, encoding: 'utf8', maxBuffer: 1 << 26 });
  if (status !== 0) throw new Error(`g++: ${stderr.slice(0, 8000)}`);
}

export interface Program {
  readonly plan: Plan;
  readonly files: readonly Pick<Artefact, 'path' | 'contents'>[];
}

/** Arrays are apart, so that none can hide what another is written over with. */
export function programOf(graph: Graph, kernels: readonly Kernel[], options: TargetOptions = {}): Program {
  const plan = spread(lower(graph, kernels, { fuse }));
  const blank = (ports: Plan['inputs']): Named =>
    Object.fromEntries(ports.map((p) => [p.name, zeros(p.array.dtype, p.array.length)]));
  const recorded = () => ({ inputs: blank(plan.inputs), outputs: blank(plan.outputs) });
  const faults: string[] = [];
  const { artefacts } = cudaTarget(kernels, options).emit(plan, {
    render,
    recorded,
    report: (d) => void faults.push(d.message),
  });
  if (faults.length > 0) throw new Error(faults.join('\n'));
  const { name } = plan;
  const kept = artefacts.filter(({ path }) =>
    [`${name}.h`, `${name}.cu`, `${name}_weights.S`, `${name}_weights.bin`].includes(path),
  );
  const files = kept.map((a) => (a.path === `${name}.cu` ? { ...a, contents: isolated(String(a.contents), plan) } : a));
  return { plan, files: [...files, { path: 'main.cu', contents: mainProgram(plan) }] };
}

function spread(plan: Plan): Plan {
  let end = 0;
  const places = new Map(
    Array.from(plan.arena.places.keys(), (array) => {
      const at = end;
      end = alignUp(end + array.length * bytesPer[array.dtype] + 1, 256);
      return [array, at] as const;
    }),
  );
  return { ...plan, arena: { ...plan.arena, places, peak: end } };
}

/** Every array in memory of its own, so that whoever leaves one is caught. */
function isolated(source: string, plan: Plan): string {
  const { at, weights } = placesOf(plan);
  const begin = alignUp(weights.length, 256);
  const rows = Array.from(at, ([array, { buffer, offset }]) => {
    const bytes = array.length * bytesPer[array.dtype];
    return `  {${buffer === 'weights' ? offset : begin + offset}, ${bytes}, ${buffer === 'weights'}, nullptr},`;
  });
  const isolate = `#include <cstdlib>
#include <cstring>

struct Isolated { size_t offset, bytes; bool constant; unsigned char *memory; };
static Isolated all_isolated[] = {
${rows.join('\n')}
};

bool isolate_all() {
  for (Isolated &one : all_isolated) {
    if (cudaMalloc(&one.memory, one.bytes) != cudaSuccess) return false;
    if (one.constant) memcpy(one.memory, ${plan.name}_weights + one.offset, one.bytes);
  }
  return true;
}

unsigned char *isolate(size_t offset) {
  for (const Isolated &one : all_isolated)
    if (one.offset == offset) return one.memory;
  abort();
}

void free_isolated() {
  for (const Isolated &one : all_isolated) cudaFree(one.memory);
}
`;
  const declared = `extern "C" const unsigned char ${plan.name}_weights[];\n`;
  return source
    .replace(declared, `${declared}\n${isolate}`)
    .replace(/network->memory \+ (\d+)/g, 'network ? isolate($1) : nullptr')
    .replace(/memory \+ (\d+)/g, 'isolate($1)');
}

/** Reads the inputs from inputs.bin, runs the network twice, and writes what the second run gives to outputs.bin. */
const mainProgram = ({ name, inputs, outputs }: Plan): string => {
  const members = (ports: Plan['inputs']): readonly (readonly [string, number])[] =>
    ports.map((p) => [p.name, p.array.length * bytesPer[p.array.dtype]]);
  return `#include "${name}.h"

#include <cuda_runtime.h>
#include <stdio.h>
#include <stdlib.h>

bool isolate_all();
void free_isolated();

int main() {
  static ${name}_network network;
  FILE *file = fopen("inputs.bin", "rb");
  if (file == NULL || !isolate_all()) return 1;
${[...members(inputs), ...members(outputs)].map(([member, bytes]) => `  void *const port_${member} = malloc(${bytes});`).join('\n')}
${members(inputs)
  .map(([member, bytes]) => `  if (fread(port_${member}, 1, ${bytes}, file) != ${bytes}) return 1;`)
  .join('\n')}
  fclose(file);
  ${name}_inputs in = {};
  ${name}_outputs out = {};
${members(inputs)
  .map(([member]) => `  *(const void **)&in.${member} = port_${member};`)
  .join('\n')}
${members(outputs)
  .map(([member]) => `  *(void **)&out.${member} = port_${member};`)
  .join('\n')}
  if (${name}_create(&network, NULL, 0) != 0 || ${name}_run(&network, &in, &out, NULL) != 0 || ${name}_run(&network, &in, &out, NULL) != 0) {
    fprintf(stderr, "%s\\n", network.words);
    return 1;
  }
  if (cudaStreamSynchronize(NULL) != cudaSuccess) return 1;
  ${name}_destroy(&network);
  free_isolated();
  file = fopen("outputs.bin", "wb");
  if (file == NULL) return 1;
${members(outputs)
  .map(([member, bytes]) => `  fwrite(port_${member}, 1, ${bytes}, file);`)
  .join('\n')}
${[...members(inputs), ...members(outputs)].map(([member]) => `  free(port_${member});`).join('\n')}
  return fclose(file);
}
`;
};

/** Ports have names that are identifiers. */
export function runProgram({ plan, files }: Program, inputs: Named, flags: readonly string[]): Record<string, Numbers> {
  const { name } = plan;
  return withSources(files, (folder) => {
    const given = Buffer.concat(plan.inputs.map((p) => Buffer.from(bytesOf(inputs[p.name]))));
    writeFileSync(join(folder, 'inputs.bin'), given);
    compileFor(folder, [`${name}.cu`, 'main.cu'], [`${name}_weights.S`], 'main', flags);
    try {
      execFileSync('./main', { cwd: folder, stdio: 'pipe', maxBuffer: 1 << 26 });
    } catch (e) {
      throw new Error(String((e as { readonly stderr?: Buffer }).stderr).slice(0, 8000));
    }
    const bytes = readFileSync(join(folder, 'outputs.bin'));
    let at = 0;
    return Object.fromEntries(
      plan.outputs.map(({ name: port, array }) => {
        const data = zeros(array.dtype, array.length);
        bytesOf(data).set(bytes.subarray(at, at + data.byteLength));
        at += data.byteLength;
        return [port, data];
      }),
    );
  });
}
