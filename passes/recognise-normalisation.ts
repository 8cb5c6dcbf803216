/** Layer normalisation spelled as means, squares and a root becomes one call. */
import type { Call, Graph, Id } from '../src/graph/graph.ts';
import { useCounts } from '../src/graph/graph.ts';
import type { Emitter } from '../src/graph/rewrite.ts';
import { rewriteNodes } from '../src/graph/rewrite.ts';
import type { BinaryName, UnaryName } from '../src/ops/scalar.ts';
import type { Pass } from '../src/pass.ts';
import { sameShape } from '../src/tensor/type.ts';
import type { ById } from './matching/constants.ts';
import { channelValues, floats, floatsOf, uniformValue } from './matching/constants.ts';
import { untilStable } from './matching/stable.ts';

/**
 * (x − mean) / √(mean of (x − mean)² + ε) along the last axis, with the root below or its inverse as a factor, and what is
 * multiplied with or added to the result channel by channel.
 */
export const recogniseNormalisation: Pass = {
  name: 'recognise-normalisation',
  doc: 'turns means, squares and roots along the last axis into layer-norm, with its scale and offset',

  run: (graph) => untilStable(graph, once),
};

function once(graph: Graph): Graph {
  const uses = useCounts(graph);
  return rewriteNodes(graph, (node, emitter) =>
    node.kind === 'call' && node.op.kind === 'binary' && node.type.dtype === 'f32'
      ? (normalised(node, emitter) ?? affine(node, emitter, uses) ?? node)
      : node,
  );
}

/** The call of a value, if it is a function of two. */
function pair(id: Id, fn: BinaryName, byId: ById): Call | undefined {
  const node = byId.get(id);
  return node?.kind === 'call' && node.op.kind === 'binary' && node.op.fn === fn ? node : undefined;
}

/** What a value is the function of. */
function inside(id: Id, fn: UnaryName, byId: ById): Id | undefined {
  const node = byId.get(id);
  return node?.kind === 'call' && node.op.kind === 'unary' && node.op.fn === fn ? node.inputs[0] : undefined;
}

/** What a value is the mean of along its last axis, which stays. */
function meanOf(id: Id, byId: ById): Id | undefined {
  const node = byId.get(id);
  if (node?.kind !== 'call' || node.op.kind !== 'reduce') return undefined;
  const { fn, axes, keep } = node.op;
  return fn === 'mean' && keep && axes.length === 1 && axes[0] === node.type.shape.length - 1
    ? node.inputs[0]
    : undefined;
}

/** What is x − mean of x, as x. */
function centred(id: Id, byId: ById): Id | undefined {
  const difference = pair(id, 'sub', byId);
  if (!difference) return undefined;
  const [x, mean] = difference.inputs;
  return meanOf(mean, byId) === x ? x : undefined;
}

/** Whether `id` is √(mean of `apart`² + ε), and ε. */
function deviation(id: Id | undefined, apart: Id, x: Id, byId: ById): number | undefined {
  const sum = id === undefined ? undefined : pair(id, 'add', byId);
  if (!sum) return undefined;
  for (const [side, constant] of sum.inputs.entries()) {
    const known = floatsOf(constant, byId);
    const epsilon = known && uniformValue(known);
    const squares = meanOf(sum.inputs[1 - side], byId);
    if (epsilon === undefined || !(epsilon >= 0 && epsilon < Infinity) || squares === undefined) continue;
    const root = inside(squares, 'square', byId) ?? squared(squares, byId);
    if (root === apart || (root !== undefined && centred(root, byId) === x)) return epsilon;
  }
  return undefined;
}

/** What a value is the product of with itself. */
function squared(id: Id, byId: ById): Id | undefined {
  const product = pair(id, 'mul', byId);
  if (product && product.inputs[0] === product.inputs[1]) return product.inputs[0];
  const power = pair(id, 'pow', byId);
  const exponent = power && floatsOf(power.inputs[1], byId);
  return power && exponent && uniformValue(exponent) === 2 ? power.inputs[0] : undefined;
}

function normalised(node: Call, { byId, emit, fresh }: Emitter): Call | undefined {
  if (node.op.kind !== 'binary') return undefined;
  const { fn } = node.op;
  if (fn !== 'div' && fn !== 'mul') return undefined;
  for (const [side, apart] of node.inputs.entries()) {
    const other = node.inputs[1 - side];
    const x = centred(apart, byId);
    if (x === undefined || (fn === 'div' && side === 1)) continue;
    if (!sameShape(byId.get(x)?.type.shape ?? [], node.type.shape)) continue;
    const epsilon = deviation(fn === 'div' ? inside(other, 'sqrt', byId) : inverseOf(other, byId), apart, x, byId);
    if (epsilon === undefined) continue;
    const channels = node.type.shape[node.type.shape.length - 1];
    const scale = emit(floats(fresh(`${node.id}_scale`), [channels], new Float32Array(channels).fill(1), node));
    const offset = emit(floats(fresh(`${node.id}_offset`), [channels], new Float32Array(channels), node));
    return { ...node, op: { kind: 'layer-norm', epsilon }, inputs: [x, scale, offset] };
  }
  return undefined;
}

/** What a value is 1 / √ of. */
function inverseOf(id: Id, byId: ById): Id | undefined {
  const inverted = inside(id, 'reciprocal', byId);
  return inside(id, 'rsqrt', byId) ?? (inverted === undefined ? undefined : inside(inverted, 'sqrt', byId));
}

/** A normalisation that this call alone reads, multiplied or shifted channel by channel. */
function affine(node: Call, { byId, emit, fresh }: Emitter, uses: ReadonlyMap<Id, number>): Call | undefined {
  if (node.op.kind !== 'binary' || (node.op.fn !== 'mul' && node.op.fn !== 'add')) return undefined;
  for (const [side, id] of node.inputs.entries()) {
    const inner = byId.get(id);
    const constant = floatsOf(node.inputs[1 - side], byId);
    if (inner?.kind !== 'call' || inner.op.kind !== 'layer-norm' || uses.get(id) !== 1 || !constant) continue;
    const [x, scaleId, offsetId] = inner.inputs;
    const [scale, offset] = [floatsOf(scaleId, byId), floatsOf(offsetId, byId)];
    const channels = node.type.shape[node.type.shape.length - 1];
    const values = channelValues(constant, channels);
    if (!scale || !offset || !values || !sameShape(inner.type.shape, node.type.shape)) continue;
    const isProduct = node.op.fn === 'mul';
    const made = (of: typeof scale, combine: (a: number, b: number) => number): Id =>
      emit(
        floats(
          fresh(of.id),
          [channels],
          of.data.map((v, c) => combine(v, values[c])),
          of,
        ),
      );
    const product = (a: number, b: number): number => a * b;
    const changed = isProduct
      ? [made(scale, product), made(offset, product)]
      : [scaleId, made(offset, (a, b) => a + b)];
    return { ...node, op: inner.op, inputs: [x, ...changed] };
  }
  return undefined;
}
