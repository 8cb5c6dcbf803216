/** The same value with another layout: what `reorder-layout` puts between steps that disagree, and a copy otherwise. */
import { add, f32, i32, mul, nest, store } from '../loop/loop.ts';
import { elements, paddedTo } from '../tensor/type.ts';
import { copyLoops } from './at.ts';
import { resultType } from './check.ts';
import type { Rules, Site } from './rules.ts';

export interface Relayout {
  readonly kind: 'relayout';
}

export const relayout: Rules<Relayout> = {
  doc: 'the same value, laid out as the result type says',
  operands: () => ['x'],
  infer: (_op, { x }) => resultType(x.dtype, x.shape),
  evaluate: (_op, { x }) => x.data.slice(),
  lower: (_op, site) => [...copyLoops(site, (indices) => indices), ...fillPieces(site.result)],
};

/** What the last piece of each pixel has beside its channels is zero. */
function fillPieces({ type: { dtype, shape, layout }, array }: Site['result']): ReturnType<typeof nest> {
  const channels = shape[shape.length - 1];
  const padded = layout.kind === 'pieces' ? paddedTo(channels, layout.of) : channels;
  if (padded === channels) return [];
  const zero = dtype === 'f32' ? f32(0) : i32(0);
  return nest([elements(shape) / channels, padded - channels], ([pixel, c]) => [
    store(array, add(add(mul(pixel, padded), channels), c), zero),
  ]);
}
