/** Attention spelled as products, softmax and moves becomes one call. */
import type { Call, Graph, Id } from '../src/graph/graph.ts';
import { useCounts } from '../src/graph/graph.ts';
import type { Emitter } from '../src/graph/rewrite.ts';
import { retyped, rewriteNodes } from '../src/graph/rewrite.ts';
import { broadcast, expand } from '../src/ops/broadcast.ts';
import type { Op } from '../src/ops/index.ts';
import type { Pass } from '../src/pass.ts';
import type { Shape } from '../src/tensor/type.ts';
import { elements, tensor } from '../src/tensor/type.ts';
import { floats } from './matching/constants.ts';
import type { Traced } from './matching/origins.ts';
import { mergedStride, traced } from './matching/origins.ts';
import type { Scores } from './matching/scores.ts';
import { knownMask, maskShape, scoresOf } from './matching/scores.ts';

/**
 * softmax(q · kᵀ · scale + masks) · v, where q, k and v are heads cut out of channels by whatever moves, is `attention` of
 * what they were cut out of, and the same moves backwards. Heads that were not cut out of channels are pictures.
 */
export const recogniseAttention: Pass = {
  name: 'recognise-attention',
  doc: 'turns products of matrices with a softmax between into attention',

  run(graph: Graph): Graph {
    const uses = useCounts(graph);
    return rewriteNodes(graph, (node, emitter) =>
      node.kind === 'call' && node.op.kind === 'matmul' ? (fromProduct(node, emitter, uses) ?? node) : node,
    );
  },
};

function fromProduct(node: Call, emitter: Emitter, uses: ReadonlyMap<Id, number>): Call | undefined {
  const { byId } = emitter;
  if (node.op.kind !== 'matmul' || node.op.transposeA) return undefined;
  const [shares, values] = node.inputs;
  const softmax = byId.get(shares);
  if (softmax?.kind !== 'call' || softmax.op.kind !== 'softmax' || uses.get(shares) !== 1) return undefined;
  const rank = softmax.type.shape.length;
  const scores = softmax.op.axis === rank - 1 ? scoresOf(softmax.inputs[0], byId, uses) : undefined;
  if (!scores || node.type.dtype !== 'f32') return undefined;
  const outer = node.type.shape.slice(0, -2);
  const operands: readonly Matrices[] = [
    matricesOf(scores.product.inputs[0], scores.op.transposeA, emitter),
    matricesOf(scores.product.inputs[1], !scores.op.transposeB, emitter),
    matricesOf(values, node.op.transposeB, emitter),
  ];
  // Every operand has the same pictures and heads, and none repeats.
  const whole = operands.every(({ view: { shape } }) => elements(shape.slice(0, -2)) === elements(outer));
  if (!whole || operands.some(({ base }) => byId.get(base)?.kind === 'constant')) return undefined;
  return written(node, scores, operands, emitter);
}

/** An operand of a product: matrices with a row for each token and a column for each channel of a head. */
interface Matrices extends Traced {
  readonly id: Id;
  /** Whether the operand has its rows and columns swapped. */
  readonly isTurned: boolean;
}

function matricesOf(id: Id, isTurned: boolean, { byId }: Emitter): Matrices {
  const { view, ...rest } = traced(id, byId);
  const swap = <T>(of: readonly T[]): readonly T[] =>
    isTurned ? [...of.slice(0, -2), of[of.length - 1], of[of.length - 2]] : of;
  return { ...rest, id, isTurned, view: { ...view, shape: swap(view.shape), strides: swap(view.strides) } };
}

/** A value of [n, tokens, channels] and the first of the channels that hold the heads, if the operand is cut out so. */
function cut(operand: Matrices, heads: number, { byId }: Emitter) {
  const { view, base } = operand;
  const { shape, strides, from } = view;
  const outer = shape.length - 2;
  const [tokens, deep] = shape.slice(-2);
  const count = elements(byId.get(base)?.type.shape ?? []);
  let first = outer;
  for (let size = 1; first > 0 && size < heads; ) size *= shape[--first];
  const n = elements(shape.slice(0, first));
  if (elements(shape.slice(first, outer)) !== heads) return undefined;
  const row =
    tokens > 1 ? strides[outer] : n > 1 ? (mergedStride(shape.slice(0, first), strides.slice(0, first)) ?? 0) : count;
  const image = mergedStride(shape.slice(0, first), strides.slice(0, first));
  const head = mergedStride(shape.slice(first, outer), strides.slice(first, outer));
  const fits =
    count === n * tokens * row &&
    (n === 1 || image === tokens * row) &&
    (heads === 1 || head === deep) &&
    (deep === 1 || strides[outer + 1] === 1) &&
    from + heads * deep <= row;
  return fits ? { shape: [n, tokens, row], first: from, width: heads * deep } : undefined;
}

