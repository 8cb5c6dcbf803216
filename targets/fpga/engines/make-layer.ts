/** Layers from weights as the graph has them: entries, output sizes, and bits that are enough for every input. */
import type { Decomposition } from '../../../src/tensor/decomposition.ts';
import type { Ending, Entries, Layer, Pair } from '../contract/layer.ts';

export interface LayerSource {
  readonly name: string;
  readonly rows: number;
  /** Of all groups. */
  readonly channels: number;
  readonly taps?: Pair | undefined;
  readonly groups?: number | undefined;
  /** [rows, taps down, taps across, channels / groups], whole and within int16. */
  readonly data: ArrayLike<number>;
  /** 1 where a weight is kept, 0 elsewhere; those that are not 0 are kept unless given. */
  readonly mask?: Uint8Array | undefined;
  readonly bias: Int32Array<ArrayBuffer>;
  readonly stride?: Pair | undefined;
  readonly dilation?: Pair | undefined;
  readonly pad?: Layer['pad'] | undefined;
  readonly input: Pair;
  readonly ending?: Ending | undefined;
  readonly decomposed?: Decomposition | undefined;
}

/** Inputs are int8. */
const inputBits = 8;

export function layerOf(source: LayerSource): Layer {
  const { name, rows, channels, taps = [1, 1], stride = [1, 1], dilation = [1, 1], pad = [0, 0, 0, 0], input } = source;
  const weights = entriesOf(source);
  const size = (axis: 0 | 1): number =>
    Math.floor((input[axis] + pad[axis] + pad[axis + 2] - (taps[axis] - 1) * dilation[axis] - 1) / stride[axis]) + 1;
  const layer = { name, rows, channels, taps, weights, bias: source.bias, stride, dilation, pad, input, inputBits };
  return {
    ...layer,
    output: [size(0), size(1)],
    ...bitsOf(weights, source.bias),
    ...(source.ending ? { ending: source.ending } : {}),
    ...(source.decomposed ? { decomposed: source.decomposed } : {}),
  };
}

/** Entries in the columns of all channels: a group of channels has columns of its own. */
function entriesOf({ rows, channels, taps = [1, 1], groups = 1, data, mask }: LayerSource): Entries {
  const each = channels / groups;
  const columns = taps[0] * taps[1] * each;
  const whole = data instanceof Int32Array ? data : Int32Array.from(data);
  const live = mask ?? nonzeros(whole);
  const pos = new Int32Array(rows + 1);
  for (let r = 0, at = 0, count = 0; r < rows; r++, pos[r] = count)
    for (const end = at + columns; at < end; at++) count += live[at];
  const column = new Int32Array(pos[rows]);
  const value = new Int16Array(pos[rows]);
  for (let r = 0, at = 0, end = 0; r < rows; r++) {
    const first = Math.floor((r * groups) / rows) * each;
    for (let c = 0; c < columns; c++, at++) {
      if (live[at] === 0) continue;
      column[end] = Math.floor(c / each) * channels + first + (c % each);
      value[end++] = whole[at];
    }
  }
  return { pos, column, value };
}

function nonzeros(data: Int32Array): Uint8Array<ArrayBuffer> {
  const live = new Uint8Array(data.length);
  for (let i = 0; i < data.length; i++) live[i] = data[i] === 0 ? 0 : 1;
  return live;
}

/** Bits of a signed number whose magnitude is at most `most`; sums wrap in 32. */
const bitsWithin = (most: number): number => Math.min(32, 1 + Math.ceil(Math.log2(most + 1)));

function bitsOf({ pos, value }: Entries, bias: Int32Array) {
  let [sum, withBias, low, high] = [0, 0, 0, 1];
  for (let r = 0; r + 1 < pos.length; r++) {
    let row = 0;
    for (let e = pos[r]; e < pos[r + 1]; e++) {
      row += Math.abs(value[e]);
      low = Math.min(low, value[e]);
      high = Math.max(high, value[e]);
    }
    sum = Math.max(sum, row);
    withBias = Math.max(withBias, row * 2 ** (inputBits - 1) + Math.abs(bias[r]));
  }
  return {
    weightBits: bitsWithin(Math.max(high, -low - 1)),
    accumulatorBits: bitsWithin(sum * 2 ** (inputBits - 1)),
    sumBits: bitsWithin(withBias),
  };
}
