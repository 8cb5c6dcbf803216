/** `espalier tune`: how long layers take on this machine, for formats to be chosen by. */
import { Command } from 'commander';
import type { Diagnostic } from '../diagnostic.ts';
import type { Act } from './options.ts';
import { jsonOption } from './options.ts';

/** As commander gives them. */
export interface Flags {
  readonly json?: boolean;
  readonly target: string;
  readonly cpu?: string;
  readonly arch?: string;
  /** True where no program is named. */
  readonly browser?: string | true;
  readonly page?: boolean;
  readonly quick?: boolean;
  readonly out?: string;
}

export const tuneCommand = (act: Act): Command =>
  new Command('tune')
    .summary('measure how long layers take on this machine')
    .description(
      'Builds a grid of layers in every format, times them in turn, and fits rates to what was measured, by which the storage formats of a native build are then chosen. ' +
        'They are kept in the cache folder of the user, for this CPU and compiler; build, verify, bench and explain find them there with --cpu native, and take a file with --tuning. ' +
        'With -t webgpu shaders are timed on the GPU of this machine: in this process, by the package "webgpu" that you install, or in a browser. Builds take those rates with --tuning alone, since pages are loaded on the GPUs of others. ' +
        'With -t cuda layers are built with nvcc and timed on the GPU of this machine; builds for it take those rates on this machine, and with --tuning on others.',
    )
    .option('-t, --target <name>', 'the target whose layers are measured: cpu, cuda or webgpu', 'cpu')
    .option(
      '--cpu <name>',
      'cpu only: what the layers are compiled for: native, or another that this machine can run (default: native)',
    )
    .option(
      '--arch <list>',
      'cuda only: the GPUs to make code for (default: that of this machine, or sm_80,sm_90 and what is newer)',
    )
    .option('--browser [path]', 'webgpu only: measure in a page of a browser without a window, Chromium or its like')
    .option('--page', 'webgpu only: serve the page, and print its address for any browser of this machine')
    .option('--quick', 'fewer layers, for seconds: the rates are rougher')
    .option('-o, --out <file>', 'where to write the rates, instead of the cache folder')
    .addOption(jsonOption)
    .action((flags: Flags) =>
      act(flags, async (desk) => {
        const fault = faultOf(flags);
        if (fault) {
          desk.report({ severity: 'error', ...fault });
          return false;
        }
        if (flags.target === 'cpu') return (await import('./tune-machine.ts')).tuneCpu(flags, desk);
        if (flags.target === 'cuda') return (await import('./tune-cuda.ts')).tuneCuda(flags, desk);
        return (await import('./tune-gpu.ts')).tuneGpu(flags, desk);
      }),
    );

/** Options that do not go together. */
function faultOf({
  target,
  cpu,
  arch,
  browser,
  page,
}: Flags): Pick<Diagnostic, 'code' | 'message' | 'hint'> | undefined {
  if (target !== 'cpu' && target !== 'webgpu' && target !== 'cuda')
    return {
      code: 'tune/no-target',
      message: `there is nothing to tune for the target "${target}"`,
      hint: 'give -t cpu, -t cuda or -t webgpu',
    };
  const code = 'tune/options';
  const inBrowser = [browser !== undefined && '--browser', page && '--page'].find(Boolean);
  if (target !== 'webgpu' && inBrowser)
    return { code, message: `${inBrowser} is for WebGPU, and the target is "${target}"`, hint: 'add -t webgpu' };
  if (target !== 'cuda' && arch !== undefined)
    return { code, message: `the target "${target}" has no --arch, and "${arch}" is given`, hint: 'add -t cuda' };
  if (target !== 'cpu' && cpu !== undefined)
    return { code, message: `the target "${target}" has no cpu, and "${cpu}" is given`, hint: 'leave out --cpu' };
  if (browser !== undefined && page)
    return { code, message: '--page is for browsers that somebody else opens', hint: 'leave out --browser or --page' };
  return undefined;
}