/** The number of heads by which most operands are channels side by side. */
function headsOf(operands: readonly Matrices[], emitter: Emitter): number {
  const { shape } = operands[0].view;
  const candidates = shape.slice(0, -2).map((_, axis) => elements(shape.slice(axis, -2)));
  const fitting = (heads: number): number => operands.filter((operand) => cut(operand, heads, emitter)).length;
  return [...candidates, 1].reduce((best, heads) => (fitting(heads) > fitting(best) ? heads : best), 1);
}

function written(node: Call, scores: Scores, operands: readonly Matrices[], emitter: Emitter): Call | undefined {
  const { emit, fresh, byId } = emitter;
  const heads = headsOf(operands, emitter);
  const [t, e] = node.type.shape.slice(-2);
  const outer = node.type.shape.slice(0, -2);
  const n = elements(outer) / heads;
  const s = operands[1].view.shape[operands[1].view.shape.length - 2];
  const mask = maskOf(scores, [n, heads, t, s], node, emitter);
  if (mask === null) return undefined;
  const step = (op: Op, input: Id, stem: string): Id =>
    emit(retyped({ ...node, id: fresh(`${node.id}_${stem}`), op, inputs: [input] }, byId));
  const names = ['q', 'k', 'v'];
  const cuts = operands.map((operand, i) => (i < 2 || operand.factor === 1 ? cut(operand, heads, emitter) : undefined));
  const inputs = operands.map((operand, i) =>
    sequence(operand, cuts[i], heads, (op, input) => step(op, input, names[i])),
  );
  // Before what is not cut out stands its own factor.
  const factors = operands.slice(0, 2).map(({ factor }, i) => (cuts[i] ? factor : 1));
  const scale = factors.reduce((product, factor) => product * factor, scores.scale);
  const op: Op = { kind: 'attention', heads, scale: Math.fround(scale), masked: mask !== undefined };
  const type = tensor('f32', [n, t, heads * e]);
  const mixed = emit({
    ...node,
    id: fresh(`${node.id}_attention`),
    op,
    inputs: [...inputs, ...(mask ? [mask] : [])],
    type,
  });
  if (heads === 1) return { ...node, op: { kind: 'reshape', shape: node.type.shape }, inputs: [mixed] };
  // The heads of a picture follow one another in the last axes of the result before rows and columns.
  let first = outer.length;
  for (let size = 1; first > 0 && size < heads; ) size *= outer[--first];
  const pictures = outer.slice(0, first);
  const parted = step({ kind: 'reshape', shape: [...pictures, t, heads, e] }, mixed, 'heads');
  const rank = pictures.length;
  const perm = [...pictures.keys(), rank + 1, rank, rank + 2];
  if (outer.length - first === 1) return { ...node, op: { kind: 'transpose', perm }, inputs: [parted] };
  const turned = step({ kind: 'transpose', perm }, parted, 'turned');
  return { ...node, op: { kind: 'reshape', shape: node.type.shape }, inputs: [turned] };
}

/** An operand as [n, tokens, channels]: part of what it was cut out of, or put together again. */
function sequence(
  operand: Matrices,
  found: ReturnType<typeof cut>,
  heads: number,
  step: (op: Op, input: Id) => Id,
): Id {
  if (found) {
    const whole = step({ kind: 'reshape', shape: found.shape }, operand.base);
    const size = [...found.shape.slice(0, 2), found.width];
    return step({ kind: 'slice', begin: [0, 0, found.first], size, step: [1, 1, 1] }, whole);
  }
  const { shape } = operand.view;
  const [tokens, deep] = shape.slice(-2);
  const n = elements(shape.slice(0, -2)) / heads;
  const sizes = operand.isTurned ? [n, heads, deep, tokens] : [n, heads, tokens, deep];
  const parted = step({ kind: 'reshape', shape: sizes }, operand.id);
  const perm = operand.isTurned ? [0, 3, 1, 2] : [0, 2, 1, 3];
  return step({ kind: 'reshape', shape: [n, tokens, heads * deep] }, step({ kind: 'transpose', perm }, parted));
}

/** The masks as one; undefined where there are none, null where they are none of [n, heads, t, s]. */
function maskOf({ masks }: Scores, shape: Shape, node: Call, { byId, emit, fresh }: Emitter): Id | undefined | null {
  if (masks.length === 0) return undefined;
  const known = masks.flatMap((mask) => knownMask(mask, shape, byId) ?? []);
  const id = fresh(`${node.id}_mask`);
  if (known.length === masks.length) {
    const sum = known.reduce((a, b) => {
      const to = broadcast(a.type.shape, b.type.shape) ?? shape;
      const [left, right] = [expand(a, to), expand(b, to)];
      return { type: tensor('f32', to), data: Float32Array.from(left, (v, i) => v + right[i]) };
    });
    return emit(floats(id, sum.type.shape, sum.data, node));
  }
  const [mask] = masks;
  const given = byId.get(mask.id);
  const to = masks.length === 1 && given?.type.dtype === 'f32' ? maskShape(mask, given, shape) : undefined;
  if (!to) return null;
  return emit({ ...node, id, op: { kind: 'reshape', shape: to }, inputs: [mask.id], type: tensor('f32', to) });
}
