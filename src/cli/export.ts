/** `espalier export`: a model as a file that others read. */
import { Command, Option } from 'commander';
import type { PassChoice } from '../make/export.ts';
import type { Act, ModelFlags } from './options.ts';
import { jsonOption, modelArgument, withModelOptions } from './options.ts';

/** As commander gives them. */
export interface Flags extends ModelFlags {
  readonly out: string;
  readonly passes: PassChoice;
  readonly sparse?: boolean;
  readonly writeMasks?: boolean;
}

const choices: Readonly<Record<PassChoice, string>> = {
  none: 'as it was read',
  prune: 'without the channels that pruning left dead',
  all: 'as it is compiled',
};

export const exportCommand = (act: Act): Command =>
  withModelOptions(
    new Command('export')
      .summary('write a model as ONNX, for others to read')
      .description(
        'Writes a model as one ONNX file of standard operators (set 17), or as the compiler’s own text: the name of the output says which. Inputs and outputs keep their names, types and shapes.',
      )
      .argument('[model]', modelArgument)
      .requiredOption('-o, --out <file>', 'the output: NAME.onnx or NAME.graph')
      .addOption(
        new Option(
          '--passes <which>',
          Object.entries(choices)
            .map(([name, doc]) => `${name}: ${doc}`)
            .join('; '),
        )
          .choices(Object.keys(choices))
          .default('all'),
      )
      .option('--sparse', 'ONNX only: weights that are mostly zeros as sparse_initializer; not every tool reads them')
      .option('--write-masks', 'ONNX only: beside weights, which of them are kept, as NAME_mask'),
  )
    .addOption(jsonOption)
    .action((model: string | undefined, flags: Flags) =>
      act(flags, async (desk) => {
        const { exportModel } = await import('./export-model.ts');
        return exportModel(model, flags, desk);
      }),
    );
