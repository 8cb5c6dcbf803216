/** `espalier bench`: builds, verifies, and times against peers, alternately in one run. */
import { Command, InvalidArgumentError, Option } from 'commander';
import { parseLink } from '../bench/link.ts';
import type { PeerName } from '../bench/peer-names.ts';
import { isPeerName, peerDocs } from '../bench/peer-names.ts';
import type { Act, TargetFlags } from './options.ts';
import { jsonOption, modelArgument, parseSize, withModelOptions, withTargetOptions } from './options.ts';

/** As commander gives them. */
export interface Flags extends TargetFlags {
  readonly against?: readonly PeerName[];
  readonly tflite?: string;
  readonly threads: number;
  /** True where a browser shall be looked for. */
  readonly browser?: string | true;
  readonly starts?: number;
  readonly link: number;
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
      .option('--tflite <file>', 'the same network as TensorFlow Lite, for litert')
      .option('--threads <n>', 'for us and for peers', parseSize, 1)
      .option(
        '--browser [program]',
        'wasm and webgpu: in pages of a browser without a window, instead of in Node.js; needs playwright-core',
      )
      .option(
        '--starts <n>',
        'wasm and webgpu: fresh starts of each, for the time to the first result (default: 5)',
        parseStarts,
      )
      .addOption(
        new Option('--link <speed>', 'wasm and webgpu: what downloads are computed for, from brotli bytes')
          .default(1e7, '10Mbit')
          .argParser(parseSpeed),
      )
      .option('--layers', 'not webgpu: time every layer, in the network and alone, against what the core can do')
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

function parseStarts(text: string): number {
  if (!/^\d{1,3}$/.test(text)) throw new InvalidArgumentError('It must be a whole number, or 0 for none.');
  return Number(text);
}

/** Bits a second. */
function parseSpeed(text: string): number {
  const speed = parseLink(text);
  if (speed === undefined) throw new InvalidArgumentError('It must be a speed, e.g. 10Mbit, 512kbit or 1Gbit.');
  return speed;
}

function parsePeers(text: string): readonly PeerName[] {
  const words = text.split(',').map((word) => word.trim());
  const unknown = words.find((word) => !isPeerName(word));
  if (unknown !== undefined)
    throw new InvalidArgumentError(`There is no peer "${unknown}": peers are ${Object.keys(peerDocs).join(', ')}.`);
  return [...new Set(words.filter(isPeerName))];
}
