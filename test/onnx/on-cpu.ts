/** Many graphs as native code: each compiled as a user would have it, some to a program to save time, each run in a process of its own. */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { pipeline } from '../../passes/index.ts';
import type { Compiled } from '../../src/compile.ts';
import { compile } from '../../src/compile.ts';
import { printDiagnostic } from '../../src/diagnostic.ts';
import type { Named } from '../../src/graph/evaluate.ts';
import type { Graph } from '../../src/graph/graph.ts';
import { packageFolder } from '../../src/make/package.ts';
import type { Port } from '../../src/plan/plan.ts';
import { renderer } from '../../src/render.ts';
import type { Numbers } from '../../src/tensor/numbers.ts';
import { zeros } from '../../src/tensor/numbers.ts';
import { cpu } from '../../targets/cpu/target.ts';

export interface Job {
  readonly graph: Graph;
  readonly inputs: Named;
}

const run = promisify(execFile);
const render = renderer(new URL('templates/', packageFolder()));
const target = cpu.target({});
const passes = pipeline(target);

/** Graphs to one program. */
const together = 24;
const flags = ['-std=c11', '-O1', '-w', '-I.'];

/** What the sources include, read once: on x86-64 that is most of the time that they take. Weights are assembler. */
const headers = `#ifndef __ASSEMBLER__
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#if defined(__SSE2__)
#include <immintrin.h>
#endif
#endif
`;

