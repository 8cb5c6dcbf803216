/** How a layer does without channels that are known: in its bias, in a map that is added, or in another channel. */
import { elements } from '../../src/tensor/type.ts';
import type { ById } from '../matching/constants.ts';
import type { Mixing } from './mixing.ts';
import { evaluatePart, isUniform, macsOf } from './mixing.ts';
import type { Kept } from './select.ts';
import { selectFloats } from './select.ts';
import type { Static } from './statics.ts';

export interface Fold {
  /** Whether the layer reads a channel. */
  reads(channel: number): boolean;
  /** The channels that it reads and can do without. */
  readonly without: ReadonlySet<number>;
  /**
   * A channel that is the same everywhere and takes on the weights of others that are: exact at a padded border, too,
   * where all of them are cut off alike.
   */
  readonly merge?: Merge;
}

export interface Merge {
  readonly into: number;
  /** For each channel merged: how many times the one that stays it is. */
  readonly factors: ReadonlyMap<number, number>;
}

/** A map of at most this many numbers may be added whatever it saves. */
const smallMap = 1 << 12;
const mostMacs = 1 << 28;

export function foldOf(layer: Mixing, x: Static | undefined): Fold {
  const { inputs, outputs, reads, weights } = layer;
  // Units hold the weights of channels that stand side by side: with some gone, all would be stored one by one.
  if (weights.type.quantity?.decomposition) return { reads: () => true, without: new Set() };
  const used = new Uint8Array(inputs);
  for (let o = 0; o < outputs; o++) for (let c = 0; c < inputs; c++) used[c] |= reads[o * inputs + c];
  const isRead = (c: number): boolean => used[c] === 1;
  const known = x ? x.kept.filter(isRead) : [];
  if (!x || known.length === 0) return { reads: isRead, without: new Set() };

  const level = levelsOf(x);
  const zeros = known.filter((c) => level(c) === 0);
  const flat = known.filter((c) => level(c) !== undefined && level(c) !== 0);
  const uneven = known.filter((c) => level(c) === undefined);
  const free = new Set(isUniform(layer) ? [...zeros, ...flat] : zeros);
  const rest = known.filter((c) => !free.has(c));
  if (rest.length === 0 || isMapWorthIt(layer, rest)) return { reads: isRead, without: new Set(known) };
  if (isUniform(layer) || flat.length < 2) return { reads: isRead, without: new Set(known.filter((c) => free.has(c))) };
  const size = (c: number): number => Math.abs(level(c) ?? 0);
  const into = flat.reduce((best, c) => (size(c) > size(best) ? c : best));
  const merged = flat.filter((c) => c !== into);
  const factors = new Map(merged.map((c) => [c, (level(c) ?? 0) / (level(into) ?? 1)]));
  const stay = new Set([into, ...uneven]);
  return { reads: isRead, without: new Set(known.filter((c) => !stay.has(c))), merge: { into, factors } };
}

/** The number that a known channel is at every place, if it is one. */
function levelsOf({ kept, data }: Static): (channel: number) => number | undefined {
  const width = kept.length;
  const levels = new Map(
    kept.map((c, i) => {
      for (let at = i; at < data.length; at += width) if (data[at] !== data[i]) return [c, undefined];
      return [c, data[i]];
    }),
  );
  return (c) => levels.get(c);
}

/** A map costs its bytes and an addition for each number; it saves the weights that read the channels. */
function isMapWorthIt(layer: Mixing, channels: Kept): boolean {
  const numbers = elements(layer.call.type.shape);
  if (macsOf(layer, layer.outputs, channels.length) > mostMacs) return false;
  return numbers <= smallMap || numbers <= liveWeights(layer, channels);
}

function liveWeights({ weights: { data, mask }, inputs }: Mixing, channels: Kept): number {
  const lost = new Set(channels);
  let count = 0;
  for (let at = 0; at < data.length; at++)
    if (lost.has(at % inputs) && (mask ? mask[at] === 1 : data[at] !== 0)) count++;
  return count;
}

export interface Contribution {
  /** What is the same at every place, for each row. */
  readonly bias: Float32Array<ArrayBuffer>;
  /** What is not, in the shape of the result with `rows` channels. */
  readonly map?: Float32Array<ArrayBuffer>;
}

/** What the channels `lost`, which are known, add to the sums of `rows`. */
export function contributionOf(layer: Mixing, x: Static, lost: Kept, rows: Kept, byId: ById): Contribution {
  const at = new Map(x.kept.map((c, i) => [c, i]));
  const channels = lost.filter((c) => at.has(c));
  const bias = new Float32Array(rows.length);
  if (channels.length === 0) return { bias };
  const shape = [x.data.length / x.kept.length, x.kept.length];
  const indices = channels.map((c) => at.get(c) ?? 0);
  const part = { rows, columns: channels, data: selectFloats(x.data, shape, 1, indices), whole: false };
  const sums = evaluatePart(layer, part, byId);
  const even = sums.every((v, i) => v === sums[i % rows.length]);
  return even ? { bias: sums.slice(0, rows.length) } : { bias, map: sums };
}
