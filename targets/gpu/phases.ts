/**
 * Transposed convolutions as convolutions. Every stride-th pixel of the result is met by the same taps, along each axis by itself, and
 * from one of these pixels to the next they read one pixel further: a phase is a convolution of stride 1 with some of the taps.
 */
import type { ConvTranspose2d } from '../../src/ops/conv-transpose2d.ts';
import type { Shape } from '../../src/tensor/type.ts';

/** The pixels of one phase along one axis. */
export interface Phase {
  /** The first of them, and how many there are. */
  readonly first: number;
  readonly count: number;
  /** The taps that meet them, and those are evenly spaced; none where the stride is larger than the kernel. */
  readonly taps: readonly number[];
  /** The pixel of the input that the first tap reads for the first pixel, and how far on the next tap reads: back, in fact. */
  readonly from: number;
  readonly step: number;
}

interface Axis {
  /** Pixels of the result, and of these `before` are cut off ahead of the first. */
  readonly size: number;
  readonly before: number;
  readonly kernel: number;
  readonly stride: number;
  readonly dilation: number;
}

/** Down and across, for weights of [o, kh, kw, i]. */
const phaseAxes = ({ size, pad, stride, dilation }: ConvTranspose2d, weights: Shape): readonly Axis[] =>
  [0, 1].map((i) => ({
    ...{ size: size[i], before: pad[i], kernel: weights[i + 1], stride: stride[i], dilation: dilation[i] },
  }));

/** How many there are. */
export const phaseCount = ({ size, stride }: ConvTranspose2d): number =>
  Math.min(size[0], stride[0]) * Math.min(size[1], stride[1]);

/** More are left to loops: each is a call. */
export const mostPhases = 64;

const phasesOf = (axis: Axis): readonly Phase[] =>
  Array.from({ length: Math.min(axis.size, axis.stride) }, (_, first) => phaseAt(axis, first));

function phaseAt({ size, before, kernel, stride, dilation }: Axis, first: number): Phase {
  const reads = Array.from({ length: kernel }, (_, tap) => (first + before - tap * dilation) / stride);
  const taps = reads.flatMap((at, tap) => (Number.isInteger(at) ? [tap] : []));
  return {
    first,
    count: Math.ceil((size - first) / stride),
    taps,
    from: taps.length > 0 ? reads[taps[0]] : 0,
    step: taps.length > 1 ? reads[taps[1]] - reads[taps[0]] : 0,
  };
}

/** Transposed convolutions: the phases of rows and of columns, and the border that these need: top, left, bottom, right. */
export function phasesIn(op: ConvTranspose2d, [, h, w]: Shape, weights: Shape) {
  const [rows, columns] = phaseAxes(op, weights).map(phasesOf);
  const [down, across] = [reachOf(rows), reachOf(columns)];
  const border = [-down.low, -across.low, Math.max(0, down.high - h + 1), Math.max(0, across.high - w + 1)];
  return { rows, columns, border };
}

/** The first and the last pixel of the input that any phase reads, which may lie beside it. */
function reachOf(phases: readonly Phase[]): { readonly low: number; readonly high: number } {
  const met = phases.filter(({ taps }) => taps.length > 0);
  return {
    low: Math.min(0, ...met.map(({ from, step, taps }) => from + step * (taps.length - 1))),
    high: Math.max(0, ...met.map(({ from, count }) => from + count - 1)),
  };
}
