/** Every function that takes whole numbers, on those where machines differ: the ends of 32 bits, 0 and 1. */
import type { BinaryName, UnaryName } from '../../src/ops/scalar.ts';
import { binaryFunction, binaryFunctions, unaryFunction, unaryFunctions } from '../../src/ops/scalar.ts';
import type { Sample } from './law.ts';
import { value } from './law.ts';

export const integers = [-2147483648, -2147483647, -65537, -7, -2, -1, 0, 1, 2, 3, 65536, 2147483647];

const count = integers.length;

export const wholeFunctions: readonly Sample[] = [
  ...(Object.keys(unaryFunctions) as readonly UnaryName[])
    .filter((fn) => unaryFunction(fn).integers)
    .map((fn): Sample => ({ op: { kind: 'unary', fn }, values: [value('i32', [count], integers)] })),
  ...(Object.keys(binaryFunctions) as readonly BinaryName[])
    .filter((fn) => binaryFunction(fn).integers)
    .map(
      (fn): Sample => ({
        op: { kind: 'binary', fn },
        values: [value('i32', [count, 1], integers), value('i32', [count], integers)],
      }),
    ),
];
