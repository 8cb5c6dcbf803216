/** Layers apart from what whole numbers do apart: residual sums, and activations that are no bounds. */
import type { Call, Graph } from '../graph/graph.ts';
import type { Emitter } from '../graph/rewrite.ts';
import { rewriteNodes } from '../graph/rewrite.ts';
import type { Activation, UnaryName } from '../ops/scalar.ts';

/** Activations that are bounds of the result. */
export const isBound = (activation: Activation): activation is 'none' | 'relu' | 'relu6' =>
  activation === 'none' || activation === 'relu' || activation === 'relu6';

/** The same graph with a call of its own for each residual sum and each activation that a table has to compute. */
export const separateLayers = (graph: Graph): Graph =>
  rewriteNodes(graph, (node, emitter) => (node.kind === 'call' ? separated(node, emitter) : node));

function separated(node: Call, emitter: Emitter): Call {
  const { op } = node;
  if (op.kind !== 'conv2d' && op.kind !== 'linear') return node;
  const residual = op.kind === 'conv2d' && op.residual === true;
  if (node.type.dtype !== 'f32' || (!residual && isBound(op.activation))) return node;
  const { activation } = op;
  const [x, weights, bias] = node.inputs;
  const slope = activation === 'prelu' ? node.inputs[3] : undefined;
  const { residual: _residual, ...alone } = { residual: undefined, ...op };
  const layer = emitter.emit({
    ...node,
    id: emitter.fresh(`${node.id}_sums`),
    op: { ...alone, activation: 'none' } as typeof op,
    inputs: [x, weights, bias],
  });
  const sum: Call = residual
    ? { ...node, op: { kind: 'binary', fn: 'add' }, inputs: [layer, node.inputs[node.inputs.length - 1]] }
    : { ...node, inputs: [layer] };
  if (activation === 'none') return sum;
  const before = residual ? emitter.emit({ ...sum, id: emitter.fresh(`${node.id}_sum`) }) : layer;
  if (slope !== undefined) return { ...node, op: { kind: 'binary', fn: 'prelu' }, inputs: [before, slope] };
  return { ...node, op: { kind: 'unary', fn: activation as UnaryName }, inputs: [before] };
}
