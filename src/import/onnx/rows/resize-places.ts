/** Where the elements of a resized axis lie on the axis as it was, as ONNX's Resize says it. */

export const coordinateModes = [
  'half_pixel',
  'half_pixel_symmetric',
  'pytorch_half_pixel',
  'align_corners',
  'asymmetric',
  'tf_half_pixel_for_nn',
  'tf_crop_and_resize',
] as const;
export const nearestModes = ['round_prefer_floor', 'round_prefer_ceil', 'floor', 'ceil'] as const;

export interface Axis {
  /** How long it was, and is. */
  readonly from: number;
  readonly to: number;
  readonly scale: number;
  /** Part of the axis, from 0 to 1, for `tf_crop_and_resize`. */
  readonly roi: readonly [start: number, end: number];
}

export interface Method {
  readonly mode: 'nearest' | 'linear' | 'cubic';
  readonly coordinates: (typeof coordinateModes)[number];
  /** `outwards`: up to the place before, and down to the one after. */
  readonly nearest: (typeof nearestModes)[number] | 'outwards';
  /** The parameter of the cubic kernel. */
  readonly a: number;
  /** Whether what lies outside has no weight; otherwise the border goes on. */
  readonly excludeOutside: boolean;
  /** Whether kernels widen where the axis gets shorter. */
  readonly antialias: boolean;
}

/** Weights of some elements, which sum up to 1. */
export interface Tap {
  readonly at: number;
  readonly weight: number;
}

/** The element's taps; undefined where it lies outside and `tf_crop_and_resize` puts a constant. */
export function tapsOf(axis: Axis, method: Method): readonly (readonly Tap[] | undefined)[] {
  const placeOf = placeRule(axis, method.coordinates);
  const crops = method.coordinates === 'tf_crop_and_resize';
  return Array.from({ length: axis.to }, (_, i) => {
    const place = placeOf(i);
    if (crops && !(place >= 0 && place <= axis.from - 1)) return undefined;
    return method.mode === 'nearest'
      ? [{ at: clamp(nearestRule[method.nearest](place, axis.scale), axis.from), weight: 1 }]
      : interpolated(place, axis, method);
  });
}

const clamp = (i: number, size: number): number => Math.min(Math.max(i, 0), size - 1);

const nearestRule: Readonly<Record<Method['nearest'], (place: number, scale: number) => number>> = {
  floor: Math.floor,
  ceil: Math.ceil,
  outwards: (place, scale) => (scale < 1 ? Math.ceil(place) : Math.floor(place)),
  round_prefer_floor: (place) => Math.ceil(place - 0.5),
  round_prefer_ceil: (place) => Math.floor(place + 0.5),
};

/**
 * Scales are single precision: where the length is what they mean, the ratio of the lengths is exact. Where it is
 * not, the standard's reference takes the length with its fraction.
 */
function placeRule(
  { from, to, scale, roi: [start, end] }: Axis,
  coordinates: Method['coordinates'],
): (i: number) => number {
  const isExact = Math.abs(from * scale - to) <= 1e-6 * to;
  const length = isExact ? to : from * scale;
  const back = (i: number): number => (isExact ? (i * from) / to : i / scale);
  const half = (i: number): number => back(i + 0.5) - 0.5;
  switch (coordinates) {
    case 'half_pixel':
      return half;
    case 'half_pixel_symmetric':
      return (i) => (from / 2) * (1 - to / length) + half(i);
    case 'pytorch_half_pixel':
      return to > 1 ? half : () => 0;
    case 'align_corners':
      return to > 1 ? (i) => (i * (from - 1)) / (length - 1) : () => 0;
    case 'asymmetric':
      return back;
    case 'tf_half_pixel_for_nn':
      return (i) => back(i + 0.5);
    case 'tf_crop_and_resize':
      return to > 1
        ? (i) => start * (from - 1) + (i * (end - start) * (from - 1)) / (to - 1)
        : () => 0.5 * (start + end) * (from - 1);
  }
}

function interpolated(place: number, { from, scale }: Axis, method: Method): readonly Tap[] {
  const narrow = method.antialias ? Math.min(1, scale) : 1;
  const radius = (method.mode === 'linear' ? 1 : 2) / narrow;
  const kernel = method.mode === 'linear' ? triangle : (x: number) => cubic(x, method.a);
  const weights = new Map<number, number>();
  let total = 0;
  for (let k = Math.floor(place - radius) + 1; k < place + radius; k++) {
    if (method.excludeOutside && (k < 0 || k >= from)) continue;
    const weight = kernel(Math.abs(k - place) * narrow);
    const at = clamp(k, from);
    weights.set(at, (weights.get(at) ?? 0) + weight);
    total += weight;
  }
  return [...weights].filter(([, weight]) => weight !== 0).map(([at, weight]) => ({ at, weight: weight / total }));
}

const triangle = (x: number): number => Math.max(0, 1 - x);

/** Keys's kernel, at distances that are not negative. */
function cubic(x: number, a: number): number {
  if (x <= 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  return x < 2 ? ((a * x - 5 * a) * x + 8 * a) * x - 4 * a : 0;
}
