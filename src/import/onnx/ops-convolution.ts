/** ONNX convolutions: channels come first there and last here, so each stands between two transposes. */
import type { Rows } from './layer.ts';

export const convolutionRows: Rows = {};
