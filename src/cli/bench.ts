/** `espalier bench`: builds, verifies, and times against peers, alternately in one run. */
import { Command, InvalidArgumentError } from 'commander';
import type { PeerName } from '../bench/peer-names.ts';
import { isPeerName, peerDocs } from '../bench/peer-names.ts';
import type { Act, TargetFlags } from './options.ts';
import { jsonOption, modelArgument, parseSize, withModelOptions, withTargetOptions } from './options.ts';

/** As commander gives them. */
export interface Flags extends TargetFlags {
  readonly against?: readonly PeerName[];
  readonly threads: number;
  readonly layers?: boolean;
  readonly seconds: number;
  readonly runs?: number;
  readonly out?: string;
  readonly crossover?: boolean;
  readonly quick?: boolean;
}

export const benchCommand = (act: Act): Command =>
  withModelOptions(
    withTargetOptions(
      new Command('bench')
        .summary('time it against other runtimes')
        .description(
          'Builds a model into a temporary folder, verifies it, and times it, for the CPU that it runs on unless told otherwise. ' +
            'Peers run the same model on the same cores in the same run, taking turns; ratio = peer / ours.',
        )
        .argument('[model]', modelArgument),
    )
      .option(
        '--against <peers>',
        `with commas between: ${Object.entries(peerDocs)
          .map(([name, doc]) => `${name} (${doc})`)
          .join(', ')}`,
        parsePeers,
      )
      .option('--threads <n>', 'for us and for peers', parseSize, 1)
      .option('--layers', 'cpu only: time every layer, in the network and alone, against what the core can do')
      .option('--seconds <n>', 'time to measure for, about', parseSize, 10)
      .option('--runs <n>', 'so many runs of each instead, one in turn', parseSize)
      .option('-o, --out <folder>', 'write what was measured to this folder: as JSON, CSV and a page with plots')
      .option(
        '--crossover',
        'no model: sweep layers, patterns and shares of zeros, and say where sparse ones start to win',
      )
      .option('--quick', 'with --crossover: a minute instead of several'),
  )
    .addOption(jsonOption)
    .action((model: string | undefined, flags: Flags) =>
      act(flags, async (desk) => {
        const { bench } = await import('./bench-model.ts');
        return bench(model, flags, desk);
      }),
    );

function parsePeers(text: string): readonly PeerName[] {
  const words = text.split(',').map((word) => word.trim());
  const unknown = words.find((word) => !isPeerName(word));
  if (unknown !== undefined)
    throw new InvalidArgumentError(`There is no peer "${unknown}": peers are ${Object.keys(peerDocs).join(', ')}.`);
  return [...new Set(words.filter(isPeerName))];
}
