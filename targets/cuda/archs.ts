/** Compute capabilities that code is made for, by the names that nvcc has for them. */
import type { Fault } from '../../src/target.ts';

export interface Arch {
  /** `sm_90` */
  readonly name: string;
  readonly doc: string;
  /** kB of shared memory that a block can have, and that all blocks of a multiprocessor have. */
  readonly shared: number;
  readonly processorShared: number;
  /** Of a multiprocessor: multiply-adds of f32 in a clock, threads, and blocks. */
  readonly lanes: number;
  readonly threads: number;
  readonly blocks: number;
  /** Whether devices that are newer run nothing of it: there is no PTX. */
  readonly alone?: true;
}

const arch = (
  number: number,
  doc: string,
  [shared, processorShared]: readonly [number, number],
  [lanes, threads, blocks]: readonly [number, number, number],
): Arch => ({ name: `sm_${number}`, doc, shared, processorShared, lanes, threads, blocks });

/** Those of CUDA 13, in ascending order. What a multiprocessor has is in the CUDA C++ Programming Guide, by compute capability. */
export const archs: readonly Arch[] = [
  arch(75, 'Turing', [64, 64], [64, 1024, 16]),
  arch(80, 'A100', [163, 164], [64, 2048, 32]),
  arch(86, 'GeForce 30, A10', [99, 100], [128, 1536, 16]),
  arch(87, 'Jetson Orin', [163, 164], [128, 1536, 16]),
  arch(89, 'GeForce 40, L4, L40', [99, 100], [128, 1536, 24]),
  arch(90, 'H100, H200', [227, 228], [128, 2048, 32]),
  { ...arch(90, 'H100, H200, with what they alone have', [227, 228], [128, 2048, 32]), name: 'sm_90a', alone: true },
  arch(100, 'B200', [227, 228], [128, 2048, 32]),
  arch(103, 'B300', [227, 228], [128, 2048, 32]),
  arch(110, 'Jetson Thor', [227, 228], [128, 1536, 24]),
  arch(120, 'GeForce 50', [99, 100], [128, 1536, 24]),
  arch(121, 'DGX Spark', [99, 100], [128, 1536, 24]),
];

export const defaultArchs = 'sm_80,sm_90';

const known = archs.map(({ name }) => name);

/** Why there is no code for what a comma-separated list says. */
export function archFault(text: string): Fault | undefined {
  const names = text.split(',');
  const strange = names.find((name) => !known.includes(name));
  const hint = `architectures are ${known.join(', ')}, with commas between`;
  if (strange !== undefined)
    return { code: 'target/unknown-arch', message: `there is no architecture "${strange}"`, hint };
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) return { code: 'target/unknown-arch', message: `"${twice}" is there twice`, hint };
  return undefined;
}

/** Whether tensor cores of all of them take what these kernels give them, 2:4 weights among it: those since the A100. */
export const haveTensorCores = (wanted: readonly Arch[]): boolean => wanted.every(({ name }) => name !== 'sm_75');

/** Whether warpgroups multiply on all of them. What they are asked in is in PTX of `sm_90a` alone. */
export const haveWarpgroups = (wanted: readonly Arch[]): boolean => wanted.every(({ name }) => name === 'sm_90a');

/** Bytes of shared memory that a block can have on all of them. */
export const roomOn = (wanted: readonly Arch[]): number => 1024 * Math.min(...wanted.map(({ shared }) => shared));

export const archNamed = (name: string): Arch | undefined => archs.find((a) => a.name === name);

/** Of a list without fault, in ascending order. */
export const archsOf = (text: string): readonly Arch[] => archs.filter(({ name }) => text.split(',').includes(name));

const numberOf = ({ name }: Arch): string => name.slice('sm_'.length);

/** Of which there is PTX. */
const newestOf = (wanted: readonly Arch[]): Arch | undefined => wanted.findLast(({ alone }) => !alone);

/** How nvcc is asked for code for each, and for PTX of the last that has any, which drivers compile for what is newer. */
export function codeFlags(wanted: readonly Arch[]): readonly string[] {
  const numbers = wanted.map(numberOf);
  const newest = newestOf(wanted);
  return [
    ...numbers.map((n) => `-gencode=arch=compute_${n},code=sm_${n}`),
    ...(newest ? [`-gencode=arch=compute_${numberOf(newest)},code=compute_${numberOf(newest)}`] : []),
  ];
}

/** The same for CMake. */
export function cmakeArchs(wanted: readonly Arch[]): string {
  const newest = newestOf(wanted);
  return [...wanted.map((a) => `${numberOf(a)}-real`), ...(newest ? [`${numberOf(newest)}-virtual`] : [])].join(';');
}

export const archDoc = (wanted: readonly Arch[]): string => {
  const names = wanted.map(({ name }) => name).join(', ');
  const newest = newestOf(wanted);
  return newest ? `${names} and what is newer than ${newest.name}` : `${names} alone`;
};
