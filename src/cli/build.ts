/** `espalier build`: a model into a folder of sources, weights, build files and binaries. */
import { Command } from 'commander';
import type { Act, TargetFlags } from './options.ts';
import {
  jsonOption,
  modelArgument,
  parseBudgetOption,
  parseClock,
  parsePrefix,
  parseRate,
  parseSize,
  withModelOptions,
  withTargetOptions,
} from './options.ts';

/** As commander gives them. */
export interface Flags extends TargetFlags {
  readonly out?: string;
  readonly sourceOnly?: boolean;
  readonly force?: boolean;
  readonly printIrAfter?: string;
  readonly printPlan?: boolean;
  readonly timing?: boolean;
  readonly report?: boolean;
  readonly split?: boolean;
  readonly budget?: string;
}

export const buildCommand = (act: Act): Command =>
  withModelOptions(
    withTargetOptions(
      new Command('build')
        .summary('compile a model to sources and a binary')
        .description(
          'Compiles a model into a folder: sources, header, weights, build files, the binary, and espalier.json, which lists them. The folder appears whole or not at all, in place of what an earlier build wrote there.',
        )
        .argument('[model]', modelArgument)
        .option('-o, --out <folder>', 'the output folder (default: NAME-TARGET)'),
    )
      .option('--prefix <word>', 'cpu and cuda: put before every exported C identifier', parsePrefix)
      .option(
        '--threads <n>',
        'cpu and wasm: code that up to so many threads may run together, in a pool that the caller starts (cpu), or in workers (wasm) where memory can be shared (default: 1)',
        parseSize,
      )
      .option('--part <name>', "fpga only: the device, by the vendor's name, e.g. xczu7ev-ffvc1156-2-e")
      .option(
        '--clock <time>',
        'fpga only: the period or rate of its clock, e.g. 5ns or 200MHz (default: 5ns)',
        parseClock,
      )
      .option('--fps <n>', 'fpga only: pictures a second, at least', parseRate)
      .option('--reuse <n>', 'fpga only: multiply-adds that each multiplier does for one picture, at most', parseSize)
      .option('--dsp <n>', 'fpga only: multipliers, at most', parseSize)
      .option('--lut <n>', 'fpga only: lookup tables, at most', parseSize)
      .option('--bram <n>', 'fpga only: blocks of memory of 18 kbit, at most', parseSize)
      .option('--rtl', 'fpga only: the same plan in Verilog as well, with a testbench')
      .option('--gather', 'fpga only: engines made for gather-scatter packs too; see US 11,481,214 and US 11,836,489')
      .option(
        '--split',
        'fpga only: operators without an engine on a CPU, in C that runs before and behind the accelerator; --cpu, --strict-fp and --prefix are for that',
      )
      .option('--report', 'fpga only: print what each layer is estimated to take')
      .option(
        '--weights-file',
        'wasm only: weights in a file of their own, NAME.bin, which is loaded while code is compiled',
      )
      .option('--no-simd', 'wasm only: for engines without vector instructions; many times slower')
      .option(
        '--budget <size>',
        'wasm and cpu: fail, and say what takes the space, if the files that are shipped take more, e.g. 25MB or 4MiB; they are counted as they are, or compressed, e.g. 8MB:brotli or 8MB:gzip',
        parseBudgetOption,
      )
      .option('--source-only', 'write no binary: needs no C compiler')
      .option('--force', 'replace an earlier output even if other files lie in it')
      .option(
        '--print-ir-after <pass>',
        'print the graph after a pass, "import" or "all"; with -o also to files that can be built again',
      )
      .option('--print-plan', 'print the steps, what computes each, and where its results lie')
      .option('--timing', 'print how long each pass and stage takes'),
  )
    .addOption(jsonOption)
    .action((model: string | undefined, flags: Flags) =>
      act(flags, async (desk) => {
        const { build } = await import('./build-model.ts');
        return build(model, flags, desk);
      }),
    );
