/** Builds for CPUs of all kinds by compilers of all kinds, run here or under emulation. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TargetOptions } from '../src/target.ts';
import { compiled, folderWith, installed, mixed, run, sourcesOf, warnings } from './cpu-build.ts';

const board = fileURLToPath(new URL('cpu-board/', import.meta.url));

interface Machine {
  readonly tools: readonly string[];
  readonly cpu: TargetOptions['cpu'] & string;
  /** Another compiler than the recipe's, and flags beside the recipe's own. */
  readonly compiler?: string;
  readonly flags?: readonly string[];
  readonly linked?: readonly string[];
  readonly emulator?: readonly string[];
}

export const m7 = {
  tools: ['arm-none-eabi-gcc', 'qemu-system-arm'],
  cpu: 'cortex-m7',
  linked: ['--specs=rdimon.specs', '-nostartfiles', '-T', `${board}board.ld`, `${board}startup.c`],
  emulator: [
    ...['qemu-system-arm', '-M', 'mps2-an500', '-nographic'],
    ...['-semihosting-config', 'enable=on,target=native', '-kernel'],
  ],
} satisfies Machine;

export const machines: Readonly<Record<string, Machine>> = {
  'x86-64 by gcc': { tools: ['gcc'], cpu: 'generic' },
  'x86-64 by gcc, as it is written': { tools: ['gcc'], cpu: 'generic', flags: ['-O0'] },
  'x86-64 by clang': { tools: ['clang-19'], cpu: 'generic', compiler: 'clang-19' },
  'x86-64 with AVX2 by gcc': { tools: ['gcc'], cpu: 'x86-64-v3' },
  'this CPU by gcc': { tools: ['gcc'], cpu: 'native' },
  'this CPU by clang': { tools: ['clang-19'], cpu: 'native', compiler: 'clang-19' },
  Armv8: { tools: ['aarch64-linux-gnu-gcc', 'qemu-aarch64'], cpu: 'armv8-a', emulator: ['qemu-aarch64'] },
  'RISC-V': { tools: ['riscv64-linux-gnu-gcc', 'qemu-riscv64'], cpu: 'rv64gc', emulator: ['qemu-riscv64'] },
  'RISC-V with vectors by clang': {
    tools: ['clang-19', 'ld.lld-19', 'riscv64-linux-gnu-gcc', 'qemu-riscv64'],
    cpu: 'rv64gc',
    compiler: 'clang-19',
    flags: [
      '--target=riscv64-linux-gnu',
      '-march=rv64gcv',
      '-isystem',
      '/usr/riscv64-linux-gnu/include',
      '-fuse-ld=lld-19',
    ],
    emulator: ['qemu-riscv64', '-cpu', 'rv64,v=true,vlen=256,vext_spec=v1.0'],
  },
  'Cortex-M7': m7,
};

/** What the program of a machine prints, built and run once. */
export function printed(name: keyof typeof machines, options: TargetOptions, main: string): string {
  const key = JSON.stringify([name, options, main]);
  const text = known.get(key) ?? printedBy(machines[name], options, main);
  known.set(key, text);
  return text;
}

const known = new Map<string, string>();

/** Builds with the flags of the recipe and a main program, and gives what that prints. */
function printedBy(
  { cpu, compiler, flags: more = [], linked = [], emulator }: Machine,
  options: TargetOptions,
  main: string,
): string {
  const built = compiled(mixed(), { ...options, cpu });
  const folder = folderWith(built);
  const [first] = built.recipe;
  if (first?.kind !== 'run-compiler') throw new Error('not for a compiler');
  const flags = first.args.slice(0, first.args.indexOf('-I.')).filter((f) => f !== '-fPIC' && f !== '-O3');
  const still = emulator && cpu !== 'cortex-m7' ? ['-static'] : [];
  const sources = [...sourcesOf(built), ...(main === '' ? ['mixed_check.c', 'mixed_recorded.S'] : ['main.c'])];
  writeFileSync(join(folder, 'main.c'), main);
  const args = [
    ...flags,
    '-O2',
    ...more,
    ...warnings,
    '-Wno-psabi',
    '-I.',
    ...still,
    ...sources,
    ...linked,
    '-lm',
    '-o',
    'main',
  ];
  run(folder, compiler ?? first.compilers[0], args);
  const [program, ...rest] = [...(emulator ?? []), './main'];
  return run(folder, program, rest);
}

export const ready = ({ tools }: Machine): boolean => tools.every(installed);

/** Runs on numbers of its own and prints the bits of everything that comes out. */
export const fingerprint = `#include "mixed.h"
#include <stdio.h>
#include <string.h>
static _Alignas(64) unsigned char workspace[MIXED_WORKSPACE_SIZE];
static float picture[MIXED_INPUT_picture_LENGTH], map[MIXED_OUTPUT_map_LENGTH], probabilities[MIXED_OUTPUT_probabilities_LENGTH];
static uint32_t hash = 2166136261u;
static void add(const float *numbers, int count) {
  for (int i = 0; i < count; ++i) {
    uint32_t bits;
    memcpy(&bits, numbers + i, sizeof bits);
    hash = (hash ^ bits) * 16777619u;
  }
}
int main(void) {
  uint32_t state = 1;
  for (int run = 0; run < 3; ++run) {
    for (int i = 0; i < MIXED_INPUT_picture_LENGTH; ++i) {
      state = state * 1664525u + 1013904223u;
      picture[i] = (float)(state >> 8) / 8388608.0f - 1.0f;
    }
    mixed_inputs inputs = {.picture = picture};
    mixed_outputs outputs = {.probabilities = probabilities, .map = map};
    if (mixed_run(&inputs, &outputs, workspace) != 0) return 1;
    add(map, MIXED_OUTPUT_map_LENGTH);
    add(probabilities, MIXED_OUTPUT_probabilities_LENGTH);
  }
  printf("%08x %.9g", (unsigned)hash, (double)probabilities[0]);
  return 0;
}
`;
