/** The CPUs that the target knows by name: which compilers make code for them, and with which flags. */
import { bug } from '../../src/diagnostic.ts';
import type { Level } from './levels.ts';
import { levels } from './levels.ts';

export interface Cpu {
  readonly doc: string;
  /** Compiler drivers to try, in order. */
  readonly compilers: readonly string[];
  readonly flags: readonly string[];
  /** Whether programs run under an operating system: elsewhere only object files are built. */
  readonly hosted: boolean;
  /** Bytes near a core that layers may run in, band by band: its second cache, or most of it. */
  readonly near: number;
  /** It has instructions that convert f16, at every level but the lowest. */
  readonly halves?: true;
  /** Levels to compile for beside what `flags` say, ascending: which runs is chosen at run time. */
  readonly levels?: readonly Level[];
}

/** What cores of the last ten years have; those with AVX-512 have twice that and more. */
const usual = 2 ** 19;
const large = 2 ** 20;

const host = ['gcc', 'clang', 'cc', 'clang-19'];

export const cpus = {
  generic: {
    doc: 'what the compiler makes code for by default',
    compilers: host,
    flags: [],
    hosted: true,
    near: usual,
  },
  native: {
    doc: 'the CPU that the build runs on',
    compilers: host,
    flags: ['-march=native'],
    hosted: true,
    near: large,
    halves: true,
  },
  'native-multi': {
    doc: 'any x86-64, with AVX2 or AVX-512 where it has them, or else what the compiler makes code for by default',
    compilers: host,
    flags: [],
    hosted: true,
    near: usual,
    levels,
    halves: true,
  },
  'x86-64-v3': {
    doc: 'x86-64 with AVX2 and FMA',
    compilers: host,
    flags: ['-march=x86-64-v3'],
    hosted: true,
    near: usual,
    halves: true,
  },
  'x86-64-v4': {
    doc: 'x86-64 with AVX-512',
    compilers: host,
    flags: ['-march=x86-64-v4'],
    hosted: true,
    near: large,
    halves: true,
  },
  'armv8-a': {
    doc: '64-bit Arm with NEON',
    compilers: ['aarch64-linux-gnu-gcc'],
    flags: ['-march=armv8-a', '-static'],
    hosted: true,
    near: usual,
    halves: true,
  },
  rv64gc: {
    doc: '64-bit RISC-V without vectors',
    compilers: ['riscv64-linux-gnu-gcc'],
    flags: ['-march=rv64gc', '-mabi=lp64d', '-static'],
    hosted: true,
    near: usual,
  },
  'cortex-m7': {
    doc: 'Arm Cortex-M7 with a single-precision floating-point unit, no operating system',
    compilers: ['arm-none-eabi-gcc'],
    flags: ['-mcpu=cortex-m7', '-mthumb', '-mfloat-abi=hard', '-mfpu=fpv5-sp-d16'],
    hosted: false,
    near: 2 ** 17,
  },
} as const satisfies Readonly<Record<string, Cpu>>;

export const cpuNames: readonly string[] = Object.keys(cpus);

export const cpuNamed = (name: string): Cpu =>
  Object.hasOwn(cpus, name) ? cpus[name as keyof typeof cpus] : bug(`no cpu is called "${name}"`);
