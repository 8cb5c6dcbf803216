/** Which rates formats are chosen by: those of `--tuning`, those measured on this machine, or those that are shipped. */
import type { Config } from '../config.ts';
import type { CompileOptions } from '../make/parts.ts';
import { cachedTuning, placeFor, readCudaTuning, readGpuTuning, readTuning } from '../make/tuning.ts';
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
  if (options.target === 'cuda') {
    if (tuning === undefined || tuning === 'none')
      return { options, tuning: 'that are estimated for a GPU like the H100' };
    const rates = readCudaTuning(tuning, report);
    return rates && { options: { ...options, rates }, tuning: `of ${tuning}` };
  }
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
