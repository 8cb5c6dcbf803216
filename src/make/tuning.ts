/** Rates measured on this machine: a file in the user's cache for each CPU and compiler, or wherever it is asked for. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import envPaths from 'env-paths';
import { z } from 'zod';
import { families } from '../../targets/cpu/counts.ts';
import { cpuNamed } from '../../targets/cpu/cpus.ts';
import type { CpuRates } from '../../targets/cpu/rates/rates.ts';
import { devices, h100 } from '../../targets/cuda/devices.ts';
import { estimatedRates } from '../../targets/cuda/rates/estimated.ts';
import type { GpuRates as CudaRates } from '../../targets/cuda/rates/rates.ts';
import { families as gpuFamilies } from '../../targets/webgpu/counts.ts';
import type { GpuRates } from '../../targets/webgpu/rates/rates.ts';
import type { Report } from '../diagnostic.ts';
import { versionOf } from '../toolchain/version.ts';
import { isSystemError, reasonOf } from './system-error.ts';

/** The machine and compiler that rates hold for. */
export interface Place {
  readonly machine: string;
  readonly compiler: string;
  /** One of the cpu target's names. */
  readonly cpu: string;
  /** Where what was measured for them is kept. */
  readonly file: string;
}

/** What a tuning file holds. */
export interface Tuning extends CpuRates {
  readonly version: 1;
  readonly cpu: string;
}

const rates = z.record(z.string(), z.number().min(0));

/** Every family has rates: those of an older version of the kernels say nothing about these. */
export const tuningSchema: z.ZodType<Tuning> = z.strictObject({
  version: z.literal(1),
  cpu: z.string(),
  machine: z.string(),
  compiler: z.string(),
  families: z.strictObject(Object.fromEntries(families.map((family) => [family, rates]))),
}) as unknown as z.ZodType<Tuning>;

/** What a tuning file of a GPU holds. */
export interface GpuTuning extends GpuRates {
  readonly version: 1;
  readonly target: 'webgpu';
}

/** The same of a GPU that CUDA was measured on. */
export interface CudaTuning extends CudaRates {
  readonly version: 1;
  readonly target: 'cuda';
  /** One of the target's names for GPUs, which layers were shaped for. */
  readonly device: string;
}

export const cudaTuningSchema: z.ZodType<CudaTuning> = z.strictObject({
  version: z.literal(1),
  target: z.literal('cuda'),
  device: z.enum(devices.map(({ name }) => name)),
  machine: z.string(),
  compiler: z.string(),
  families: z.strictObject(
    Object.fromEntries(Object.keys(estimatedRates(h100).families).map((family) => [family, rates])),
  ),
}) as unknown as z.ZodType<CudaTuning>;

export const gpuTuningSchema: z.ZodType<GpuTuning> = z.strictObject({
  version: z.literal(1),
  target: z.literal('webgpu'),
  machine: z.string(),
  compiler: z.string(),
  families: z.strictObject(Object.fromEntries(gpuFamilies.map((family) => [family, rates]))),
}) as unknown as z.ZodType<GpuTuning>;

export type AnyTuning = Tuning | GpuTuning | CudaTuning;

/** Undefined where no compiler is installed. `cache` is the user's cache folder unless given. */
export async function placeFor(cpu: string, cache = cacheFolder()): Promise<Place | undefined> {
  const compiler = await versionOf(cpuNamed(cpu).compilers);
  if (compiler === undefined) return undefined;
  const machine = cpus()[0]?.model.trim() || process.arch;
  const key = createHash('sha256')
    .update(JSON.stringify([cpu, machine, details(), compiler]))
    .digest('hex');
  return { machine, compiler, cpu, file: join(cache, `tuning-${cpu}-${stemOf(machine)}-${key.slice(0, 12)}.json`) };
}

/** Where what was measured on an adapter is kept, by its name and by what ran it. */
export const gpuFile = (
  { machine, compiler }: Pick<GpuTuning, 'machine' | 'compiler'>,
  cache = cacheFolder(),
): string => fileFor('webgpu', machine, [machine, compiler], cache);

