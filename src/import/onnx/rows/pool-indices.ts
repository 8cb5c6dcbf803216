/** Where the largest number below each window lies: the second output of ONNX's MaxPool. */

import { stridesOf } from '../../../ops/strides.ts';
import { elements } from '../../../tensor/type.ts';
import type { Value } from '../../builder.ts';
import { binary, cast, reshape } from '../../compose.ts';
import type { Scope } from '../../scope.ts';
import type { PoolWindows } from './pool.ts';
import { lowest } from './pool.ts';

/** More taps of all windows together are not listed. */
const mostTaps = 2 ** 20;

const mostPlanes = 2 ** 16;

/**
 * Flat positions in the whole input, [n, c, ...places]; the first of equal numbers. Within a plane they are counted along
 * rows, or along columns. Padding is given, cut off nothing.
 */
export function poolIndices(scope: Scope, input: Value, windows: PoolWindows, columnMajor: boolean): Value {
  const [n, c, ...image] = input.type.shape;
  const [plane, places, taps] = [elements(image), elements(windows.places), elements(windows.kernel)];
  if (!(n * c <= mostPlanes))
    return scope.fail(`gives positions in ${n * c} planes, and at most ${mostPlanes} are read`);
  if (!(places * taps <= mostTaps))
    return scope.fail(
      `gives the positions of ${places} windows of ${taps} taps, and at most ${mostTaps} taps are read`,
    );
  if ([...windows.before, ...windows.after].some((p) => p < 0))
    return scope.fail('gives positions and cuts pixels off, which is not read');
  const found = tapsOf(image, windows, columnMajor);
  const x = reshape(scope, cast(scope, input, 'f32'), [n * c, plane]);
  // One more pixel, for all taps on padding.
  const value = lowest('f32');
  const padded = scope.call({ kind: 'pad', before: [0, 0], after: [0, 1], mode: 'constant', value }, x);
  const below = scope.call({ kind: 'gather', axis: 1 }, padded, scope.known(found.pixels, [places, taps], 'taps'));
  const which = scope.call({ kind: 'top-k', k: 1, output: 'indices' }, below);
  const first = scope.known(
    Int32Array.from({ length: places }, (_, place) => place * taps),
    [places],
    'windows',
  );
  const tap = binary(scope, 'add', reshape(scope, which, [n * c, places]), first);
  const inPlane = scope.call({ kind: 'gather', axis: 0 }, scope.known(found.names, [places * taps], 'positions'), tap);
  const planes = scope.known(
    Int32Array.from({ length: n * c }, (_, p) => p * plane),
    [n * c, 1],
    'planes',
  );
  return reshape(scope, binary(scope, 'add', inPlane, planes), [n, c, ...windows.places]);
}

/** For each tap of each window, its pixel, and what that is called. Taps on padding are the pixel after the last. */
function tapsOf(image: readonly number[], windows: PoolWindows, columnMajor: boolean) {
  const { kernel, stride, dilation, before, places } = windows;
  const [plane, taps] = [elements(image), elements(kernel)];
  const [byPlace, byTap, byPixel] = [stridesOf(places), stridesOf(kernel), stridesOf(image)];
  const byName = columnMajor ? stridesOf(image.toReversed()).toReversed() : byPixel;
  const pixels = new Int32Array(elements(places) * taps).fill(plane);
  const names = new Int32Array(pixels.length);
  for (let at = 0; at < pixels.length; at++) {
    const [place, tap] = [Math.floor(at / taps), at % taps];
    const pixel = image.map((_, i) => {
      const [p, t] = [Math.floor(place / byPlace[i]) % places[i], Math.floor(tap / byTap[i]) % kernel[i]];
      return p * stride[i] + t * dilation[i] - before[i];
    });
    if (pixel.some((p, i) => p < 0 || p >= image[i])) continue;
    pixels[at] = pixel.reduce((sum, p, i) => sum + p * byPixel[i], 0);
    names[at] = pixel.reduce((sum, p, i) => sum + p * byName[i], 0);
  }
  return { pixels, names };
}
