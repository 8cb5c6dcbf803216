/**
 * Channels that are all one number, before and behind those of a picture: copies of its first channel, made to be
 * that number, and joined with it.
 */
import type { Call } from '../../../src/graph/graph.ts';
import type { Pad } from '../../../src/ops/pad.ts';
import type { TensorType } from '../../../src/tensor/type.ts';
import { elements } from '../../../src/tensor/type.ts';
import type { DraftValue, Work } from './draft.ts';
import { bitsOf } from './work.ts';

/** Whether channels alone are padded, with one number. */
export const padsChannels = ({ before, after, mode }: Pad): boolean => {
  const last = before.length - 1;
  const others = before.some((n, axis) => axis !== last && n + after[axis] > 0);
  return mode === 'constant' && last > 0 && !others && before[last] + after[last] > 0;
};

interface Step {
  readonly work: Work;
  readonly from: readonly number[];
  readonly to: number;
}

/** The stages, in order; `next` makes a value, and the last one made is the result. */
export function channelPads(
  { before, after, value }: Pad,
  { type }: Call,
  stream: number,
  { bits, shape }: DraftValue,
  next: (type: TensorType, bits: number) => number,
): readonly Step[] {
  const channels = shape[shape.length - 1];
  const pixels = elements(shape) / channels;
  const own = bitsOf(Math.min(0, value), Math.max(0, value));
  const steps: Step[] = [];
  const filled = (count: number): readonly number[] => {
    if (count === 0) return [];
    const part = { ...type, shape: [...type.shape.slice(0, -1), count] };
    const copied = next(part, bits);
    const loops = [{ count, stride: 0 }];
    steps.push({
      work: { kind: 'rearrange', times: pixels, chunk: channels, base: 0, loops },
      from: [stream],
      to: copied,
    });
    const constant = next(part, own);
    const [multiplier, shift] = [Int32Array.of(0), Int32Array.of(1)];
    const bounds = { zero: value, low: value, high: value };
    steps.push({
      work: { kind: 'requantize', channels: 1, pixels: pixels * count, multiplier, shift, ...bounds },
      from: [copied],
      to: constant,
    });
    return [constant];
  };
  const [left, right] = [before[before.length - 1], after[after.length - 1]];
  const from = [...filled(left), stream, ...filled(right)];
  const counts = [left, channels, right].filter((n) => n > 0);
  const to = next(type, Math.max(bits, own));
  return [...steps, { work: { kind: 'concat', times: pixels, counts }, from, to }];
}
