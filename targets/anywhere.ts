/** Calls that compute number by number: they work in any layout, and on whole numbers as on real ones. */
import type { Kind } from '../src/ops/index.ts';

export const anywhere: ReadonlySet<Kind> = new Set<Kind>([
  'unary',
  'binary',
  'select',
  'cast',
  'quantize',
  'dequantize',
  'requantize',
  'lookup',
]);
