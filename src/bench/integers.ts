/** Numbers as integers of 8 bits with a scale, the way ONNX has them: real = (integer - zero) * scale. */

/** How activations are held: unsigned, so that 0 is one of the numbers. */
export interface Quantised {
  readonly scale: number;
  readonly zero: number;
}

/** The smallest and the largest value. */
export interface Extent {
  readonly min: number;
  readonly max: number;
}

/** Of numbers that are finite; of nothing, both are 0. */
export function extentOf(data: ArrayLike<number>): Extent {
  let [min, max] = [0, 0];
  for (let i = 0; i < data.length; i++) {
    const value = data[i];
    if (value < min && value > -Infinity) min = value;
    else if (value > max && value < Infinity) max = value;
  }
  return { min, max };
}

/** 0 to 255 over the extent, which always holds 0. */
export function unsignedFor({ min, max }: Extent): Quantised {
  const scale = (max - min) / 255;
  return scale > 0 ? { scale, zero: Math.round((0 - min) / scale) } : { scale: 1, zero: 0 };
}

export const toUnsigned = (data: ArrayLike<number>, { scale, zero }: Quantised): Uint8Array =>
  Uint8Array.from(data, (v) => Math.min(255, Math.max(0, Math.round(v / scale) + zero)));

export interface Channels {
  /** Channels, and numbers from one to the next of the same channel's neighbours: see `signedPerChannel`. */
  readonly count: number;
  /** Neighbours that share a channel. */
  readonly run: number;
}

export interface Signed {
  readonly data: Int8Array;
  /** One for each channel. */
  readonly scales: Float32Array<ArrayBuffer>;
}

/** -127 to 127 for each channel on its own; the element i is of channel floor(i / run) mod count. */
export function signedPerChannel(weights: ArrayLike<number>, { count, run }: Channels): Signed {
  const channel = (i: number): number => Math.floor(i / run) % count;
  const largest = new Float32Array(count);
  for (let i = 0; i < weights.length; i++) largest[channel(i)] = Math.max(largest[channel(i)], Math.abs(weights[i]));
  const scales = largest.map((most) => (most > 0 ? most / 127 : 1));
  const data = new Int8Array(weights.length);
  for (let i = 0; i < data.length; i++)
    data[i] = Math.min(127, Math.max(-127, Math.round(weights[i] / scales[channel(i)])));
  return { data, scales };
}
