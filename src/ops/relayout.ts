/** The same value with another layout: what `reorder-layout` puts between steps that disagree, and a copy otherwise. */
import { nest } from '../loop/loop.ts';
import { tensor } from '../tensor/type.ts';
import { read, write } from './at.ts';
import type { Rules } from './rules.ts';

export interface Relayout {
  readonly kind: 'relayout';
}

export const relayout: Rules<Relayout> = {
  doc: 'the same value, laid out as the result type says',
  operands: () => ['x'],
  infer: (_op, { x }) => tensor(x.dtype, x.shape),
  evaluate: (_op, { x }) => x.data.slice(),
  lower: (_op, { types, arrays, result: { type, array } }) =>
    nest(type.shape, (indices) => [write(array, type, indices, read(arrays.x, types.x, indices))]),
};
