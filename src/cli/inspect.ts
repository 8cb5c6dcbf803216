/** `espalier inspect`: what is in a model, layer by layer, and which formats can hold its weights. */
import { Command } from 'commander';
import type { Act, ModelFlags } from './options.ts';
import { jsonOption, modelArgument, withModelOptions } from './options.ts';

/** As commander gives them. */
export interface Flags extends ModelFlags {
  readonly layer?: string;
}

export const inspectCommand = (act: Act): Command =>
  withModelOptions(
    new Command('inspect')
      .summary('list what is in a model')
      .description(
        'Lists inputs, outputs, operators, and for each layer with weights its shape, parameters, multiply-adds, zeros, and the bytes that its weights take in each storage format that can hold them.',
      )
      .argument('[model]', modelArgument)
      .option(
        '--layer <name or glob>',
        'everything about these layers: each format with its parameters, or why it does not fit',
      ),
  )
    .addOption(jsonOption)
    .action((model: string | undefined, flags: Flags) =>
      act(flags, async (desk) => {
        const { show } = await import('./inspect-model.ts');
        return show(model, flags, desk);
      }),
    );