/** The outputs of each graph by name, or what went wrong with it. */
export async function runOnCpu(jobs: readonly Job[]): Promise<readonly (Named | Error)[]> {
  const folder = mkdtempSync(join(tmpdir(), 'onnx-cpu-'));
  try {
    writeFileSync(join(folder, 'headers.h'), headers);
    await run('gcc', [...flags, '-x', 'c-header', 'headers.h', '-o', 'headers.h.gch'], { cwd: folder });
    const ready = jobs.map((job, i) => prepared(job, `m${i}`));
    const results: (Named | Error)[] = ready.map((r) => (r instanceof Error ? r : new Error('it was not run')));
    const chunks: number[][] = [];
    for (const i of jobs.keys()) {
      if (ready[i] instanceof Error) continue;
      const last = chunks.at(-1);
      if (last && last.length < together) last.push(i);
      else chunks.push([i]);
    }
    const work = chunks.values();
    const worker = async (): Promise<void> => {
      for (const chunk of work) {
        const models = chunk.map((i) => ready[i] as Model);
        const outputs = await runChunk(models, folder);
        for (const [k, i] of chunk.entries()) results[i] = outputs[k];
      }
    };
    await Promise.all(Array.from({ length: Math.min(2, availableParallelism()) }, worker));
    return results;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Model {
  readonly name: string;
  readonly compiled: Compiled;
  readonly inputs: readonly Numbers[];
  readonly outputs: readonly Port[];
  /** The names that the model itself has for its outputs. */
  readonly names: readonly string[];
}

/** Ports are renamed, so that what reads and writes them need not know how C calls them. */
function prepared({ graph, inputs }: Job, name: string): Model | Error {
  const given: Numbers[] = [];
  const nodes = graph.nodes.map((node) => {
    if (node.kind !== 'input') return node;
    given.push(inputs[node.name]);
    return { ...node, name: `in${given.length - 1}` };
  });
  const outputs = graph.outputs.map(({ id }, i) => ({ id, name: `out${i}` }));
  try {
    const compiled = compile({ graph: { ...graph, name, nodes, outputs }, passes, target, render });
    if (!compiled.ok) return new Error(compiled.diagnostics.map(printDiagnostic).join('\n'));
    const inputsOf = compiled.plan.inputs.map(({ name: port }) => given[Number(port.slice(2))]);
    const names = compiled.plan.outputs.map(({ name: port }) => graph.outputs[Number(port.slice(3))].name);
    return { name, compiled, inputs: inputsOf, outputs: compiled.plan.outputs, names };
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

async function runChunk(models: readonly Model[], folder: string): Promise<readonly (Named | Error)[]> {
  const [{ name: first }] = models;
  const sources = models.flatMap((model) => writeSources(model, folder));
  writeFileSync(join(folder, `${first}_main.c`), mainProgram(models));
  try {
    const args = [...flags, '-include', 'headers.h', ...sources, `${first}_main.c`, '-o', first, '-lm'];
    await run('gcc', args, { cwd: folder, maxBuffer: 1 << 26 });
  } catch (error) {
    if (models.length === 1) return [new Error(`gcc: ${textOf(error)}`)];
    // One of them is to blame.
    const apart: (Named | Error)[] = [];
    for (const model of models) apart.push(...(await runChunk([model], folder)));
    return apart;
  }
  const results: (Named | Error)[] = [];
  for (const model of models)
    results.push(
      await run(join(folder, first), [model.name], { cwd: folder, timeout: 60_000 })
        .then(() => outputsOf(model, folder))
        .catch((error: unknown) => new Error(`the program: ${textOf(error)}`)),
    );
  return results;
}

const textOf = (error: unknown): string => {
  const { message, stderr } = error as { readonly message: string; readonly stderr?: string };
  return `${message}\n${stderr ?? ''}`.slice(0, 2000);
};

function writeSources({ name, compiled, inputs }: Model, folder: string): readonly string[] {
  const kept = compiled.artefacts.filter(
    ({ path, role }) => role !== 'example' && role !== 'check' && /\.(c|h|S|bin)$/.test(path),
  );
  for (const { path, contents } of kept) writeFileSync(join(folder, path), contents);
  const bytes = inputs.map((data) => Buffer.from(data.buffer, data.byteOffset, data.byteLength));
  writeFileSync(join(folder, `${name}.in`), Buffer.concat(bytes));
  return kept.map(({ path }) => path).filter((path) => /\.[cS]$/.test(path));
}

function outputsOf({ name, outputs, names }: Model, folder: string): Named {
  const bytes = readFileSync(join(folder, `${name}.out`));
  let at = 0;
  const read = outputs.map(({ array }, i) => {
    const data = zeros(array.dtype, array.length);
    new Uint8Array(data.buffer).set(bytes.subarray(at, at + data.byteLength));
    at += data.byteLength;
    return [names[i], data] as const;
  });
  return Object.fromEntries(read);
}

const mainProgram = (
  models: readonly Model[],
): string => `${models.map(({ name }) => `#include "${name}.h"`).join('\n')}
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *place(size_t bytes) {
  void *const memory = aligned_alloc(64, bytes / 64 * 64 + 64);
  if (memory == NULL) exit(3);
  memset(memory, 0xff, bytes / 64 * 64 + 64);
  return memory;
}

static void *filled(FILE *file, size_t bytes) {
  void *const memory = place(bytes);
  if (fread(memory, 1, bytes, file) != bytes) exit(4);
  return memory;
}

${models.map(runner).join('\n')}
int main(int count, char **arguments) {
  if (count != 2) return 2;
${models.map(({ name }) => `  if (strcmp(arguments[1], "${name}") == 0) return run_${name}();`).join('\n')}
  return 2;
}
`;

const typeOf = ({ array }: Port): string => (array.dtype === 'f32' ? 'float' : 'int32_t');
const bytesOf = ({ array }: Port): number => 4 * array.length;

const runner = ({ name, compiled: { plan } }: Model): string => `static int run_${name}(void) {
  FILE *const from = fopen("${name}.in", "rb");
  FILE *const to = fopen("${name}.out", "wb");
  if (from == NULL || to == NULL) return 5;
  ${name}_inputs inputs;
  ${name}_outputs outputs;
${plan.inputs.map((p) => `  inputs.${p.name} = filled(from, ${bytesOf(p)});`).join('\n')}
${plan.outputs.map((p) => `  ${typeOf(p)} *const ${p.name} = outputs.${p.name} = place(${bytesOf(p)});`).join('\n')}
  const int status = ${name}_run(&inputs, &outputs, place(${name.toUpperCase()}_WORKSPACE_SIZE));
  if (status != 0) return 10 + status;
${plan.outputs.map((p) => `  fwrite(${p.name}, 1, ${bytesOf(p)}, to);`).join('\n')}
  return fclose(to);
}
`;
