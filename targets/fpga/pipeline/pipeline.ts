/**
 * The contract of pipelines: a quantised graph as stages that run at once, and streams between them.
 *
 * A stream carries one value of the graph, element after element in row-major order of its shape (pixels in raster
 * order, channels fastest), signed, `beat` neighbouring elements at a time, the first in the lowest bits. One stage
 * writes it and one reads it; every stage reads all of every input and writes all of every output, for each image.
 * Reshapes are nothing. Depths are enough for no stage to wait for itself: where ways part and meet again, the short
 * one holds what the long one has to see first.
 */
import type { Engine, EnginePlan } from '../contract/engine.ts';
import type { Layer } from '../contract/layer.ts';

export interface Pipeline {
  /** In an order in which each comes after what it reads. */
  readonly stages: readonly Stage[];
  /** Position is identity: stages name streams by it. */
  readonly streams: readonly Stream[];
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
}

/** A stream that comes from outside, or goes there. */
export interface Port {
  /** The user's name, not to be trusted. */
  readonly name: string;
  readonly stream: number;
  /** real = (whole − zero) · scale, where the caller has real numbers. */
  readonly scale: number | undefined;
  readonly zero: number;
}

export interface Stream {
  /** The node of the graph whose value it carries. */
  readonly id: string;
  readonly shape: readonly number[];
  /** Of one element, signed: at most 32. */
  readonly bits: number;
  /** Elements a beat. */
  readonly beat: number;
  /** Beats that it holds. */
  readonly depth: number;
}

interface Common {
  /** An identifier, one in the pipeline. */
  readonly name: string;
  /** The layer's name in the model. Not to be trusted. */
  readonly origin: string | undefined;
  /** Streams read, in the order of operands. */
  readonly inputs: readonly number[];
  /** Streams written. */
  readonly outputs: readonly number[];
  /** For one image by itself, when inputs wait and outputs are taken. */
  readonly cycles: number;
}

export type Stage =
  | Compute
  | Fork
  | Beats
  | Pool
  | Total
  | Requantised
  | Lookup
  | Combine
  | Concat
  | Rearrange
  | Pad
  | Interpolated
  | Softmax;

/** A layer with its engine. */
export interface Compute extends Common {
  readonly kind: 'compute';
  readonly layer: Layer;
  readonly engine: Engine;
  readonly plan: EnginePlan;
}

/** Every output is the input. */
export interface Fork extends Common {
  readonly kind: 'fork';
}

/** The same elements, more or fewer a beat. */
export interface Beats extends Common {
  readonly kind: 'beats';
}

/** [h, w, channels]: the largest, or the sum, of each window. Outside of the image there is nothing (0 in a sum). */
export interface Pool extends Common {
  readonly kind: 'pool';
  readonly fn: 'max' | 'sum';
  readonly channels: number;
  readonly input: readonly [number, number];
  readonly output: readonly [number, number];
  readonly window: readonly [number, number];
  readonly stride: readonly [number, number];
  /** Top, left, bottom, right. */
  readonly pad: readonly [number, number, number, number];
}

/** The sum of all pixels, for each channel. */
export interface Total extends Common {
  readonly kind: 'total';
  readonly channels: number;
  readonly pixels: number;
}

/** clamp(floor((x · multiplier[c] + 2^(shift[c] − 1)) / 2^shift[c]) + zero, low, high), element by element. */
export interface Requantised extends Common {
  readonly kind: 'requantize';
  readonly channels: number;
  readonly pixels: number;
  /** One for each channel. */
  readonly multiplier: Int32Array<ArrayBuffer>;
  readonly shift: Int32Array<ArrayBuffer>;
  readonly zero: number;
  readonly low: number;
  readonly high: number;
}

/**
 * table[clamp(x − low, 0, size − 1)], element by element; one table for all channels, or one after the other for
 * each.
 */
export interface Lookup extends Common {
  readonly kind: 'lookup';
  readonly channels: number;
  readonly pixels: number;
  readonly low: number;
  readonly size: number;
  readonly perChannel: boolean;
  readonly table: Int32Array<ArrayBuffer>;
}

/** Two streams of the same shape, element by element, wrapping in 32 bits. */
export interface Combine extends Common {
  readonly kind: 'combine';
  readonly fn: 'add' | 'sub' | 'mul' | 'max' | 'min';
  readonly elements: number;
}

/** `times` times: `counts[0]` elements of the first input, then `counts[1]` of the second, ... */
export interface Concat extends Common {
  readonly kind: 'concat';
  readonly times: number;
  readonly counts: readonly number[];
}

/**
 * `times` times: `chunk` elements are read into a memory, then given in another order: those at base + sum of index ·
 * stride over the loops, outermost first. Nearest resize, depth to space, transpose, slice and tile are all this.
 */
export interface Rearrange extends Common {
  readonly kind: 'rearrange';
  readonly times: number;
  readonly chunk: number;
  readonly base: number;
  readonly loops: readonly { readonly count: number; readonly stride: number }[];
}

/** [h, w, channels] with `value` around it. */
export interface Pad extends Common {
  readonly kind: 'pad';
  readonly channels: number;
  readonly input: readonly [number, number];
  /** Top, left, bottom, right. */
  readonly pad: readonly [number, number, number, number];
  readonly value: number;
}

/** Where pixels of a result lie along an axis: between pixel `first` and the next, `part` of `steps` steps from the first. */
export interface Places {
  readonly steps: number;
  readonly first: Int32Array<ArrayBuffer>;
  readonly part: Int32Array<ArrayBuffer>;
}

/** [h, w, channels] in another size: sums of four pixels, each as many times as it is near; wrapping in 32 bits. */
export interface Interpolated extends Common {
  readonly kind: 'interpolate';
  readonly channels: number;
  readonly input: readonly [number, number];
  readonly output: readonly [number, number];
  readonly down: Places;
  readonly across: Places;
}

/** `lines` times: shares of `size` elements as `softmax-table` has them. Entries of the table are 0..2^15. */
export interface Softmax extends Common {
  readonly kind: 'softmax';
  readonly lines: number;
  readonly size: number;
  readonly table: Int32Array<ArrayBuffer>;
}
