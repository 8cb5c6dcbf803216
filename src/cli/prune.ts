/** `espalier prune`: weights of small magnitude set to zero, in a pattern. */
import { Command, InvalidArgumentError, Option } from 'commander';
import type { LayerKind } from '../prune/layers.ts';
import type { Exemption } from '../prune/pruner.ts';
import type { Scope } from '../prune/scope.ts';
import type { Act, ModelFlags } from './options.ts';
import { collect, jsonOption, modelArgument, withModelOptions } from './options.ts';

/** As commander gives them. */
export interface Flags extends ModelFlags {
  readonly pattern: string;
  readonly out: string;
  readonly by: 'magnitude';
  readonly scope: Scope;
  readonly exempt?: readonly Exemption[];
  readonly layers?: readonly LayerKind[];
  readonly keep?: readonly string[];
  readonly only?: readonly string[];
  readonly force?: boolean;
}

const scopes: Readonly<Record<Scope, string>> = {
  layer: 'the same share of each layer',
  global: 'one ranking over all layers',
  erk: 'more of small layers, less of large ones (Erdős–Rényi-Kernel)',
};

const exempt: Readonly<Record<Exemption, true>> = { first: true, last: true, depthwise: true };

const kinds: Readonly<Record<LayerKind, true>> = { conv: true, linear: true };

const patterns = `
Patterns, each with the share of weights to cut:
  unstructured:0.9      single weights
  nm:2:4                2 of every 4 consecutive input channels are kept
  gs:16,1:0.8           packs for gathers without conflicts: 16 banks, 1 weight of a row; and gs:16,1:0.8:scatter
  pattern:4/9           4 taps of every 3x3 kernel, in one of the 8 ways that suit most kernels of the layer;
                        pattern:4/9:0.5 cuts half of all kernels besides, pattern:4/9:0:6 takes 6 ways
  block:4x1:0.9         blocks of 4 outputs x 1 input channel at one tap
  punched:8x4:0.75      blocks of 8 filters x 4 channels share the taps that they keep
  channel:0.5           whole output channels

Examples:
  espalier prune model.onnx --pattern unstructured:0.9 --scope erk -o pruned.onnx
  espalier prune model.onnx --pattern block:4x1:0.9 --keep '*classifier*' -o pruned.onnx`;

export const pruneCommand = (act: Act): Command =>
  withModelOptions(
    new Command('prune')
      .summary('set weights of small magnitude to zero, in a pattern')
      .description(
        'Sets the weights of layers to zero that matter least by their magnitude, in a pattern that runs fast, and writes the model as export --passes none does. Nothing is trained: train the model on with its zeros, or use it to measure speed.',
      )
      .argument('[model]', modelArgument)
      .requiredOption('--pattern <pattern>', 'what is cut together, and how much of it: see below')
      .requiredOption('-o, --out <file>', 'the output: NAME.onnx or NAME.graph')
      .addOption(
        new Option('--by <criterion>', 'what tells which weights matter').choices(['magnitude']).default('magnitude'),
      )
      .addOption(
        new Option(
          '--scope <scope>',
          Object.entries(scopes)
            .map(([name, doc]) => `${name}: ${doc}`)
            .join('; '),
        )
          .choices(Object.keys(scopes))
          .default('layer'),
      )
      .option(
        '--exempt <which>',
        'layers left as they are: first, last, depthwise, with commas between, or none (default: first,depthwise; with channel last as well)',
        (text) => (text === 'none' ? [] : parseList(text, exempt)),
      )
      .option(
        '--layers <kinds>',
        'only layers of these kinds: conv, linear, with a comma between (default: both)',
        (text) => parseList(text, kinds),
      )
      .option('--keep <name or glob>', 'leave these layers as they are; may be given several times', collect)
      .option('--only <name or glob>', 'prune these layers only; may be given several times', collect)
      .option('--force', 'replace the output if it exists')
      .addHelpText('after', patterns),
  )
    .addOption(jsonOption)
    .action((model: string | undefined, flags: Flags) =>
      act(flags, async (desk) => {
        const { pruneModel } = await import('./prune-model.ts');
        return pruneModel(model, flags, desk);
      }),
    );

/** Words with commas between, out of those that there are. */
function parseList<Word extends string>(text: string, known: Readonly<Record<Word, true>>): readonly Word[] {
  const words = text.split(',').map((word) => word.trim());
  const odd = words.find((word) => !Object.hasOwn(known, word));
  if (odd !== undefined) throw new InvalidArgumentError(`Allowed choices are ${Object.keys(known).join(', ')}.`);
  return words as Word[];
}
