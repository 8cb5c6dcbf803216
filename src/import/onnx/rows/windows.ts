/** Windows that slide over a picture, as ONNX's attributes describe them: one number for each spatial axis. */
import type { Layer } from '../layer.ts';

export interface Windows {
  readonly kernel: readonly number[];
  readonly stride: readonly number[];
  readonly dilation: readonly number[];
  /** Padding; below zero, pixels are cut off. */
  readonly before: readonly number[];
  readonly after: readonly number[];
}

/** More than any border or stride in earnest. */
const most = 2 ** 24;

/** From the first pixel below a window to the last. */
export const reach = (kernel: number, dilation: number): number => (kernel - 1) * dilation + 1;

/** A list with one whole number, of at least `least`, for each of `count` axes; undefined after a failure. */
export function perAxis(
  l: Layer,
  name: string,
  count: number,
  otherwise: readonly number[] | undefined,
  least: number,
): readonly number[] | undefined {
  const list = l.ints(name, otherwise);
  if (l.failed) return undefined;
  if (list.length === count && list.every((v) => v >= least && v <= most)) return list;
  const shown = list.length > 8 ? `${list.length} numbers` : `[${list.join(', ')}]`;
  l.fail(`takes ${count} whole numbers in ${least}..${most} as "${name}" and is given ${shown}`);
  return undefined;
}

/** What every such operator says; `kernel` where the weights say it. The spatial axes of the input have the sizes `image`. */
export function windowsOf(l: Layer, image: readonly number[], kernel?: readonly number[]): Windows | undefined {
  const ones = image.map(() => 1);
  const size = perAxis(l, 'kernel_shape', image.length, kernel, 1);
  const stride = perAxis(l, 'strides', image.length, ones, 1);
  const dilation = perAxis(l, 'dilations', image.length, ones, 1);
  if (!size || !stride || !dilation) return undefined;
  if (kernel?.some((k, i) => k !== size[i])) {
    l.fail(`has weights for a kernel of ${kernel.join('x')} and "kernel_shape" [${size.join(', ')}]`);
    return undefined;
  }
  const pads = padsOf(l, image, { kernel: size, stride, dilation });
  return pads && { kernel: size, stride, dilation, ...pads };
}

type Pads = Pick<Windows, 'before' | 'after'>;

function padsOf(
  l: Layer,
  image: readonly number[],
  { kernel, stride, dilation }: Omit<Windows, keyof Pads>,
): Pads | undefined {
  const zeros = image.map(() => 0);
  const automatic = automaticOf(l);
  if (automatic === undefined) return undefined;
  if (automatic === 'NOTSET') return explicitPads(l, image.length);
  if (automatic === 'VALID') return { before: zeros, after: zeros };
  const totals = image.map((length, i) => {
    const places = Math.ceil(length / stride[i]);
    return Math.max(0, (places - 1) * stride[i] + reach(kernel[i], dilation[i]) - length);
  });
  return shared(totals, automatic === 'SAME_UPPER');
}

/** As many pixels on both sides; the odd one goes to the end, or to the beginning. */
export function shared(totals: readonly number[], upper: boolean): Pads {
  const [small, large] = [totals.map((t) => Math.floor(t / 2)), totals.map((t) => Math.ceil(t / 2))];
  return upper ? { before: small, after: large } : { before: large, after: small };
}

export function explicitPads(l: Layer, count: number): Pads | undefined {
  const pads = perAxis(l, 'pads', 2 * count, Array<number>(2 * count).fill(0), -most);
  return pads && { before: pads.slice(0, count), after: pads.slice(count) };
}

const words = ['NOTSET', 'SAME_UPPER', 'SAME_LOWER', 'VALID'] as const;

export function automaticOf(l: Layer): (typeof words)[number] | undefined {
  const given = l.text('auto_pad', 'NOTSET');
  const word = words.find((w) => w === given || given === '');
  if (!word) l.fail(`takes ${words.map((w) => `"${w}"`).join(', ')} as "auto_pad" and is given another word`);
  return word;
}
