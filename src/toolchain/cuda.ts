/** GPUs of NVIDIA on this machine: what their driver says of them, and what to do where programs for CUDA do not run. */
import { execFile } from 'node:child_process';
import { findProgram } from './compiler.ts';

/** What to do about what a program for CUDA says as it ends; undefined where its words are none of ours. */
export const cudaHint = (words: string): string | undefined => hints.find(([said]) => said.test(words))?.[1];

/** By the words of templates/cuda/. */
const hints: readonly (readonly [RegExp, string])[] = [
  [
    /there is no NVIDIA driver/,
    'install the driver of NVIDIA, or run it on a machine with one; the sources build anywhere',
  ],
  [
    /there is no NVIDIA GPU/,
    'run it on a machine with a GPU of NVIDIA, and see CUDA_VISIBLE_DEVICES, which hides them',
  ],
  [
    /the driver is made for CUDA/,
    'update the driver, or build with a toolkit that is no newer: nvcc is looked for on PATH first',
  ],
  [/and this was built for sm_/, 'build it anew with that architecture in --arch'],
  [
    /the device has .* left/,
    'end other programs on the GPU, which nvidia-smi lists, give the inputs smaller sizes, or take a larger GPU',
  ],
];

/** What `nvidia-smi` says of the first GPU that programs see. Frequencies are MHz, power is watts. */
export interface GpuClocks {
  readonly driver: string;
  readonly clockMhz: number;
  readonly mostClockMhz: number;
  readonly memoryClockMhz: number;
  readonly powerLimit: number;
}

const asked = ['driver_version', 'clocks.sm', 'clocks.max.sm', 'clocks.mem', 'power.limit'];

/** Undefined where there is no driver, or it says something else. */
export const readClocks = async (env = process.env): Promise<GpuClocks | undefined> => {
  const line = await query(asked, env);
  return line === undefined ? undefined : parseClocks(line);
};

/** What `nvidia-smi` says of the first GPU that programs see, as programs would say it. */
export interface LocalGpu {
  /** `NVIDIA H100 80GB HBM3` */
  readonly name: string;
  /** `sm_90` */
  readonly arch: string;
}

/** Undefined where there is no driver, or no GPU. */
export async function readGpu(env = process.env): Promise<LocalGpu | undefined> {
  const line = await query(['name', 'compute_cap'], env);
  const [, name, major, minor] = /^(.+), (\d+)\.(\d+)$/.exec(line?.trim().split('\n', 1)[0] ?? '') ?? [];
  return name === undefined ? undefined : { name, arch: `sm_${major}${minor}` };
}

async function query(fields: readonly string[], env: NodeJS.ProcessEnv): Promise<string | undefined> {
  const program = await findProgram(['nvidia-smi']);
  if (!program) return undefined;
  const [first = '0'] = (env.CUDA_VISIBLE_DEVICES ?? '').split(',').filter((word) => /^[\w-]+$/.test(word));
  const args = [`--query-gpu=${fields.join(',')}`, '--format=csv,noheader,nounits', `--id=${first}`];
  return new Promise((done) => {
    execFile(program.path, args, { timeout: 10_000 }, (error, stdout) => done(error ? undefined : stdout));
  });
}

export function parseClocks(line: string): GpuClocks | undefined {
  const [driver, ...words] = line.trim().split('\n', 1)[0].split(', ');
  const [clockMhz, mostClockMhz, memoryClockMhz, powerLimit] = words.map(Number);
  const all = [clockMhz, mostClockMhz, memoryClockMhz, powerLimit];
  return words.length === 4 && all.every(Number.isFinite)
    ? { driver, clockMhz, mostClockMhz, memoryClockMhz, powerLimit }
    : undefined;
}
