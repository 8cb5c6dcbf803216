/** Routines that move whole blocks of numbers: what joining, padding and cutting come to when the rest stays in place. */
import type { Arr } from '../../src/loop/loop.ts';
import type { RoutineCall } from '../../src/plan/kernel.ts';
import type { TensorType } from '../../src/tensor/type.ts';
import { elements, pictureOf } from '../../src/tensor/type.ts';
import { isPanel, lanes, pictureSize, vector } from './panels.ts';
import type { CpuRoutine } from './routine.ts';
import { call } from './routine.ts';

/** An array as rows of `length` numbers, in each of which one step along an axis takes `step` numbers. */
export interface Rows {
  readonly count: number;
  readonly length: number;
  readonly step: number;
}

/** The rows of a value for one of its axes, if its layout keeps what belongs together along that axis side by side. */
export function rowsAlong({ shape, ...type }: TensorType, axis: number): Rows | undefined {
  if (type.layout.kind === 'plain') {
    const step = elements(shape.slice(axis + 1));
    return { count: elements(shape.slice(0, axis)), length: shape[axis] * step, step };
  }
  if (axis !== shape.length - 1 || !isPanel({ shape, ...type })) return undefined;
  const { images, channels } = pictureOf(shape);
  const length = channels * lanes;
  return { count: (images * pictureSize({ shape, ...type })) / length, length, step: lanes };
}

/** Below this many numbers in a block, loops do as well. */
export const leastBlock = 16;

interface Blocks {
  readonly count: number;
  readonly length: number;
}

/** `count` blocks from `x` to `y`, each beginning `xStep` and `yStep` numbers behind the one before. */
export const copyBlocks = (
  { count, length }: Blocks,
  { x, xFirst = 0, xStep }: { readonly x: Arr; readonly xFirst?: number; readonly xStep: number },
  { y, yFirst = 0, yStep }: { readonly y: Arr; readonly yFirst?: number; readonly yStep: number },
): RoutineCall => call(copy, { x, y, count, length, x_first: xFirst, x_step: xStep, y_first: yFirst, y_step: yStep });

/** The same number in each of `count` blocks of `y`. */
export const fillBlocks = (
  { count, length }: Blocks,
  { y, yFirst = 0, yStep }: { readonly y: Arr; readonly yFirst?: number; readonly yStep: number },
  value: number,
): RoutineCall => call(fill, { y, count, length, y_first: yFirst, y_step: yStep, value: { f32: value } });

const copyMembers = 'x y count length x_first x_step y_first y_step' as const;

const copy: CpuRoutine<typeof copyMembers> = {
  name: 'copy-blocks',
  template: 'cpu/kernels/copy-blocks.c.hbs',
  view: {},
  needs: [vector],
  struct: 'copy_blocks',
  members: copyMembers,
};

const fillMembers = 'y count length y_first y_step value' as const;

const fill: CpuRoutine<typeof fillMembers> = {
  name: 'fill-blocks',
  template: 'cpu/kernels/fill-blocks.c.hbs',
  view: {},
  needs: [vector],
  struct: 'fill_blocks',
  members: fillMembers,
};
