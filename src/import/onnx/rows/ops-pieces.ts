/** ONNX operators that put values together, take them apart, and repeat them. */
import { elements } from '../../../tensor/type.ts';
import type { Value } from '../../builder.ts';
import { axisOf, concat, emptyOf, isEmpty, slice } from '../../compose.ts';
import type { Range } from '../../strided-slice.ts';
import { rangeOf } from '../../strided-slice.ts';
import type { Layer, Row, Rows } from '../layer.ts';

const join: Row = (l) => {
  const parts = l.operands.map((_, i) => l.operand(i));
  const axis = l.int('axis');
  return l.failed ? [] : concat(l, parts, axisOf(l, axis, parts[0]?.type.shape.length ?? 0));
};

/** The sizes of the parts: an attribute before operator set 13, an operand since, or as equal as can be. */
function partsOf(l: Layer, length: number): readonly number[] {
  if (l.optional(1)) return l.numbers(1, 'sizes');
  if (l.has('split')) return l.ints('split');
  const count = l.has('num_outputs') ? l.int('num_outputs') : l.outputs;
  const size = Math.ceil(length / count);
  if (count < 1 || count > l.outputs || (length % count !== 0 && l.opset < 18) || size * (count - 1) >= length) {
    l.fail(`cannot share ${length} elements among ${count} parts`);
    return [];
  }
  return Array.from({ length: count }, (_, i) => Math.min(size, length - i * size));
}

const split: Row = (l) => {
  const x = l.operand(0);
  const { shape } = x.type;
  const axis = axisOf(l, l.int('axis', 0), shape.length);
  if (l.failed) return [];
  const sizes = partsOf(l, shape[axis]);
  if (l.failed) return [];
  if (sizes.reduce((a, b) => a + b, 0) !== shape[axis] || sizes.some((s) => s < 0) || sizes.length < l.outputs)
    return l.fail(`shares ${shape[axis]} elements out as [${sizes.slice(0, 12).join(', ')}] to ${l.outputs} outputs`);
  let at = 0;
  return sizes.slice(0, l.outputs).map((size) => {
    const begin = shape.map((_, a) => (a === axis ? at : 0));
    at += size;
    return slice(l, x, begin, shape.with(axis, size));
  });
};

/** Four lists: attributes before operator set 10, operands since. */
function bounds(l: Layer) {
  const list = (index: number, name: string): readonly number[] | undefined => {
    if (l.opset < 10) return l.has(name) ? l.ints(name) : undefined;
    return l.optional(index) ? l.numbers(index, name) : undefined;
  };
  const begin = list(1, 'starts') ?? [];
  const end = list(2, 'ends') ?? [];
  return {
    begin,
    end,
    axes: list(3, 'axes') ?? begin.map((_, i) => i),
    step: (l.opset < 10 ? undefined : list(4, 'steps')) ?? begin.map(() => 1),
  };
}

const sliceOut: Row = (l) => {
  const x = l.operand(0);
  const { shape } = x.type;
  const { begin, end, axes, step } = bounds(l);
  if (l.failed) return [];
  if ([end, axes, step].some(({ length }) => length !== begin.length))
    return l.fail(
      `has ${begin.length} starts, ${end.length} ends, ${axes.length} axes and ${step.length} steps, which must be as many`,
    );
  const ranges: Range[] = shape.map((size) => ({ begin: 0, size, step: 1 }));
  const seen = new Set<number>();
  for (const [i, given] of axes.entries()) {
    const axis = axisOf(l, given, shape.length);
    if (l.failed) return [];
    if (seen.has(axis)) return l.fail(`slices axis ${axis} twice`);
    if (step[i] === 0) return l.fail('has a step of 0');
    seen.add(axis);
    const range = rangeOf(shape[axis], begin[i], end[i], step[i]);
    ranges[axis] = range.size > 1 ? range : { ...range, step: 1 };
  }
  return sliceRanges(l, x, ranges);
};

function sliceRanges(l: Layer, x: Value, ranges: readonly Range[]): Value {
  const size = ranges.map((r) => r.size);
  if (isEmpty(size)) return emptyOf(l, x, size);
  if (ranges.every((r, axis) => r.size === x.type.shape[axis] && r.step === 1)) return x;
  return l.call({ kind: 'slice', begin: ranges.map((r) => r.begin), size, step: ranges.map((r) => r.step) }, x);
}

const tile: Row = (l) => {
  const x = l.operand(0);
  const repeats = l.numbers(1, 'repeats');
  if (l.failed) return [];
  const shape = x.type.shape.map((d, axis) => d * (repeats[axis] ?? 1));
  if (repeats.length === shape.length && elements(shape) === 0) return emptyOf(l, x, shape);
  return repeats.length === shape.length && repeats.every((n) => n === 1) ? x : l.call({ kind: 'tile', repeats }, x);
};

export const piecesRows: Rows = {
  Concat: join,
  Slice: sliceOut,
  Split: split,
  Tile: tile,
};
