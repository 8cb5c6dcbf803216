/** Builds many layers as one C program, each array in memory of its own, and runs it. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Call, Graph, Node } from '../../src/graph/graph.ts';
import { packageFolder } from '../../src/make/package.ts';
import type { Op } from '../../src/ops/index.ts';
import { rulesOf } from '../../src/ops/index.ts';
import type { Value } from '../../src/ops/rules.ts';
import type { Kernel } from '../../src/plan/kernel.ts';
import { lower } from '../../src/plan/lower.ts';
import type { Plan } from '../../src/plan/plan.ts';
import { renderer } from '../../src/render.ts';
import type { Artefact } from '../../src/target.ts';
import type { Numbers } from '../../src/tensor/numbers.ts';
import { zeros } from '../../src/tensor/numbers.ts';
import type { Encoding, Layout, TensorType } from '../../src/tensor/type.ts';
import { bytesPer, plain, sameLayout, tensor } from '../../src/tensor/type.ts';
import { cpuTarget } from '../../targets/cpu/target.ts';
import type { Layouts } from '../ops/law.ts';
import { named, typeOfSample } from '../ops/law.ts';

/** A layer on numbers that are known, laid out as said; what is not named is plain. */
export interface Case {
  readonly title: string;
  readonly op: Op;
  /** Operands, in order. */
  readonly values: readonly Value[];
  readonly layouts?: Layouts;
  /** Operands that are known at run time alone. */
  readonly computed?: readonly string[];
  /** How the weights are stored. */
  readonly encoding?: Encoding;
}

/** All cases side by side. The result of the case i is the output `case_i`. */
export function graphOf(cases: readonly Case[]): Graph {
  const nodes: Node[] = [];
  const outputs: { name: string; id: string }[] = [];
  const relaid = (id: string, type: TensorType, layout: Layout): string => {
    if (sameLayout(type.layout, layout)) return id;
    const to = `${id}_${layout.kind}`;
    nodes.push({ kind: 'call', id: to, op: { kind: 'relayout' }, inputs: [id], type: { ...type, layout } });
    return to;
  };
  nodes.push({ kind: 'input', id: 'unused', name: 'unused', type: tensor('f32', [1]) });
  cases.forEach((c, i) => {
    const weights = rulesOf(c.op).columns ? 'weights' : undefined;
    const inputs = Object.entries(named(c.op, c.values)).map(([name, { type, data }]) => {
      const id = `case_${i}_${name}`;
      const encoding = (name === weights ? c.encoding : undefined) ?? type.encoding;
      nodes.push({ kind: 'constant', id, type: { ...type, encoding }, data });
      if (!c.computed?.includes(name)) return relaid(id, type, c.layouts?.[name] ?? plain);
      const reshape: Op = { kind: 'reshape', shape: type.shape };
      nodes.push({ kind: 'call', id: `${id}_computed`, op: reshape, inputs: [id], type });
      return relaid(`${id}_computed`, type, c.layouts?.[name] ?? plain);
    });
    const type = { ...typeOfSample(c), layout: c.layouts?.result ?? plain };
    const call: Call = { kind: 'call', id: `case_${i}`, op: c.op, inputs, type };
    nodes.push(call);
    outputs.push({ name: `case_${i}`, id: relaid(call.id, type, plain) });
  });
  return { name: 'cases', file: 'cases.json', nodes, outputs };
}

/** The kernel that took each case, or why none did. */
export const chosen = ({ steps }: Plan, cases: readonly Case[]): readonly string[] =>
  cases.map((_, i) => {
    const step = steps.find(({ call }) => call.id === `case_${i}`);
    if (!step) throw new Error(`case ${i} has no step`);
    const { work, refused } = step;
    return work.kind === 'routines' ? work.kernel : refused.map((r) => `${r.kernel}: ${r.reason}`).join('; ');
  });

export interface Build {
  readonly compiler: string;
  readonly flags: readonly string[];
  /** A program that runs what was built. */
  readonly emulator?: readonly string[];
  /** Only routines are optimised, and not the very long function that calls them, in which the loops of other steps stand. */
  readonly routinesAlone?: boolean;
}

export const warnings = ['-Wall', '-Wextra', '-Wconversion', '-Wshadow', '-pedantic', '-Wno-psabi', '-Werror'];

/** Sanitizers take several times as long over what is optimised, and what is not shows them no less. */
export const sanitizers = [
  '-O0',
  '-fsanitize=address,undefined',
  '-fno-sanitize-recover=all',
  '-fno-omit-frame-pointer',
];

/** C that computes cases, to be compiled more than once. */
export interface Program {
  readonly plan: Plan;
  readonly files: readonly Artefact[];
}

