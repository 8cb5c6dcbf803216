/** The same value with another layout: what `reorder-layout` puts between steps that disagree, and a copy otherwise. */
import { copyLoops } from './at.ts';
import { resultType } from './check.ts';
import type { Rules } from './rules.ts';

export interface Relayout {
  readonly kind: 'relayout';
}

export const relayout: Rules<Relayout> = {
  doc: 'the same value, laid out as the result type says',
  operands: () => ['x'],
  infer: (_op, { x }) => resultType(x.dtype, x.shape),
  evaluate: (_op, { x }) => x.data.slice(),
  lower: (_op, site) => copyLoops(site, (indices) => indices),
};
