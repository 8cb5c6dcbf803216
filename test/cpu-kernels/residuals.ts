/** Convolutions that add a residual, for the tests of the cpu target's kernels: what convolves, and adds as well. */
import { panel } from '../../src/tensor/type.ts';
import { typeOfSample } from '../ops/law.ts';
import type { Case } from './kit.ts';
import { drawn } from './numbers.ts';

/** Every third convolution among `cases`, with a value to add: what they read and multiply by is tested without one. */
export const summed = (cases: readonly Case[]): readonly Case[] =>
  cases.flatMap((c, i): readonly Case[] => {
    if (c.op.kind !== 'conv2d' || i % 3 !== 0) return [];
    const residual = drawn(typeOfSample(c).shape, 24);
    return [
      {
        ...c,
        title: `${c.title}, with a residual`,
        op: { ...c.op, residual: true },
        values: [...c.values, residual],
        layouts: { ...c.layouts, residual: panel(64) },
      },
    ];
  });
