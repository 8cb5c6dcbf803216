/** `espalier smartdeal`: weights made of powers of two and small bases. */
import { Command, InvalidArgumentError, Option } from 'commander';
import type { Range } from '../make/range.ts';
import type { SmartDealOptions } from '../make/smartdeal.ts';
import type { Act, ModelFlags } from './options.ts';
import { collect, jsonOption, modelArgument, parseRangeOption, parseSize, withModelOptions } from './options.ts';

/** As commander gives them. */
export interface Flags extends ModelFlags, SmartDealOptions {
  readonly out: string;
  readonly input?: readonly string[];
  readonly range: Range;
  readonly force?: boolean;
}

const notes = `
Each unit of up to 64 input channels of a filter becomes a basis of 3x3 numbers of 8 bits and, for each row of three
weights, three powers of two of 4 bits. What that does to the weights, to each layer's output and to the model's is printed;
what it does to accuracy only a data set tells. Without training the error is large: train the model on with its new weights.

Examples:
  espalier smartdeal model.onnx -o small.graph
  espalier smartdeal model.onnx --rows population:0.5 --input picture.npy -o small.graph
  espalier build small.graph -t wasm -o out`;

export const smartdealCommand = (act: Act): Command =>
  withModelOptions(
    new Command('smartdeal')
      .summary('make weights of powers of two and small bases')
      .description(
        'Decomposes the weights of layers as SmartDeal does, and writes the model as export --passes none does. A .graph keeps what the weights are made of, and builds of it store that; an .onnx file holds the new weights alone.',
      )
      .argument('[model]', modelArgument)
      .requiredOption('-o, --out <file>', 'the output: NAME.graph or NAME.onnx')
      .option('--theta <number>', 'coefficients nearer to zero are cut (default: 0.004)', parseTheta)
      .option('--iterations <n>', 'rounds of the fit (default: 30)', parseSize)
      .option(
        '--rows <mode:amount>',
        'prune rows of three weights of convolutions first, in 32 filters at once: population:0.5 (a share of the rows), energy:0.1 (of the magnitude) or value:0.01 (below it); in place of the number a file with one for each layer',
      )
      .option('--cut-rows', 'cut rows whose coefficients sum to less than 5 theta')
      .option('--scale', 'scale coefficients to lie near powers of two before they are rounded')
      .option('--decomposition <file>', 'take coefficients and bases made elsewhere: .json or .npz')
      .option('--keep <name or glob>', 'leave these layers as they are; may be given several times', collect)
      .option('--only <name or glob>', 'decompose these layers only; may be given several times', collect)
      .option(
        '-i, --input <name=value>',
        'a value for an input to measure errors with: FILE.npy, FILE.png or random:SEED (default: random:1 for each)',
        collect,
      )
      .addOption(
        new Option('--range <low..high>', 'what black and white in pictures become')
          .argParser(parseRangeOption)
          .default({ low: 0, high: 1 }, '0..1'),
      )
      .option('--force', 'replace the output if it exists')
      .addHelpText('after', notes),
  )
    .addOption(jsonOption)
    .action((model: string | undefined, flags: Flags) =>
      act(flags, async (desk) => {
        const { smartdealModel } = await import('./smartdeal-model.ts');
        return smartdealModel(model, flags, desk);
      }),
    );

function parseTheta(text: string): number {
  const theta = Number(text);
  if (!/^[\d.]+(?:e-?\d+)?$/i.test(text) || !(theta >= 0 && theta <= 1))
    throw new InvalidArgumentError('It must be a number from 0 to 1, e.g. 0.004.');
  return theta;
}
