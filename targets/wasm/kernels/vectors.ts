/** 1x1 convolutions of four rows of weights at a time, over vectors of pixels that follow each other through panels. */
import type { Routine, RoutineCall } from '../../../src/plan/kernel.ts';
import { panelsOf } from '../../../src/tensor/type.ts';
import { lanes, panelBytes, rowBytes } from '../panels.ts';
import { identifierOf } from '../text.ts';
import type { Panelwise } from './conv-panels.ts';
import { inPlace } from './ranges.ts';
import { tilesOf } from './tile.ts';

export interface Vectorwise extends Omit<Panelwise, 'tilesFor'> {
  /** Output channels whose weights go over all pixels at a time. */
  readonly block: number;
}

/** Computes two vectors at a time: the last of a panel goes with the first of the next. */
export function vectorCalls(of: Vectorwise): readonly RoutineCall[] {
  const argsFor = (first: number, vectors: number): RoutineCall['args'] => [
    ...[of.x.array, of.y.array, of.residual ?? 0, of.stream, of.rows, of.block, of.passes ?? 1, first, vectors],
    ...[panelBytes(of.x.type), panelBytes(of.y.type), { f32: of.low }, { f32: of.high }],
  ];
  const some = runs(of.y.type.shape);
  const [{ vectors: all }] = some;
  const from = [of.x.array, ...(of.residual ? [of.residual] : [])];
  return some.map(({ first, vectors }) => ({
    routine: overVectors,
    ...(some.length === 1
      ? inPlace(of.y, from, (begin, end) => argsFor(begin, Math.min(all, (end * lanes) / 4) - (begin * lanes) / 4))
      : { args: argsFor(first, vectors) }),
  }));
}

/** Vectors that follow each other: those of all pictures, or of each where its last panel has fewer. */
function runs(shape: readonly number[]): readonly { readonly first: number; readonly vectors: number }[] {
  const [n, h, w] = shape;
  const count = panelsOf(shape, lanes);
  if ((h * w) % lanes === 0) return [{ first: 0, vectors: (n * h * w) / 4 }];
  return Array.from({ length: n }, (_, i) => ({ first: i * count, vectors: Math.ceil((h * w) / 4) }));
}

const [one, across, two] = [
  { pixelRows: 1, vectors: 1 },
  { pixelRows: 2, vectors: 1 },
  { pixelRows: 1, vectors: 2 },
].map((shape) => tilesOf({ ...shape, tail: 4 }, 4).tiles[0].routine);

const overVectors: Routine = {
  name: 'conv-vectors',
  template: 'wasm/kernels/conv-vectors.wat.hbs',
  view: {
    name: 'conv_vectors',
    row: rowBytes,
    last: rowBytes - 16,
    one: identifierOf(one),
    across: identifierOf(across),
    two: identifierOf(two),
  },
  needs: [one, across, two],
};