export function programOf(cases: readonly Case[], kernels: readonly Kernel[]): Program {
  const plan = lower(graphOf(cases), kernels);
  const render = renderer(new URL('templates/', packageFolder()));
  const blank = (ports: Plan['inputs']) => Object.fromEntries(ports.map((p) => [p.name, zeros('f32', p.array.length)]));
  const recorded = () => ({ inputs: blank(plan.inputs), outputs: blank(plan.outputs) });
  const { artefacts } = cpuTarget([]).emit(plan, { render, recorded, report: () => {} });
  const kept = artefacts.filter(({ path }) => /^cases(_weights)?\.(c|h|S|bin)$/.test(path));
  const changed = kept.map((a) => (a.path === 'cases.c' ? { ...a, contents: isolated(String(a.contents), plan) } : a));
  return { plan, files: [...changed, { path: 'main.c', role: 'source', contents: mainProgram(plan) }] };
}

/** Compiles a program, runs it, and gives the result of each case as plain data. */
export function runProgram({ plan, files }: Program, build: Build): readonly Numbers[] {
  const { compiler, flags, emulator = [] } = build;
  const folder = mkdtempSync(join(tmpdir(), 'cpu-kernels-'));
  try {
    for (const { path, contents } of files) writeFileSync(join(folder, path), contents);
    const sources = files.map(({ path }) => path).filter((path) => /\.[cS]$/.test(path));
    const args = ['-std=c11', ...warnings, ...flags, `-DCALLS=${attributes(build)}`, '-I.', ...sources];
    run(compiler, [...args, '-o', 'cases', '-lm'], folder);
    run(emulator[0] ?? './cases', emulator[0] ? [...emulator.slice(1), './cases'] : [], folder);
    return results(plan, readFileSync(join(folder, 'results.bin')));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Compiles the cases with the kernels given, runs them, and gives the result of each as plain data. */
export const runCases = (cases: readonly Case[], kernels: readonly Kernel[], build: Build): readonly Numbers[] =>
  runProgram(programOf(cases, kernels), build);

/** Of the long function that holds the calls: sanitizers would make it longer, and it is the routines that they watch. */
function attributes({ compiler, routinesAlone }: Build): string {
  const unwatched = 'no_sanitize("address", "undefined")';
  const unoptimised = compiler.startsWith('clang') ? 'optnone, noinline' : 'optimize("O0")';
  return `__attribute__((${routinesAlone ? `${unwatched}, ${unoptimised}` : unwatched}))`;
}

function run(program: string, args: readonly string[], folder: string): void {
  try {
    execFileSync(program, args, { cwd: folder, stdio: 'pipe', maxBuffer: 1 << 26 });
  } catch (e) {
    const { stderr, message } = e as { readonly stderr?: Buffer; readonly message: string };
    throw new Error(`${message}\n${stderr?.toString().slice(0, 8000) ?? ''}`);
  }
}

/** Every array of the arena in memory of its own, so that whoever leaves one is caught. */
function isolated(source: string, { arena }: Plan): string {
  const lengths = new Map([...arena.places.keys()].map((a) => [a.name, a.length * bytesPer[a.dtype]]));
  const declared = /(\w+) = \(void \*\)\(arena \+ \d+\);/g;
  const place = (_: string, name: string): string => `${name} = isolate(${lengths.get(name)});`;
  const changed = source.replace(declared, place).replace(/^ *unsigned char \*const arena = .*\n/m, '');
  return `void *isolate(unsigned long bytes);\n${changed.replace(/^int cases_run\(/m, 'CALLS int cases_run(')}`;
}

/** Fills memory with NaN, runs the cases twice, and writes what the second run gives. */
const mainProgram = ({ outputs }: Plan): string => `#include "cases.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void *isolate(unsigned long bytes);

static void *kept[1 << 16];
static int count;

void *isolate(unsigned long bytes) {
  void *const memory = aligned_alloc(64, (bytes + 63) / 64 * 64);
  memset(memory, 0xff, (bytes + 63) / 64 * 64);
  return kept[count++] = memory;
}

static _Alignas(64) unsigned char workspace[CASES_WORKSPACE_SIZE];
static float unused[1];
${outputs.map(({ name, array }) => `static ${array.dtype === 'f32' ? 'float' : 'int32_t'} out_${name}[${array.length}];`).join('\n')}

int main(void) {
  cases_inputs inputs = {unused};
  cases_outputs outputs = {${outputs.map(({ name }) => `.${name} = out_${name}`).join(', ')}};
  if (cases_run(&inputs, &outputs, workspace) != 0 || cases_run(&inputs, &outputs, workspace) != 0) return 1;
  while (count > 0) free(kept[--count]);
  FILE *const file = fopen("results.bin", "wb");
  if (file == NULL) return 1;
${outputs.map(({ name }) => `  fwrite(out_${name}, sizeof out_${name}, 1, file);`).join('\n')}
  return fclose(file);
}
`;

function results({ outputs }: Plan, bytes: Buffer): readonly Numbers[] {
  let at = 0;
  return outputs.map(({ array }) => {
    const data = zeros(array.dtype, array.length);
    new Uint8Array(data.buffer).set(bytes.subarray(at, at + data.byteLength));
    at += data.byteLength;
    return data;
  });
}
