/** ONNX operators that put borders around values, and cut them off. */
import type { Pad } from '../../../ops/pad.ts';
import type { Shape } from '../../../tensor/type.ts';
import type { Value } from '../../builder.ts';
import { axisOf, slice } from '../../compose.ts';
import type { Layer, Row, Rows } from '../layer.ts';

const modes: Readonly<Record<string, Pad['mode']>> = { constant: 'constant', reflect: 'reflect', edge: 'edge' };

/** A border that wraps around is picked out along its axis; more than this is not. */
const mostPicked = 2 ** 20;

interface Borders {
  readonly before: readonly number[];
  readonly after: readonly number[];
}

/** Numbers for some axes as numbers for all, 0 where nothing is said. */
function forAxes(l: Layer, axes: readonly number[], numbers: readonly number[], shape: Shape): readonly number[] {
  const all = shape.map(() => 0);
  for (const [i, axis] of axes.entries()) all[axisOf(l, axis, shape.length)] = numbers[i];
  return all;
}

/** Attributes before operator set 11, operands since; the first half stands before and the other after. */
function bordersOf(l: Layer, { shape }: Value['type']): Borders {
  const pads = l.has('pads') ? l.ints('pads') : l.numbers(1, 'pads');
  const axes = l.optional(3) ? l.numbers(3, 'axes') : shape.map((_, axis) => axis);
  if (!l.failed && pads.length !== 2 * axes.length)
    l.fail(`has ${pads.length} pads and needs two for each of ${axes.length} axes`);
  if (l.failed) return { before: [], after: [] };
  return {
    before: forAxes(l, axes, pads.slice(0, axes.length), shape),
    after: forAxes(l, axes, pads.slice(axes.length), shape),
  };
}

/** A negative border is cut off before any other is put on. */
function padded(l: Layer, x: Value, { before, after }: Borders, mode: string, value: number): Value {
  const { shape } = x.type;
  const cut = (border: number): number => Math.max(0, -border);
  const rest = shape.map((d, axis) => d - cut(before[axis]) - cut(after[axis]));
  if (rest.some((d) => d < 1)) return l.fail(`cuts all of [${shape.join(', ')}] off, and leaves nothing`);
  const inner = slice(l, x, before.map(cut), rest);
  const borders = { before: before.map((d) => Math.max(0, d)), after: after.map((d) => Math.max(0, d)) };
  if ([...borders.before, ...borders.after].every((d) => d === 0)) return inner;
  if (mode === 'wrap') return wrapped(l, inner, borders);
  if (!Object.hasOwn(modes, mode)) return l.fail(`pads in the mode "${mode}", which is not read`);
  return l.call({ kind: 'pad', ...borders, mode: modes[mode], value }, inner);
}

/** As if the value were repeated for ever. */
function wrapped(l: Layer, x: Value, { before, after }: Borders): Value {
  return x.type.shape.reduce((y, size, axis) => {
    if (before[axis] + after[axis] === 0) return y;
    const length = before[axis] + size + after[axis];
    if (length > mostPicked) return l.fail(`wraps around to ${length} elements, and at most ${mostPicked} are read`);
    const from = Int32Array.from({ length }, (_, i) => (((i - before[axis]) % size) + size) % size);
    return l.call({ kind: 'gather', axis }, y, l.known(from, [length], 'indices'));
  }, x);
}

const pad: Row = (l) => {
  const x = l.operand(0);
  const borders = bordersOf(l, x.type);
  const value = l.optional(2) ? (l.reals(2, 'value')[0] ?? 0) : l.float('value', 0);
  return l.failed ? [] : padded(l, x, borders, l.text('mode', 'constant'), value);
};

/** The middle of what is too large, and zeros around what is too small. */
const centerCropPad: Row = (l) => {
  const x = l.operand(0);
  const { shape } = x.type;
  const wanted = l.numbers(1, 'shape');
  const axes = l.ints(
    'axes',
    shape.map((_, axis) => axis),
  );
  if (!l.failed && axes.length !== wanted.length) return l.fail(`has ${wanted.length} sizes for ${axes.length} axes`);
  const missing = axes.map((axis, i) => wanted[i] - shape[axisOf(l, axis, shape.length)]);
  if (l.failed) return [];
  // Rounded towards zero, so that what is cut off before is never more than after.
  const before = missing.map((d) => Math.trunc(d / 2));
  return padded(
    l,
    x,
    {
      before: forAxes(l, axes, before, shape),
      after: forAxes(
        l,
        axes,
        missing.map((d, i) => d - before[i]),
        shape,
      ),
    },
    'constant',
    0,
  );
};

export const padRows: Rows = {
  CenterCropPad: centerCropPad,
  Pad: pad,
};
