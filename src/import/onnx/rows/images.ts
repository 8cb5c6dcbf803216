/** Between ONNX's order of axes, channels before the spatial ones, and images, where they come last. */
import type { Value } from '../../builder.ts';
import { reshape, slice, transpose } from '../../compose.ts';
import type { Scope } from '../../scope.ts';
import type { Windows } from './windows.ts';

/** [n, c, h, w] or [n, c, w] → [n, h, w, c]: a line is a picture one pixel high. */
export function toImage(scope: Scope, x: Value): Value {
  const [n, c, ...spatial] = x.type.shape;
  return transpose(scope, spatial.length === 1 ? reshape(scope, x, [n, c, 1, ...spatial]) : x, [0, 2, 3, 1]);
}

/** And back, to `spatial` spatial axes. */
export function fromImage(scope: Scope, y: Value, spatial: number): Value {
  const first = transpose(scope, y, [0, 3, 1, 2]);
  const [n, c, , w] = first.type.shape;
  return spatial === 1 ? reshape(scope, first, [n, c, w]) : first;
}

/** Windows over a line as windows over a picture one pixel high. */
export function planar({ kernel, stride, dilation, before, after }: Windows): Windows {
  if (kernel.length !== 1) return { kernel, stride, dilation, before, after };
  return {
    kernel: [1, ...kernel],
    stride: [1, ...stride],
    dilation: [1, ...dilation],
    before: [0, ...before],
    after: [0, ...after],
  };
}

/** Padding below zero leaves pixels out: the input without them, and windows with no such padding. */
export function cut<W extends Windows>(scope: Scope, x: Value, windows: W): { readonly x: Value; readonly windows: W } {
  const { before, after } = windows;
  const begin = [0, 0, ...before.map((b) => Math.max(0, -b))];
  const end = [0, 0, ...after.map((a) => Math.max(0, -a))];
  const size = x.type.shape.map((d, axis) => d - begin[axis] - end[axis]);
  const none = (pads: readonly number[]): readonly number[] => pads.map((p) => Math.max(0, p));
  return { x: slice(scope, x, begin, size), windows: { ...windows, before: none(before), after: none(after) } };
}
