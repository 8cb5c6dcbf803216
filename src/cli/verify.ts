/** `espalier verify`: builds, runs, and compares every output with the reference; names what diverges first. */
import { Command, Option } from 'commander';
import { peerTolerance, tolerance } from '../check/compare.ts';
import { peerTitles } from '../check/peer.ts';
import type { Against } from '../check/verify.ts';
import type { Act, TargetFlags } from './options.ts';
import { jsonOption, modelArgument, parseSize, withModelOptions, withTargetOptions } from './options.ts';

/** As commander gives them. */
export interface Flags extends TargetFlags {
  readonly samples: number;
  readonly against: Against;
}

export const verifyCommand = (act: Act): Command =>
  withModelOptions(
    withTargetOptions(
      new Command('verify')
        .summary('build, run, and compare with the reference')
        .description(
          'Builds a model into a temporary folder, runs it on random inputs, and compares every output with the reference. ' +
            `The error is max |a - b| / max |b| over an output, and may be ${tolerance} against evaluate, ${peerTolerance} on a GPU or against tfjs and ort, and more with --arithmetic, as the verdict says. ` +
            'If it is larger, the first pass or layer that diverges is named, and the exit code is 1.',
        )
        .argument('[model]', modelArgument),
    )
      .option('--samples <n>', 'random inputs to try', parseSize, 1)
      .addOption(
        new Option(
          '--against <reference>',
          "evaluate: the exact reference; tfjs, ort: the model's own file in TensorFlow.js or ONNX Runtime, one thread",
        )
          .choices(['evaluate', ...Object.keys(peerTitles)])
          .default('evaluate'),
      ),
  )
    .addOption(jsonOption)
    .action((model: string | undefined, flags: Flags) =>
      act(flags, async (desk) => {
        const { verify } = await import('./verify-model.ts');
        return verify(model, flags, desk);
      }),
    );
