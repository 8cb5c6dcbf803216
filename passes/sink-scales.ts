/** Factors on whole values sink into the weights of the layers that read them. */
import type { Call, Graph, Id } from '../src/graph/graph.ts';
import { nodesById } from '../src/graph/graph.ts';
import type { Emitter } from '../src/graph/rewrite.ts';
import { rewriteNodes } from '../src/graph/rewrite.ts';
import type { Pass } from '../src/pass.ts';
import { rescaled, withQuantity } from '../src/tensor/quantity.ts';
import type { ById } from './matching/constants.ts';
import { floatsOf, scaledUnitsOf, uniformValue } from './matching/constants.ts';
import { layerOf } from './matching/layers.ts';

/**
 * A factor is followed through everything that it passes unchanged: sums of values that share it, products, means,
 * pools, resizing, moves. Where all its ways end in layers, their weights take it on and the multiplication goes.
 */
export const sinkScales: Pass = {
  name: 'sink-scales',
  doc: 'moves factors of whole values into the weights of the layers further on, when all ways lead to layers',

  run(graph) {
    let now = graph;
    let byId = nodesById(graph);
    for (const { id } of graph.nodes) {
      const after = sink(now, id, byId);
      if (after !== now) byId = nodesById(after);
      now = after;
    }
    return now;
  },
};

const mostPower = 4;

/** value = factor^power · (what is computed without the factor). */
type Powers = Map<Id, number>;

function sink(graph: Graph, id: Id, byId: ById): Graph {
  const scaled = scaledBy(byId.get(id), byId);
  if (!scaled) return graph;
  const powers: Powers = new Map([[id, 1]]);
  const layers = new Map<Id, number>();
  for (const node of graph.nodes) {
    if (node.kind !== 'call' || node.id === id || !node.inputs.some((input) => powers.has(input))) continue;
    const power = powerOf(node, powers, scaled.factor, byId);
    if (power === 'absorbed') layers.set(node.id, powers.get(node.inputs[0]) ?? 0);
    else if (power === undefined || power > mostPower) return graph;
    else if (power > 0) powers.set(node.id, power);
  }
  if (layers.size === 0 || graph.outputs.some((o) => powers.has(o.id))) return graph;
  return rewriteNodes(graph, (node, emitter) => {
    if (node.id === id) return scaled.x;
    const power = layers.get(node.id);
    return power === undefined || node.kind !== 'call' ? node : absorb(node, scaled.factor ** power, emitter);
  });
}

/** A product with one number of a size that cannot make others overflow. */
function scaledBy(node: ReturnType<ById['get']>, byId: ById): { x: Id; factor: number } | undefined {
  if (node?.kind !== 'call' || node.op.kind !== 'binary' || node.type.dtype !== 'f32') return undefined;
  const { fn } = node.op;
  const [a, b] = node.inputs;
  if (fn !== 'mul' && fn !== 'div') return undefined;
  const right = floatsOf(b, byId);
  const constant = right ?? (fn === 'mul' ? floatsOf(a, byId) : undefined);
  const x = right ? a : b;
  const value = constant && uniformValue(constant);
  const elsewhere = byId.get(x)?.type.shape.join() !== node.type.shape.join();
  if (value === undefined || elsewhere || byId.get(x)?.kind === 'constant') return undefined;
  const factor = fn === 'mul' ? value : 1 / value;
  return Math.abs(factor) > 2 ** -10 && Math.abs(factor) < 2 ** 10 ? { x, factor } : undefined;
}

/** The power of the factor in a call's result, that a layer takes it in, or undefined when the factor cannot pass. */
function powerOf(call: Call, powers: Powers, factor: number, byId: ById): number | 'absorbed' | undefined {
  const { op, inputs } = call;
  const each = inputs.map((id) => powers.get(id) ?? 0);
  const [a, b] = each;
  const alike = each.every((p) => p === a) ? a : undefined;
  switch (op.kind) {
    case 'conv2d':
    case 'conv-transpose2d':
    case 'linear':
      return each.slice(1).every((p) => p === 0) && layerOf(call, byId) ? 'absorbed' : undefined;
    case 'binary':
      if (op.fn === 'mul') return a + b;
      if (op.fn === 'div') return b === 0 ? a : undefined;
      if (op.fn === 'prelu') return factor > 0 && b === 0 ? a : undefined;
      if (op.fn === 'max' || op.fn === 'min') return factor > 0 ? alike : undefined;
      return op.fn === 'add' || op.fn === 'sub' ? alike : undefined;
    case 'unary':
      if (op.fn === 'neg') return a;
      return op.fn === 'relu' && factor > 0 ? a : undefined;
    case 'reduce':
      if (op.fn === 'sum' || op.fn === 'mean') return a;
      return op.fn !== 'prod' && factor > 0 ? a : undefined;
    case 'pool2d':
      return op.fn === 'avg' || factor > 0 ? a : undefined;
    case 'pad':
      return op.mode !== 'constant' || op.value === 0 ? a : undefined;
    case 'concat':
    case 'depth-to-space':
    case 'relayout':
    case 'reshape':
    case 'resize':
    case 'slice':
    case 'space-to-depth':
    case 'tile':
    case 'transpose':
      return alike;
    default:
      return undefined;
  }
}

function absorb(call: Call, factor: number, emitter: Emitter): Call {
  const { byId, emit, fresh } = emitter;
  const layer = layerOf(call, byId);
  if (!layer) return call;
  const { weights } = layer;
  const [x, , ...rest] = call.inputs;
  const factors = new Float64Array(layer.outputs).fill(factor);
  const { quantity, shape } = weights.type;
  const quantised = quantity && rescaled(quantity, shape, weights.data, factors);
  const { data } = quantised ?? { data: weights.data.map((w) => w * factor) };
  const type = withQuantity(weights.type, quantised?.quantity);
  const scaled = scaledUnitsOf(weights, factors, emitter) ?? { ...weights, id: fresh(weights.id), type, data };
  return { ...call, inputs: [x, emit(scaled), ...rest] };
}
