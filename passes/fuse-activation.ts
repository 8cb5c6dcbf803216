/** Activations move into the layers that feed them. */
import type { Call } from '../src/graph/graph.ts';
import { useCounts } from '../src/graph/graph.ts';
import type { Emitter } from '../src/graph/rewrite.ts';
import { rewriteNodes } from '../src/graph/rewrite.ts';
import type { Pass } from '../src/pass.ts';
import { sameShape } from '../src/tensor/type.ts';
import { channelValues, floats, floatsOf, uniformValue } from './matching/constants.ts';
import { fusible } from './matching/fusible.ts';
import { openLayer } from './matching/layers.ts';

export const fuseActivation: Pass = {
  name: 'fuse-activation',
  doc: 'folds an activation into the layer that alone feeds it',

  run(graph) {
    const uses = useCounts(graph);
    return rewriteNodes(graph, (node, emitter) => {
      if (node.kind !== 'call') return node;
      const layer = openLayer(node.inputs[0], emitter.byId, uses);
      if (!layer || !sameShape(layer.call.type.shape, node.type.shape)) return node;
      const { call } = layer;
      const { op } = node;
      if (op.kind === 'unary' && fusible.has(op.fn))
        return { ...call, id: node.id, op: { ...call.op, activation: op.fn } };
      const slope = slopeOf(node, layer.outputs, emitter);
      if (slope === undefined) return node;
      const inputs = [...call.inputs.slice(0, 3), slope, ...call.inputs.slice(3)];
      return { ...call, id: node.id, op: { ...call.op, activation: 'prelu' }, inputs };
    });
  },
};

/** The slopes of a PReLU, as the operand of a layer: one for each output, or one for all. */
function slopeOf({ op, inputs: [, b] }: Call, outputs: number, { byId, emit, fresh }: Emitter): string | undefined {
  if (op.kind !== 'binary' || op.fn !== 'prelu') return undefined;
  const constant = floatsOf(b, byId);
  const values = constant && channelValues(constant, outputs);
  if (!values) return undefined;
  const one = uniformValue(constant);
  const shape = one === undefined ? [outputs] : [1];
  if (constant.type.shape.length === 1 && constant.type.shape[0] === shape[0]) return b;
  return emit(floats(fresh(constant.id), shape, one === undefined ? values : [one], constant));
}
