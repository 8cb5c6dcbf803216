/**
 * Axes that a reshape merges across the borders of others, taken apart again: where groups of channels are normalised,
 * [n, c, h, w] is seen as [n, groups, c / groups · h · w]. No order of axes but the given one gets through such a
 * reshape; through [n, groups, c / groups, h, w] all do.
 */
import type { Call, Constant, Graph, Id } from '../../src/graph/graph.ts';
import type { Emitter } from '../../src/graph/rewrite.ts';
import { retyped, rewriteNodes } from '../../src/graph/rewrite.ts';
import type { Op } from '../../src/ops/index.ts';
import { reshapedQuantity, withQuantity } from '../../src/tensor/quantity.ts';
import type { Shape } from '../../src/tensor/type.ts';
import { sameShape } from '../../src/tensor/type.ts';
import { blocksOf } from './blocks.ts';

/** For each axis of a value, the sizes that it is made of. */
type Parts = readonly Shape[];

interface Split {
  readonly id: Id;
  readonly parts: Parts;
}

const mostAxes = 8;

/** The graph with such values in finer shapes, as far as elementwise calls and reductions lead; reshaped back for all else. */
export function splitMerged(graph: Graph): Graph {
  const splits = new Map<Id, Split>();
  return rewriteNodes(graph, (node, emitter) => {
    if (node.kind !== 'call') return node;
    const { emit, fresh, byId } = emitter;
    const [x] = node.inputs;
    const known = splits.get(x);
    if (node.op.kind === 'reshape' && known) return { ...node, inputs: [known.id] };
    const found = node.op.kind === 'reshape' ? reshaped(node, emitter) : followed(node, splits, emitter);
    if (!found || found.parts.flat().length > mostAxes) return node;
    const id = emit(retyped({ ...node, id: fresh(node.id), op: found.op, inputs: found.inputs(emitter) }, byId));
    splits.set(node.id, { id, parts: found.parts });
    return { ...node, op: { kind: 'reshape', shape: node.type.shape }, inputs: [id] };
  });
}

interface Finer {
  readonly op: Op;
  readonly parts: Parts;
  readonly inputs: (emitter: Emitter) => readonly Id[];
}

function reshaped({ inputs, type }: Call, { byId }: Emitter): Finer | undefined {
  const parts = partsOf(byId.get(inputs[0])?.type.shape ?? [], type.shape);
  return parts && { op: { kind: 'reshape', shape: parts.flat() }, parts, inputs: () => inputs };
}

/** The sizes of the axes of `to`, such that each axis of `from` is some of them, where a reshape crosses borders. */
function partsOf(from: Shape, to: Shape): Parts | undefined {
  const parts = to.map((size) => (size === 1 ? [1] : ([] as number[])));
  let crosses = false;
  for (const block of blocksOf(from, to)) {
    const [left, right] = [block.from.map((axis) => from[axis]), block.to.map((axis) => to[axis])];
    for (let [i, j] = [0, 0]; j < right.length; ) {
      const size = Math.min(left[i], right[j]);
      if (left[i] % size !== 0 || right[j] % size !== 0) return undefined;
      parts[block.to[j]].push(size);
      left[i] /= size;
      right[j] /= size;
      if (left[i] === 1) i++;
      if (right[j] === 1) j++;
    }
    crosses ||= left.length > 1 && right.length > 1;
  }
  return crosses ? parts : undefined;
}

/** A call on values in finer shapes. */
function followed(node: Call, splits: ReadonlyMap<Id, Split>, { byId }: Emitter): Finer | undefined {
  const { op, inputs } = node;
  const first = inputs.map((id) => splits.get(id)).find((split) => split !== undefined);
  if (!first) return undefined;
  if (op.kind === 'unary') return { op, parts: first.parts, inputs: () => [first.id] };
  if (op.kind === 'reduce' && op.keep) {
    let at = 0;
    const places = first.parts.map((sizes) => sizes.map(() => at++));
    const parts = first.parts.map((sizes, axis) => (op.axes.includes(axis) ? sizes.map(() => 1) : sizes));
    return { op: { ...op, axes: op.axes.flatMap((axis) => places[axis]) }, parts, inputs: () => [first.id] };
  }
  if (op.kind !== 'binary') return undefined;
  const given = inputs.map((id) => splits.get(id)?.parts ?? byId.get(id)?.type.shape.map((size) => [size]) ?? []);
  const parts = node.type.shape.map((_, axis) => {
    const sizes = inputs.map((id) => splits.get(id)?.parts[axis]).filter((p) => p !== undefined);
    return sizes.find((p) => p.some((size) => size > 1)) ?? sizes[0] ?? [];
  });
  const fits = inputs.every((id, i) => canTake(given[i], parts, byId.get(id)?.kind === 'constant'));
  return fits
    ? { op, parts, inputs: (emitter) => inputs.map((id) => splits.get(id)?.id ?? finer(id, parts, emitter)) }
    : undefined;
}

/** Whether an operand has these parts, or one element, axis by axis; a constant can be given them. */
function canTake(given: Parts, parts: Parts, isConstant: boolean): boolean {
  if (given.length > parts.length || (given.length < parts.length && !isConstant)) return false;
  return given.every((sizes, i) => {
    const wanted = parts[parts.length - given.length + i];
    if (isConstant) return sizes[0] === 1 || sizes[0] === wanted.reduce((n, size) => n * size, 1);
    return sizes.length === wanted.length && sizes.every((size, k) => size === 1 || size === wanted[k]);
  });
}

/** A constant in a finer shape. */
function finer(id: Id, parts: Parts, { byId, emit, fresh }: Emitter): Id {
  const constant = byId.get(id) as Constant;
  const { shape, quantity } = constant.type;
  const fine = shape.flatMap((size, i) => {
    const sizes = parts[parts.length - shape.length + i];
    return size === 1 ? sizes.map(() => 1) : sizes;
  });
  if (sameShape(fine, shape)) return id;
  const kept = quantity && reshapedQuantity(quantity, shape, fine);
  return emit({ ...constant, id: fresh(id), type: withQuantity({ ...constant.type, shape: fine }, kept) });
}
