/** ONNX operators on sequences and on values that may be missing: all is known while the model is read, and gone then. */
import type { Value } from '../../builder.ts';
import { axisOf, slice } from '../../compose.ts';
import type { Bound, Named } from '../bound.ts';
import { absent, isListed, isNamed, sequenceIn, tensorIn } from '../bound.ts';
import type { BoundRow, BoundRows, Layer } from '../layer.ts';
import { join, stack, unstack } from './loop.ts';

/** A loop may make a sequence longer and longer. */
const longest = 4096;

type Operands = readonly (Bound | undefined)[];

function listOf(l: Layer, items: readonly Named[]): Operands {
  if (items.length > longest) l.fail(`gives a sequence of ${items.length}, and at most ${longest} are read`);
  return [{ items }];
}

const number = (l: Layer, element: 'int64' | 'bool', value: number): Operands => [
  { element, value: l.known(Int32Array.of(value), []) },
];

/** A place in a sequence, counted from the back where it is negative. */
function placeIn(l: Layer, given: number, places: number): number {
  const place = given < 0 ? given + places : given;
  if (place < 0 || place >= places) l.fail(`is about place ${given} of ${places}`);
  return place;
}

/** There is one more place to put a tensor at than there are tensors; from the back, −1 is before the last. */
const insert: BoundRow = (l, operands) => {
  const items = sequenceIn(l, operands, 0);
  const item = tensorIn(l, operands, 1);
  const given = l.optional(2) ? l.number(2, 'position') : items.length;
  const place = placeIn(l, given < 0 ? given + items.length : given, items.length + 1);
  return item ? listOf(l, items.toSpliced(place, 0, item)) : [];
};

const erase: BoundRow = (l, operands) => {
  const items = sequenceIn(l, operands, 0);
  return listOf(l, items.toSpliced(placeIn(l, l.optional(1) ? l.number(1, 'position') : -1, items.length), 1));
};

const at: BoundRow = (l, operands) => {
  const items = sequenceIn(l, operands, 0);
  return [items[placeIn(l, l.number(1, 'position'), items.length)]];
};

/** Parts of given sizes, of one size as far as it goes, or single elements. */
const split: BoundRow = (l, operands) => {
  const x = tensorIn(l, operands, 0);
  if (!x) return [];
  const { shape } = x.value.type;
  const axis = axisOf(l, l.int('axis', 0), shape.length);
  if (l.failed) return [];
  const length = shape[axis];
  if (!l.optional(1) && !l.flag('keepdims', true)) return listOf(l, unstack(l, x, axis));
  const given = l.optional(1) ? l.numbers(1, 'sizes') : [1];
  const one = !l.optional(1) || l.operand(1).type.shape.length === 0;
  if (one && !(given[0] > 0)) l.fail(`makes parts of ${given[0]}`);
  else if (one && length / given[0] > longest) l.fail(`gives over ${longest} parts`);
  if (l.failed) return [];
  const sizes = one
    ? Array.from({ length: Math.ceil(length / given[0]) }, (_, i) => Math.min(given[0], length - i * given[0]))
    : given;
  if (sizes.some((s) => s < 0) || sizes.reduce((a, b) => a + b, 0) !== length) {
    l.fail(`shares ${length} elements out as [${sizes.slice(0, 12).join(', ')}]`);
    return [];
  }
  let from = 0;
  return listOf(
    l,
    sizes.map((size): Named => {
      const begin = shape.map((_, a) => (a === axis ? from : 0));
      from += size;
      return { ...x, value: slice(l, x.value, begin, shape.with(axis, size)) };
    }),
  );
};

const concatenate: BoundRow = (l, operands) => {
  const items = sequenceIn(l, operands, 0);
  const axis = l.int('axis');
  const values: readonly Value[] = items.map(({ value }) => value);
  const [first] = items;
  if (!first) {
    l.fail('has nothing to put together');
    return [];
  }
  const fresh = l.flag('new_axis', false);
  const value = fresh ? stack(l, values, axis) : join(l, values, axisOf(l, axis, first.value.type.shape.length));
  return [{ element: first.element, value }];
};

/** The body for every element of the sequences; tensors are the same for all. */
const map: BoundRow = (l, operands) => {
  const graph = l.graph('body');
  const { length } = sequenceIn(l, operands, 0);
  const odd = operands.find((o) => isListed(o) && o.items.length !== length);
  if (odd) l.fail(`goes over sequences of ${length} and of others`);
  if (!graph || l.failed) return [];
  const rounds: (readonly Bound[])[] = [];
  for (let i = 0; i < length; i++) {
    const results = l.body(
      graph,
      operands.map((o) => (isListed(o) ? o.items[i] : o)),
      `body/${i}/`,
    );
    if (results.length < graph.output.length) return Array<undefined>(l.outputs).fill(undefined);
    rounds.push(results);
  }
  return graph.output.map((_, out) => ({ items: rounds.flatMap((round) => tensorIn(l, round, out) ?? []) }));
};

/** The value of an optional one, which must be there. */
const element: BoundRow = (l, [optional]) => {
  if (isNamed(optional) || isListed(optional)) return [optional];
  l.fail('takes the value of an optional one that is not there');
  return [];
};

export const sequenceRows: BoundRows = {
  ConcatFromSequence: concatenate,
  Optional: (_l, [value]) => [value ?? absent],
  OptionalGetElement: element,
  OptionalHasElement: (l, [value]) => number(l, 'bool', Number(isNamed(value) || isListed(value))),
  SequenceAt: at,
  SequenceConstruct: (l, operands) =>
    listOf(
      l,
      operands.flatMap((_, i) => tensorIn(l, operands, i) ?? []),
    ),
  SequenceEmpty: () => [{ items: [] }],
  SequenceErase: erase,
  SequenceInsert: insert,
  SequenceLength: (l, operands) => number(l, 'int64', sequenceIn(l, operands, 0).length),
  SequenceMap: map,
  SplitToSequence: split,
};