/** Where what was measured by CUDA is kept, by the name of the GPU and its architecture: `NVIDIA L4 (sm_89)`. */
export const cudaFile = (machine: string, cache = cacheFolder()): string => fileFor('cuda', machine, [machine], cache);

function fileFor(target: string, machine: string, words: readonly string[], cache: string): string {
  const key = createHash('sha256').update(JSON.stringify(words)).digest('hex');
  return join(cache, `tuning-${target}-${stemOf(machine)}-${key.slice(0, 12)}.json`);
}

const stemOf = (machine: string): string =>
  machine
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 40);

export const cacheFolder = (): string => envPaths('espalier', { suffix: '' }).cache;

/** Virtual machines call different CPUs by one name: what they can do tells them apart. */
function details(): string {
  try {
    const text = readFileSync('/proc/cpuinfo', 'utf8').split('\n\n', 1)[0];
    const lines = text
      .split('\n')
      .filter((line) => /^(cpu family|model|stepping|flags|Features|CPU part)\s*:/.test(line));
    return lines.join('\n');
  } catch {
    return process.arch;
  }
}

/** Keys in order, numbers as they are: the same rates make the same file. */
export const printTuning = (tuning: AnyTuning): string => `${JSON.stringify(tuning, null, 2)}\n`;

/** Writes what was measured. Gives whether it is there; reports if not. */
export function writeTuning(file: string, tuning: AnyTuning, report: Report): boolean {
  const path = resolve(file);
  const fresh = `${path}.${process.pid}`;
  try {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(fresh, printTuning(tuning));
    renameSync(fresh, path);
    return true;
  } catch (error) {
    if (!isSystemError(error)) throw error;
    report({
      severity: 'error',
      code: 'tune/not-writable',
      message: `what was measured cannot be written: ${reasonOf(error)}`,
      origin: { file },
      hint: 'name a file with -o',
    });
    return false;
  }
}

/** The rates of a file that was asked for; undefined, and reported, if it has none. */
export const readTuning = (file: string, report: Report): Tuning | undefined => readAs(tuningSchema, file, report);

/** The same of a GPU. */
export const readGpuTuning = (file: string, report: Report): GpuTuning | undefined =>
  readAs(gpuTuningSchema, file, report);

/** The same of a GPU by CUDA. */
export const readCudaTuning = (file: string, report: Report): CudaTuning | undefined =>
  readAs(cudaTuningSchema, file, report);

function readAs<T extends AnyTuning>(schema: z.ZodType<T>, file: string, report: Report): T | undefined {
  const fail = (message: string, hint: string): undefined =>
    void report({ severity: 'error', code: 'tuning/unreadable', message, hint, origin: { file } });
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if (!isSystemError(error)) throw error;
    return fail(`it cannot be read: ${reasonOf(error)}`, 'give a file that espalier tune wrote, or "none"');
  }
  const json = parsed(text);
  const { data, success } = schema.safeParse(json);
  if (success) return data;
  const isOther = [tuningSchema, gpuTuningSchema, cudaTuningSchema].some((other) => other.safeParse(json).success);
  return fail(
    isOther ? 'it has the rates of another target' : 'it is no tuning file of this version',
    'make it anew with espalier tune for the target, or give "none"',
  );
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** What was measured for a place before; undefined where nothing was, and, with a warning, where it is of no use any more. */
export const cachedTuning = ({ file }: Place, report: Report): Tuning | undefined => cachedAs(readTuning, file, report);

/** The same of a GPU by CUDA. */
export const cachedCudaTuning = (file: string, report: Report): CudaTuning | undefined =>
  cachedAs(readCudaTuning, file, report);

function cachedAs<T>(
  read: (file: string, report: Report) => T | undefined,
  file: string,
  report: Report,
): T | undefined {
  if (!existsSync(file)) return undefined;
  return read(file, (d) =>
    report({ ...d, severity: 'warning', hint: 'the rates that are shipped are used; measure anew with espalier tune' }),
  );
}
