/** `espalier tune`: how long layers take on this machine, for formats to be chosen by. */
import { Command } from 'commander';
import type { Act } from './options.ts';
import { jsonOption } from './options.ts';

/** As commander gives them. */
export interface Flags {
  readonly json?: boolean;
  readonly target: string;
  readonly cpu: string;
  readonly quick?: boolean;
  readonly out?: string;
}

export const tuneCommand = (act: Act): Command =>
  new Command('tune')
    .summary('measure how long layers take on this machine')
    .description(
      'Builds a grid of layers in every format, times them in turn, and fits rates to what was measured, by which the storage formats of a native build are then chosen. ' +
        'They are kept in the cache folder of the user, for this CPU and compiler; build, verify, bench and explain find them there with --cpu native, and take a file with --tuning.',
    )
    .option('-t, --target <name>', 'the target whose layers are measured', 'cpu')
    .option('--cpu <name>', 'what the layers are compiled for: native, or another that this machine can run', 'native')
    .option('--quick', 'fewer layers, for seconds: the rates are rougher')
    .option('-o, --out <file>', 'where to write the rates, instead of the cache folder')
    .addOption(jsonOption)
    .action((flags: Flags) =>
      act(flags, async (desk) => {
        const { tune } = await import('./tune-machine.ts');
        return tune(flags, desk);
      }),
    );
