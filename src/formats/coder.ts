/** The code that an encoding puts in place of weights, for kernels that store them in an order of their own. */
import type { Matrix } from '../tensor/matrix.ts';
import type { Encoding } from '../tensor/type.ts';
import type { Coder } from './codes.ts';
import { codeIn, coderOf, holdsZero } from './codes.ts';
import { formatNamed } from './index.ts';
import { liveBits } from './livebits.ts';

/** Undefined where weights are stored as they are. `pads`: the kernel stores zeros that the format does not, if there is a code left for them. */
export function coderFor(m: Matrix, { format, params }: Encoding, pads = false): Coder | undefined {
  const code = codeIn(params);
  const cost = code && formatNamed(format)?.cost(m, params);
  if (!cost || (pads && !holdsZero(m, code))) return undefined;
  return coderOf(m, code, pads || cost.multiplies > liveBits(m).live);
}
