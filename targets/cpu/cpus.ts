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
  /** Levels to compile for beside what `flags` say, ascending: which runs is chosen at run time. */
  readonly levels?: readonly Level[];
}

const host = ['gcc', 'clang', 'cc', 'clang-19'];

export const cpus = {
  generic: { doc: 'what the compiler makes code for by default', compilers: host, flags: [], hosted: true },
  native: { doc: 'the CPU that the build runs on', compilers: host, flags: ['-march=native'], hosted: true },
  'native-multi': {
    doc: 'any x86-64, with AVX2 or AVX-512 where it has them, or else what the compiler makes code for by default',
    compilers: host,
    flags: [],
    hosted: true,
    levels,
  },
  'x86-64-v3': { doc: 'x86-64 with AVX2 and FMA', compilers: host, flags: ['-march=x86-64-v3'], hosted: true },
  'x86-64-v4': { doc: 'x86-64 with AVX-512', compilers: host, flags: ['-march=x86-64-v4'], hosted: true },
  'armv8-a': {
    doc: '64-bit Arm with NEON',
    compilers: ['aarch64-linux-gnu-gcc'],
    flags: ['-march=armv8-a', '-static'],
    hosted: true,
  },
  rv64gc: {
    doc: '64-bit RISC-V without vectors',
    compilers: ['riscv64-linux-gnu-gcc'],
    flags: ['-march=rv64gc', '-mabi=lp64d', '-static'],
    hosted: true,
  },
  'cortex-m7': {
    doc: 'Arm Cortex-M7 with a single-precision floating-point unit, no operating system',
    compilers: ['arm-none-eabi-gcc'],
    flags: ['-mcpu=cortex-m7', '-mthumb', '-mfloat-abi=hard', '-mfpu=fpv5-sp-d16'],
    hosted: false,
  },
} as const satisfies Readonly<Record<string, Cpu>>;

export const cpuNames: readonly string[] = Object.keys(cpus);

export const cpuNamed = (name: string): Cpu =>
  Object.hasOwn(cpus, name) ? cpus[name as keyof typeof cpus] : bug(`no cpu is called "${name}"`);
