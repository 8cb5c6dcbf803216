/** Channels of an image of few laid out in planes: how the first layers of networks read pictures. */
import { tensor } from '../../src/tensor/type.ts';
import { slide } from './sliding.ts';
import type { Reading } from './taps.ts';

/** As many as pictures have. */
export const fewChannels = 4;

/** Numbers of scratch that planes of all channels may take. */
const planesLimit = 1 << 17;

/** Numbers of a channel that lie flat at once: the fewer strips, the fewer rows are laid twice. */
const flatNumbers = 4096;

/** Masks are constants, as many as a row is long for each column of the kernel. */
const masksLimit = 1 << 15;

/** How channels are laid out in planes, if the image is plain or has few, and is small enough for it. */
export function planesFor({ from, to, plain, kernel, stride, dilation, pad }: Reading) {
  if (kernel.every((k) => k === 1)) return undefined;
  if (!plain && (from[3] > fewChannels || stride.every((s) => s === 1))) return undefined;
  const sliding = slide({ kernel, stride, dilation, pad }, tensor('f32', from), tensor('f32', to), flatNumbers);
  if (typeof sliding === 'string' || (sliding.pitch !== to[2] && to[1] > 1)) return undefined;
  if (sliding.scratch * from[3] > planesLimit || sliding.masks.length > masksLimit) return undefined;
  const [down, across] = kernel;
  const { runs, rowStep, offsets, order } = sliding;
  const taps = new Int32Array(down * across);
  for (let i = 0; i < across; i++) {
    const seen = Array<number>(runs).fill(0);
    for (const j of order) {
      const run = j % runs;
      taps[j * across + i] = offsets[i * runs + run] + seen[run]++ * rowStep;
    }
  }
  return { sliding, taps, channel: sliding.scratch };
}
