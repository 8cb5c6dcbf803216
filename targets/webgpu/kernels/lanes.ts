/** How a group is shared between pixels and rows of weights. */

/** Pixels of one invocation. */
export const pixelsEach = 4;

/** Invocations of a group. */
export const groupSize = 64;

/** A power of two: no more invocations side by side than there are pixels for. The others have other rows. */
export function lanesFor(count: number): number {
  let lanes = 1;
  while (lanes < groupSize && lanes < count) lanes *= 2;
  return lanes;
}
