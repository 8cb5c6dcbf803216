/** `espalier run`: a built artefact, or the reference interpreter, on inputs from files or a seed. */
import { Command, Option } from 'commander';
import type { Range } from '../make/range.ts';
import type { Act, ModelFlags } from './options.ts';
import { collect, jsonOption, parseRangeOption, parseSize, withModelOptions } from './options.ts';

/** As commander gives them. */
export interface Flags extends ModelFlags {
  readonly input?: readonly string[];
  readonly output?: string;
  readonly range: Range;
  readonly repeat?: number;
}

export const runCommand = (act: Act): Command =>
  withModelOptions(
    new Command('run')
      .summary('run what was built, or interpret a model')
      .description(
        'Runs what espalier build wrote into a folder: WebAssembly in this process, native code and what is for WebGPU (which takes the package "webgpu") as a process of its own. A model is interpreted by the slow and exact reference instead.',
      )
      .argument('<folder or model>', 'a folder that espalier build wrote, or a model')
      .option(
        '-i, --input <name=value>',
        'a value for an input: FILE.npy, FILE.png or random:SEED; give one for each input (the name may be left out where there is one)',
        collect,
      )
      .option('-o, --output <folder>', 'write each output to a .npy file in this folder')
      .addOption(
        new Option('--range <low..high>', 'what black and white in pictures become')
          .argParser(parseRangeOption)
          .default({ low: 0, high: 1 }, '0..1'),
      )
      .option('--repeat <n>', 'time this many more runs', parseSize),
  )
    .addOption(jsonOption)
    .action((path: string, flags: Flags) =>
      act(flags, async (desk) => {
        const { run } = await import('./run-model.ts');
        return run(path, flags, desk);
      }),
    );
