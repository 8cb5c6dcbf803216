/** `espalier explain`: why every layer is stored and computed as it is. */
import { Command } from 'commander';
import type { Act, TargetFlags } from './options.ts';
import { jsonOption, modelArgument, parseShare, withModelOptions, withTargetOptions } from './options.ts';

/** As commander gives them. */
export interface Flags extends TargetFlags {
  readonly layer?: string;
  readonly html?: string;
  readonly measured?: string;
  readonly advise?: number;
}

export const explainCommand = (act: Act): Command =>
  withModelOptions(
    withTargetOptions(
      new Command('explain')
        .summary('say why each layer is stored as it is')
        .description(
          'Chooses formats as build does, and says for each layer with weights what was chosen and why: how long it is predicted to take, what the other formats would take, ' +
            'why it is not sparse where it has zeros and is stored densely, and what would change that. Nothing is built.',
        )
        .argument('[model]', modelArgument),
    )
      .option('--layer <name or glob>', 'everything about these layers: each format with what it would take')
      .option('--html <file>', 'also write a page with plots, which needs nothing else')
      .option('--measured <file>', 'with --html: the JSON of espalier bench --layers, to plot beside what is predicted')
      .option(
        '--advise <share>',
        'say for each layer the finest pattern to prune it to, with this share of zeros, e.g. 0.9',
        parseShare,
      ),
  )
    .addOption(jsonOption)
    .action((model: string | undefined, flags: Flags) =>
      act(flags, async (desk) => {
        const { explainModel } = await import('./explain-model.ts');
        return explainModel(model, flags, desk);
      }),
    );
