/** ONNX operators of signal processing: windows and filters are constants, Fourier transforms products with them. */
import type { Numbers } from '../../../tensor/numbers.ts';
import { elements } from '../../../tensor/type.ts';
import { axisOf, reshape, transpose } from '../../compose.ts';
import { elementIn } from '../attributes.ts';
import type { Row, Rows } from '../layer.ts';
import { linear } from './product.ts';

/** Elements that are made one by one. */
const mostMade = 2 ** 22;

/** A sum of cosines: a0 − a1 cos(2πi/N) + a2 cos(4πi/N), with N one less than the size unless the window is periodic. */
const window =
  (...coefficients: readonly number[]): Row =>
  (l) => {
    const size = l.number(0, 'size');
    const steps = l.flag('periodic', true) ? size : size - 1;
    const element = elementIn(l, 'output_datatype', 'float');
    if (l.failed) return [];
    if (size < 0 || size > mostMade) return l.fail(`makes ${size} elements, and 0 to ${mostMade} are read`);
    l.gives(element);
    const at = (i: number): number =>
      coefficients.reduce((sum, a, k) => sum + a * (-1) ** k * Math.cos((2 * Math.PI * k * i) / Math.max(steps, 1)), 0);
    return l.known(
      Float32Array.from({ length: size }, (_, i) => at(i)),
      [size],
    );
  };

const melOf = (hertz: number): number => 2595 * Math.log10(1 + hertz / 700);
const hertzOf = (mel: number): number => 700 * (10 ** (mel / 2595) - 1);

/** [bins of a spectrum, bins of the mel scale]: triangles whose corners are evenly spaced by ear. */
const melWeights: Row = (l) => {
  const [bins, length, rate] = [l.number(0, 'number of bins'), l.number(1, 'length'), l.number(2, 'sample rate')];
  const [low, high] = [l.reals(3, 'lower edge')[0], l.reals(4, 'upper edge')[0]];
  const element = elementIn(l, 'output_datatype', 'float');
  if (l.failed) return [];
  const rows = Math.floor(length / 2) + 1;
  if (bins < 1 || length < 1 || rate < 1 || rows * bins > mostMade)
    return l.fail(`makes [${rows}, ${bins}] weights for a rate of ${rate}, and at most ${mostMade} are read`);
  const step = (melOf(high) - melOf(low)) / (bins + 2);
  const corner = (i: number): number => Math.floor(((length + 1) * hertzOf(i * step + melOf(low))) / rate);
  const corners = Array.from({ length: bins + 2 }, (_, i) => corner(i));
  if (corners.some((c) => !(c >= 0 && c <= rows)) || corners.some((c, i) => i > 0 && c < corners[i - 1]))
    return l.fail(`spreads ${rows} bins over frequencies from ${low} to ${high}`);
  const weights = new Float32Array(rows * bins);
  for (let bin = 0; bin < bins; bin++) {
    const [from, peak, to] = corners.slice(bin, bin + 3);
    for (let j = from; j <= peak && j < rows; j++)
      weights[j * bins + bin] = from === peak ? 1 : (j - from) / (peak - from);
    for (let j = peak; j < to && j < rows; j++) weights[j * bins + bin] = (to - j) / (to - peak);
  }
  l.gives(element);
  return l.known(weights, [rows, bins]);
};

interface Transform {
  /** Samples that there are, of which no more than `length` count; those that lack are 0. */
  readonly samples: number;
  readonly length: number;
  /** 1 where they are real, 2 where each is a real and an imaginary part. */
  readonly parts: number;
  readonly bins: number;
  readonly inverse: boolean;
  /** A factor for each sample. */
  readonly window?: Numbers | undefined;
}

/** [bins · 2, samples · parts]: the real and the imaginary part of each bin from those of each sample. */
function fourier({ samples, length, parts, bins, inverse, window: factors }: Transform): Float32Array<ArrayBuffer> {
  const matrix = new Float32Array(bins * 2 * samples * parts);
  const row = samples * parts;
  for (let k = 0; k < bins; k++)
    for (let n = 0; n < Math.min(samples, length); n++) {
      // The product is reduced first, so that the angle is as precise for the last bin as for the first.
      const angle = ((inverse ? 2 : -2) * Math.PI * ((k * n) % length)) / length;
      const factor = (factors?.[n] ?? 1) / (inverse ? length : 1);
      const [re, im] = [factor * Math.cos(angle), factor * Math.sin(angle)];
      const [top, bottom] = [2 * k * row + n * parts, (2 * k + 1) * row + n * parts];
      matrix[top] = re;
      matrix[bottom] = im;
      if (parts === 2) {
        matrix[top + 1] = -im;
        matrix[bottom + 1] = re;
      }
    }
  return matrix;
}

