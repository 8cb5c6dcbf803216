/** The code that an encoding puts in place of weights, for kernels that store them in an order of their own. */
import type { Matrix } from '../tensor/matrix.ts';
import type { Encoding } from '../tensor/type.ts';
import type { Coder } from './codes.ts';
import { codeIn, coderOf } from './codes.ts';
import { formatNamed } from './index.ts';
import { liveBits } from './livebits.ts';

/** Undefined where weights are stored as they are. */
export function coderFor(m: Matrix, { format, params }: Encoding): Coder | undefined {
  const code = codeIn(params);
  const cost = code && formatNamed(format)?.cost(m, params);
  return cost && coderOf(m, code, cost.multiplies > liveBits(m).live);
}
