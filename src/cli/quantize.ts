/** `espalier quantize`: what whole numbers would cost, layer by layer, and the quantised graph as a file. */
import { Command } from 'commander';
import type { Act, ModelFlags } from './options.ts';
import { jsonOption, modelArgument, withModelOptions } from './options.ts';

/** As commander gives them. */
export interface Flags extends ModelFlags {
  readonly out?: string;
  readonly force?: boolean;
}

const how = `
How, with commas between:
  weights=int8         whole numbers in -127..127 times a scale for each output channel (the default)
  weights=int4         in -7..7, at the scale with the least square error
  weights=po2          0 and powers of two, seven for each output channel
  weights=codebook:16  16 values for each layer, by k-means; 2 to 256
  weights=f16          half the bits of f32, without activations=int8
  activations=int8     compute with whole numbers; without it weights alone are rounded
  ranges=mse           where activations saturate: at the least square error (the default), at the largest value
                       (minmax), or beyond most values (percentile:99.9)
  equalize=on          bring the channels between layers to like sizes first (the default), or off
  samples=128          calibrate with so many inputs, spread over all that are given
or qdq, for the scales that an ONNX model has itself: QuantizeLinear, DequantizeLinear, QLinearConv and the like.

Calibration data is an .npz file with an array of inputs by the name of each (one after the other along a first
axis), or a folder of .npy, .npz or .png files. random:SEED serves to try things out, and says nothing of accuracy.
Accuracy is never promised: the table says what each layer and output loses on the calibration data. SQNR is the
ratio of squares, of what should be and of what is off, in decibels: 6 dB are a bit.

NAME.onnx has QuantizeLinear and DequantizeLinear around layers, for other runtimes, and is the same graph again with
--quantize qdq. NAME.graph has the whole numbers themselves.

Examples:
  espalier quantize model.onnx --calibrate data.npz
  espalier quantize model.onnx --quantize weights=int4,activations=int8 --calibrate pictures -o small.onnx
  espalier build model.onnx -t cpu --quantize weights=int8,activations=int8 --calibrate data.npz`;

export const quantizeCommand = (act: Act): Command =>
  withModelOptions(
    new Command('quantize')
      .summary('say what whole numbers cost, layer by layer')
      .description(
        'Rounds the weights of a model, and unless only weights are asked for its activations, runs both on calibration data and says what each layer loses. Other commands take the same options. With -o the quantised graph is written.',
      )
      .argument('[model]', modelArgument)
      .option('-o, --out <file>', 'write the quantised graph: NAME.graph or NAME.onnx')
      .option('--force', 'replace the output if it exists'),
  )
    .addHelpText('after', how)
    .addOption(jsonOption)
    .action((model: string | undefined, flags: Flags) =>
      act(flags, async (desk) => {
        const { quantizeModel } = await import('./quantize-model.ts');
        return quantizeModel(model, flags, desk);
      }),
    );
