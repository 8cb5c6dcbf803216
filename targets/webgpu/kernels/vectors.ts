/**
 * How invocations share layers of few pixels, as dense layers of one vector are, whose weights have places of their own. With an
 * invocation for each row or band most of a GPU would wait for the longest, so several neighbours have one together: each takes every so
 * manieth word of places, or group of columns, and at the end they put together what they added up.
 */
import type { Routine } from '../../../src/plan/kernel.ts';
import type { Height } from '../../gpu/storage.ts';
import type { Window } from '../../gpu/window.ts';
import { math } from '../math.ts';
import { spread } from '../print-grid.ts';
import { functionName } from '../print-wgsl.ts';
import { groupSize } from './lanes.ts';

export interface Joining {
  /** Invocations that have a row or band together: a power of two, as many as a band has rows at least. */
  readonly lanes: number;
  /** Pixels of an invocation. */
  readonly pixels: 1 | 4;
  readonly groups: readonly number[];
}

/** Of more pixels there are invocations enough. */
const mostPixels = 8;

/** Fewer have no use, and where there are not so many words or groups, there is little to share. */
const leastLanes = 4;

/** So many invocations fill a GPU. */
const manyInvocations = 4096;

/** Along one dimension of a grid. */
const mostGroups = 65535;

/** `units` are the words or groups of a band. Undefined where there are too few of them, or pixels enough. */
export function joiningOf(
  { pixels, images }: Pick<Window, 'pixels' | 'images'>,
  bands: number,
  units: number,
): Joining | undefined {
  const each = pixels === 1 ? 1 : 4;
  const parts = images * Math.ceil(pixels / each);
  if (pixels > mostPixels || units < leastLanes || parts > mostGroups) return undefined;
  if (pixels > 1 && bands * parts >= manyInvocations) return undefined;
  let lanes = leastLanes;
  while (2 * lanes <= Math.min(units, groupSize) && bands * parts * lanes < manyInvocations) lanes *= 2;
  const [across, down] = spread(Math.ceil((bands * lanes) / groupSize));
  return { lanes, pixels: each, groups: [across, down, parts] };
}

/** What shaders are told of it, by these names, in order. */
export const joiningNames = ['lanes', 'images'] as const;

export const joiningArgs = ({ lanes }: Joining, { images }: Window): readonly number[] => [lanes, images];

/** Puts together what invocations have added up for each of some rows. */
const joinOf = (height: Height, pixels: Joining['pixels'], type: string): Routine => ({
  name: `join-${height}-${pixels}`,
  template: 'webgpu/kernels/join.wgsl.hbs',
  view: { type, height, count: groupSize * height },
  needs: [],
});

/** What a shader declares and adds up for its rows and pixels. */
export function vectorView(height: Height, { pixels }: Joining) {
  const isOne = pixels === 1;
  const type = isOne ? 'f32' : 'vec4<f32>';
  const join = joinOf(height, pixels, type);
  const reader = isOne ? math.readOne : math.readFour;
  const rows = [0, 1, 2, 3].slice(0, height);
  const view = {
    ...{ height, pixels, type, join: functionName(join), read: functionName(reader) },
    several: isOne ? 'pixel' : 'min(pixel + vec4<i32>(0, 1, 2, 3), vec4<i32>(pixels - 1))',
    sums: rows.map((row) => ({ type, sum: `sum${row}`, weight: height === 1 ? 'value' : `value.${'xyzw'[row]}` })),
    all: rows.map((row) => `sum${row}`).join(', '),
    ...{ place: isOne ? 'places' : 'places[k]', one: isOne ? 'total' : 'total[k]' },
  };
  return { view, needs: [join, reader] };
}
