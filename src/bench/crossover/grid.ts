/** What is swept: layers of the shapes that networks have, in every pattern that pruning leaves, at every share of zeros. */

export interface ConvShape {
  readonly kind: 'conv';
  /** Rows and columns of the picture. */
  readonly size: number;
  readonly channels: number;
  readonly filters: number;
  /** Taps across and down. */
  readonly kernel: number;
}

export interface LinearShape {
  readonly kind: 'linear';
  readonly inputs: number;
  readonly outputs: number;
}

export type LayerShape = ConvShape | LinearShape;

export interface Sweep {
  readonly shapes: readonly LayerShape[];
  /** How to ask for a pattern with a share of zeros: `block:4x1:0.9`. */
  readonly patterns: readonly PatternSpec[];
  /** Shares of weights that are zero, ascending. */
  readonly zeros: readonly number[];
  /** Times that everything takes its turn, at least. */
  readonly rounds: number;
}

export interface PatternSpec {
  readonly name: string;
  /** The pattern's text for a share of zeros; undefined where it has no such share. */
  readonly at: (zeros: number) => string | undefined;
}

const conv = (size: number, channels: number, filters: number, kernel = 1): ConvShape => ({
  kind: 'conv',
  size,
  channels,
  filters,
  kernel,
});

const ranked = (name: string): PatternSpec => ({ name, at: (zeros) => `${name}:${zeros}` });

/** N of every M neighbours are kept, whatever the weights. */
const ofEvery: Readonly<Record<number, string>> = { 0.5: 'nm:2:4', 0.75: 'nm:1:4' };

const patterns: readonly PatternSpec[] = [
  ranked('unstructured'),
  ranked('block:4x1'),
  ranked('block:8x1'),
  ranked('punched:8x4'),
  { name: 'n:m', at: (zeros) => ofEvery[zeros] },
];

/** A few minutes. */
export const fullSweep: Sweep = {
  shapes: [
    conv(56, 64, 256),
    conv(28, 512, 128),
    conv(14, 256, 1024),
    conv(7, 512, 2048),
    conv(56, 64, 64, 3),
    conv(28, 128, 128, 3),
    conv(14, 256, 256, 3),
    { kind: 'linear', inputs: 2048, outputs: 1000 },
  ],
  patterns,
  zeros: [0.1, 0.3, 0.5, 0.6, 0.75, 0.9, 0.95],
  rounds: 8,
};

/** About a minute. */
export const quickSweep: Sweep = {
  shapes: [
    conv(28, 128, 512),
    conv(14, 256, 1024),
    conv(14, 256, 256, 3),
    { kind: 'linear', inputs: 1024, outputs: 1000 },
  ],
  patterns,
  zeros: [0.3, 0.5, 0.75, 0.9],
  rounds: 6,
};

/** `3x3 14x14 256 -> 256`. */
export const printShape = (shape: LayerShape): string =>
  shape.kind === 'linear'
    ? `dense ${shape.inputs} -> ${shape.outputs}`
    : `${shape.kernel}x${shape.kernel} ${shape.size}x${shape.size} ${shape.channels} -> ${shape.filters}`;
