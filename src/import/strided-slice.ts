/** `StridedSlice`: numpy's `x[1:, ..., None, ::-1, 3]` as numbers and bit masks, one entry for each part between the commas. */
import { elements } from '../tensor/type.ts';
import type { Value } from './builder.ts';
import { reshape } from './compose.ts';
import type { Scope } from './scope.ts';

/** https://www.tensorflow.org/api_docs/python/tf/strided_slice. A bit i of a mask is about entry i. */
export interface StridedSlice {
  readonly begin: readonly number[];
  readonly end: readonly number[];
  readonly step: readonly number[];
  /** Entries whose begin, or end, is as far as it goes. */
  readonly beginMask: number;
  readonly endMask: number;
  /** The entry that stands for all axes that no other is about. */
  readonly ellipsisMask: number;
  /** Entries that put an axis of size 1 in. */
  readonly newAxisMask: number;
  /** Entries that take one element and leave its axis out. */
  readonly shrinkAxisMask: number;
}

export interface Range {
  readonly begin: number;
  readonly size: number;
  readonly step: number;
}

export function stridedSlice(scope: Scope, x: Value, spec: StridedSlice): Value {
  const { shape } = x.type;
  const { begin, end, step } = spec;
  if (scope.failed) return scope.fail('');
  if (begin.length !== end.length || begin.length !== step.length || begin.length > 31)
    return scope.fail(`has ${begin.length} begins, ${end.length} ends and ${step.length} strides`);
  const bit = (mask: number, i: number): boolean => ((mask >> i) & 1) === 1;
  const named = begin.filter((_, i) => !bit(spec.ellipsisMask, i) && !bit(spec.newAxisMask, i)).length;
  if (named > shape.length) return scope.fail(`slices ${named} axes of a value with ${shape.length}`);

  const ranges: Range[] = [];
  const result: number[] = [];
  const whole = (): void => {
    const size = shape[ranges.length];
    ranges.push({ begin: 0, size, step: 1 });
    result.push(size);
  };
  for (let i = 0; i < begin.length; i++) {
    if (bit(spec.ellipsisMask, i)) for (let n = named; n < shape.length; n++) whole();
    else if (bit(spec.newAxisMask, i)) result.push(1);
    else {
      const size = shape[ranges.length];
      if (step[i] === 0) return scope.fail('has a stride of 0');
      const range = bit(spec.shrinkAxisMask, i)
        ? { begin: begin[i] < 0 ? begin[i] + size : begin[i], size: 1, step: 1 }
        : rangeOf(
            size,
            bit(spec.beginMask, i) ? undefined : begin[i],
            bit(spec.endMask, i) ? undefined : end[i],
            step[i],
          );
      if (bit(spec.shrinkAxisMask, i)) {
        if (range.begin < 0 || range.begin >= size) return scope.fail(`takes element ${begin[i]} of ${size}`);
      } else result.push(range.size);
      ranges.push(range);
    }
  }
  while (ranges.length < shape.length) whole();
  // Shape arithmetic takes nothing at times, and no call may.
  if (x.data && elements(result) === 0) return scope.known(x.data.slice(0, 0), result);
  const same = ranges.every((r, axis) => r.size === shape[axis] && r.step === 1);
  const sliced = same
    ? x
    : scope.call(
        {
          kind: 'slice',
          begin: ranges.map((r) => r.begin),
          size: ranges.map((r) => r.size),
          step: ranges.map((r) => r.step),
        },
        x,
      );
  return reshape(scope, sliced, result);
}

/** Begin and end as Python counts them, from the back where negative and never beyond either side. */
export function rangeOf(size: number, begin: number | undefined, end: number | undefined, step: number): Range {
  const [low, high] = step > 0 ? [0, size] : [-1, size - 1];
  const counted = (at: number): number => Math.min(high, Math.max(low, at < 0 ? at + size : at));
  const from = begin === undefined ? (step > 0 ? low : high) : counted(begin);
  const to = end === undefined ? (step > 0 ? high : low) : counted(end);
  return { begin: from, size: Math.max(0, Math.ceil((to - from) / step)), step };
}