function faultOf({ samples, length, parts, bins }: Transform): string | undefined {
  if (parts !== 1 && parts !== 2) return `is given ${parts} parts of each sample, which are 1 or 2`;
  if (length < 1) return `transforms ${length} samples`;
  const count = bins * 2 * samples * parts;
  return count > mostMade ? `is a product with ${count} weights, and at most ${mostMade} are read` : undefined;
}

/** Discrete Fourier transform along an axis: a dense layer. */
const dft: Row = (l) => {
  const x = l.operand(0);
  const { shape } = x.type;
  const rank = shape.length;
  const given = l.opset < 20 ? l.int('axis', 1) : l.optional(2) ? l.number(2, 'axis') : -2;
  const axis = axisOf(l, given, rank);
  if (l.failed || rank < 2 || axis === rank - 1) return l.fail(`transforms axis ${given} of a value with ${rank} axes`);
  const samples = shape[axis];
  const parts = shape[rank - 1];
  const length = l.optional(1) ? l.number(1, 'length') : samples;
  const [oneSided, inverse] = [l.flag('onesided', false), l.flag('inverse', false)];
  if (oneSided && inverse) return l.fail('is inverse and one-sided, which is not read');
  const bins = oneSided ? Math.floor(length / 2) + 1 : length;
  const transform: Transform = { samples, length, parts, bins, inverse };
  const fault = faultOf(transform);
  if (l.failed || fault !== undefined) return l.fail(fault ?? '');
  const others = shape.map((_, a) => a).filter((a) => a !== axis && a !== rank - 1);
  const perm = [...others, axis, rank - 1];
  const outer = others.map((a) => shape[a]);
  const rows = reshape(l, transpose(l, x, perm), [...outer, samples * parts]);
  const result = linear(l, rows, l.known(fourier(transform), [bins * 2, samples * parts], 'weights'));
  const back = perm.map((_, a) => perm.indexOf(a));
  return transpose(l, reshape(l, result, [...outer, bins, 2]), back);
};

/** Fourier transforms of frames that follow each other: a convolution over time, [batch, time, 1 or 2] → [batch, frames, bins, 2]. */
const stft: Row = (l) => {
  const x = l.operand(0);
  const { shape } = x.type;
  const step = l.number(1, 'step');
  const window = l.optional(2);
  const [batch, time, parts = 1] = shape;
  const length = l.optional(3) ? l.number(3, 'length') : (window?.type.shape[0] ?? time);
  if (l.failed) return [];
  if (shape.length < 2 || shape.length > 3) return l.fail(`is given a value with ${shape.length} axes`);
  if (window && (!window.data || window.data.length !== length))
    return l.fail(
      `needs to know its window of ${length} when the model is compiled, and is given ${window.data ? `one of ${window.data.length}` : 'one that is computed from the input'}`,
    );
  const bins = l.flag('onesided', true) ? Math.floor(length / 2) + 1 : length;
  const transform: Transform = { samples: length, length, parts, bins, inverse: false, window: window?.data };
  const fault = faultOf(transform);
  if (fault !== undefined) return l.fail(fault);
  const weights = l.known(fourier(transform), [bins * 2, 1, length, parts], 'weights');
  const bias = l.known(new Float32Array(bins * 2), [bins * 2], 'bias');
  const plain = { dilation: [1, 1], pad: [0, 0, 0, 0], groups: 1, activation: 'none' } as const;
  const line = reshape(l, x, [batch, 1, time, parts]);
  const frames = l.call({ kind: 'conv2d', stride: [1, step], ...plain }, line, weights, bias);
  const count = elements(frames.type.shape) / (batch * bins * 2);
  return reshape(l, frames, [batch, count, bins, 2]);
};

export const signalRows: Rows = {
  BlackmanWindow: window(0.42, 0.5, 0.08),
  DFT: dft,
  HammingWindow: window(25 / 46, 21 / 46),
  HannWindow: window(0.5, 0.5),
  MelWeightMatrix: melWeights,
  STFT: stft,
};
