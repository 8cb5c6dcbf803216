/**
 * GPUs, by what bounds kernels on them: what their makers publish, and what others measured where nothing is published. Tiles, prices and
 * explanations are for one of them, which the architectures say that code is made for.
 */
import { bug } from '../../src/diagnostic.ts';
import type { Arch } from './archs.ts';
import { archNamed } from './archs.ts';
import type { ElementName } from './tensor/elements.ts';

export interface Device {
  /** As drivers call it, after the maker's name: `H100`. */
  readonly name: string;
  readonly arch: string;
  /** Multiprocessors. */
  readonly processors: number;
  /** Clocks of a nanosecond, when all multiprocessors are busy. */
  readonly clock: number;
  /** Multiply-adds in a clock of one multiprocessor that the instructions of single warps come to on tensor cores, with sums of 32 bits. */
  readonly tensor: Readonly<Record<ElementName, number>>;
  /** Those of f32 off the tensor cores. */
  readonly lanes: number;
  /** Of a multiprocessor: threads, registers, blocks, and bytes of shared memory, of which each block takes some beside its own. */
  readonly threads: number;
  readonly registers: number;
  readonly blocks: number;
  readonly shared: number;
  readonly perBlock: number;
  /** Warps that load from shared memory, and that are given an instruction, in a clock of one multiprocessor. */
  readonly loads: number;
  readonly issues: number;
  /** Bytes in a clock of one multiprocessor that come from the second cache, where all ask. */
  readonly cache: number;
  /** Bytes a nanosecond between the GPU and its memory. */
  readonly memory: number;
  /** Nanoseconds from one launch of a graph to the next, which waits for it. */
  readonly launch: number;
}

interface Published extends Pick<Device, 'name' | 'processors' | 'clock' | 'memory'> {
  /** In f16. */
  readonly tensor: number;
  /** In 8 bits, against f16; twice as much unless given. */
  readonly whole?: number;
  readonly cache?: number;
}

function device(arch: string, { name, tensor, whole = 2, cache = usualCache, ...own }: Published): Device {
  const { lanes, threads, blocks, processorShared } = archNamed(arch) ?? bug(`there is no architecture "${arch}"`);
  return {
    ...{ name, arch, cache, ...own },
    tensor: { f16: tensor, bf16: tensor, tf32: tensor / 2, s8: whole * tensor, u8: whole * tensor },
    ...{ lanes, threads, blocks, registers: 65536, shared: 1024 * processorShared, perBlock: 1024 },
    ...{ loads: 1, issues: 4, launch: 1500 },
  };
}

/** What was measured of the H100 (Chips and Cheese, "Nvidia's H100: Funny L2, and Tons of Bandwidth", 2023), where a maker says nothing. */
const usualCache = 24;

/**
 * H100 SXM5: 132 multiprocessors at 1.755 GHz when all are busy, 3.35 TB/s (NVIDIA H100 Tensor Core GPU Architecture, 2022). Instructions of
 * single warps come to 62 % of its peak, which groups of four warps reach (Luo and others, arXiv:2402.13499).
 */
export const h100: Device = device('sm_90', {
  ...{ name: 'H100', processors: 132, clock: 1.755, memory: 3350, tensor: 1280 },
});

/**
 * The first of an architecture stands for all of it. Sources, beside the whitepaper of each architecture: the CUDA C++ Programming Guide for
 * what a multiprocessor has; NVIDIA A100 Tensor Core GPU Architecture (312 TFLOPS of f16, 5120 bytes a clock of the second cache, of which two
 * thirds are counted on); NVIDIA Ampere GA102, Ada and Blackwell RTX GPU Architecture (71, 165 and 209 TFLOPS with sums of 32 bits, half of
 * those with sums of 16; 284, 661 and 838 TOPS of 8 bits); data sheets of A10, L4 (121 TFLOPS), L40S, T4, H200; Jetson AGX Orin Series Technical
 * Brief (170 TOPS of sparse 8 bits); data sheets of DGX B200 and B300, Jetson Thor and DGX Spark. What single warps come to on sm_100,
 * sm_103 and sm_110, whose peak takes other instructions, is not published: taken for what the A100 does.
 */
export const devices: readonly Device[] = [
  device('sm_75', { name: 'T4', processors: 40, clock: 1.59, memory: 320, tensor: 512 }),
  device('sm_80', { name: 'A100', processors: 108, clock: 1.41, memory: 2039, tensor: 1024, cache: 32 }),
  device('sm_86', { name: 'GeForce RTX 3090', processors: 82, clock: 1.695, memory: 936, tensor: 256, whole: 4 }),
  device('sm_86', { name: 'A10', processors: 72, clock: 1.695, memory: 600, tensor: 512 }),
  device('sm_87', { name: 'Orin', processors: 16, clock: 1.3, memory: 204.8, tensor: 1024 }),
  device('sm_89', { name: 'GeForce RTX 4090', processors: 128, clock: 2.52, memory: 1008, tensor: 256, whole: 4 }),
  device('sm_89', { name: 'L4', processors: 58, clock: 2.04, memory: 300, tensor: 512 }),
  device('sm_89', { name: 'L40S', processors: 142, clock: 2.52, memory: 864, tensor: 512 }),
  h100,
  { ...h100, name: 'H200', memory: 4800 },
  device('sm_100', { name: 'B200', processors: 148, clock: 1.85, memory: 8000, tensor: 1024 }),
  device('sm_103', { name: 'B300', processors: 148, clock: 1.85, memory: 8000, tensor: 1024 }),
  device('sm_110', { name: 'Thor', processors: 20, clock: 1.57, memory: 273, tensor: 1024 }),
  device('sm_120', { name: 'GeForce RTX 5090', processors: 170, clock: 2.407, memory: 1792, tensor: 256, whole: 4 }),
  device('sm_121', { name: 'GB10', processors: 48, clock: 2.42, memory: 273, tensor: 256, whole: 4 }),
];

/** Of several architectures the newest is what layers are shaped and priced for. */
export function deviceFor(archs: readonly Arch[]): Device {
  const newest = archs[archs.length - 1].name.replace(/a$/, '');
  return devices.find(({ arch }) => arch === newest) ?? bug(`no GPU is known of ${newest}`);
}

/** The one that a machine's name has as words of its own: `NVIDIA L4 (sm_89)`. */
export const deviceNamed = (machine: string): Device | undefined =>
  devices.find(({ name }) => new RegExp(`(^|[^\\w])${name}([^\\w]|$)`).test(machine));

/** Bytes a nanosecond of the second cache, and in a clock of one multiprocessor from memory. */
export const cacheOf = ({ cache, processors, clock }: Device): number => cache * processors * clock;
export const memoryPerClock = ({ memory, processors, clock }: Device): number => memory / processors / clock;
