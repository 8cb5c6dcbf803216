/** Convolutions and dense layers as sums over planes, from their shapes alone. */
import type { Call } from '../../../src/graph/graph.ts';
import type { Types } from '../../../src/ops/rules.ts';
import { elements } from '../../../src/tensor/type.ts';
import type { Filtered, Planes } from './planes.ts';
import { locator, planesOf, planesOfVectors } from './planes.ts';

export interface PlanesLayer {
  readonly planes: Planes;
  readonly images: number;
  /** Of channels, each of which rows of their own read. */
  readonly groups: number;
  /** What is filtered; absent where vectors are read. */
  readonly filtered?: Filtered;
  readonly locate: (column: number) => { readonly plane: number; readonly shift: number };
  /** Elements of the result from one image, pixel and row of weights to the next. */
  readonly to: { readonly image: number; readonly pixel: number; readonly row: number };
}

/** Or why it is none. */
export function planesLayer({ op, type }: Call, { x, weights }: Types): PlanesLayer | string {
  const rows = weights.shape[0];
  if (op.kind === 'linear') {
    const size = x.shape[x.shape.length - 1];
    return {
      ...{ planes: planesOfVectors(elements(x.shape) / size, size), images: 1, groups: 1 },
      locate: (column) => ({ plane: column, shift: 0 }),
      to: { image: 0, pixel: rows, row: 1 },
    };
  }
  if (op.kind !== 'conv2d') return 'takes convolutions and dense layers';
  const [images, h, w, all] = x.shape;
  const [, height, width] = type.shape;
  const { groups } = op;
  const channels = all / groups;
  const filtered: Filtered = {
    ...{ images, channels, size: [h, w], taps: [weights.shape[1], weights.shape[2]] },
    ...{ stride: pair(op.stride), dilation: pair(op.dilation), pad: op.pad, result: [height, width] },
  };
  const planes = planesOf(filtered);
  return {
    ...{ planes, images, groups, filtered, locate: locator(planes, channels, filtered) },
    to: { image: rows * height * width, pixel: 1, row: height * width },
  };
}

const pair = ([down, across]: readonly number[]): readonly [number, number] => [down, across];
