/** ONNX convolutions: channels come first there and last here, so each stands between two transposes. */
import { cast } from '../../compose.ts';
import type { Rows } from '../layer.ts';
import { convolution } from './convolution.ts';
import { transposedConvolution } from './transposed-convolution.ts';

export const convolutionRows: Rows = {
  Conv: (l) =>
    convolution(l, { x: cast(l, l.operand(0), 'f32'), weights: cast(l, l.operand(1), 'f32'), bias: l.optional(2) }),
  ConvTranspose: (l) => transposedConvolution(l),
};
