/** Which rates formats are chosen by: those of `--tuning`, those measured on this machine, or those that are shipped. */
import { archsOf, defaultArchs } from '../../targets/cuda/archs.ts';
import { deviceFor } from '../../targets/cuda/devices.ts';
import type { Config } from '../config.ts';
import type { Report } from '../diagnostic.ts';
import { visible } from '../diagnostic.ts';
import type { CompileOptions } from '../make/parts.ts';
import {
  cachedCudaTuning,
  cachedTuning,
  cudaFile,
  placeFor,
  readCudaTuning,
  readGpuTuning,
  readTuning,
} from '../make/tuning.ts';
import { readGpu } from '../toolchain/cuda.ts';
import type { Desk } from './desk.ts';
import { targetOptionsOf } from './model.ts';

export interface TunedOptions {
  readonly options: CompileOptions;
  /** Where the rates come from, after `the rates`: `of FILE`, `that are shipped for native`; null where the target has its own. */
  readonly tuning: string | null;
}

/** Undefined, and reported, if the file cannot be used. */
export async function tunedOptionsOf(
  choices: Config,
  tuning: string | undefined,
  { report }: Pick<Desk, 'report'>,
): Promise<TunedOptions | undefined> {
  const options = targetOptionsOf(choices);
  if (options.target === 'webgpu') {
    // Whoever loads a page has another GPU than whoever builds it: what was measured here is taken if asked for.
    if (tuning === undefined || tuning === 'none')
      return { options, tuning: 'that are estimated for the GPU of a laptop' };
    const rates = readGpuTuning(tuning, report);
    return rates && { options: { ...options, rates }, tuning: `of ${tuning}` };
  }
  if (options.target === 'cuda') return tunedForCuda(options, tuning, report);
  if (options.target !== 'cpu') {
    if (tuning === undefined) return { options, tuning: null };
    const message = `the target "${options.target}" has no rates to tune, and "${tuning}" is given`;
    report({
      severity: 'error',
      code: 'tuning/not-for-target',
      message,
      hint: 'leave out --tuning, or give -t cpu, cuda or webgpu',
    });
    return undefined;
  }
  const { cpu = 'generic' } = options;
  if (tuning !== undefined && tuning !== 'none') {
    const rates = readTuning(tuning, report);
    return rates && { options: { ...options, rates }, tuning: `of ${tuning}` };
  }
  const place = tuning === undefined && cpu === 'native' ? await placeFor(cpu) : undefined;
  const rates = place && cachedTuning(place, report);
  return rates
    ? { options: { ...options, rates }, tuning: `of ${place.file}` }
    : { options, tuning: `that are shipped for ${cpu}` };
}

/**
 * A file that is named; or what was measured on the GPU of this machine, where it is of an architecture that the build is for. Without a GPU, and
 * for others, what is estimated for the newest architecture.
 */
async function tunedForCuda(
  options: CompileOptions,
  tuning: string | undefined,
  report: Report,
): Promise<TunedOptions | undefined> {
  if (tuning !== undefined && tuning !== 'none') {
    const rates = readCudaTuning(tuning, report);
    return rates && { options: { ...options, rates }, tuning: `of ${tuning}` };
  }
  const { arch = defaultArchs } = options;
  const wanted = archsOf(arch);
  const local = tuning === undefined ? await readGpu() : undefined;
  const fits = local && wanted.some(({ name }) => name.replace(/a$/, '') === local.arch);
  const file = fits ? cudaFile(visible(`${local.name} (${local.arch})`)) : undefined;
  const rates = file === undefined ? undefined : cachedCudaTuning(file, report);
  if (rates) return { options: { ...options, rates }, tuning: `of ${file}` };
  const words = wanted.length === 0 ? 'GPU' : `GPU like the ${deviceFor(wanted).name}`;
  return { options, tuning: `that are estimated for a ${words}` };
}
