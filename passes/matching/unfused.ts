/** A layer taken apart again: the layer, and its residual sum and its activation as calls of their own. */
import { bug } from '../../src/diagnostic.ts';
import type { Call, Graph, Id } from '../../src/graph/graph.ts';
import { rewriteNodes } from '../../src/graph/rewrite.ts';
import { residualOf } from './layers.ts';

export interface Unfused {
  readonly bare: Call;
  /** The activation of `x`, under the id and type of `as`. */
  activate(x: Id, as: Call): Call;
}

export function withoutActivation(call: Call): Unfused {
  if (!('activation' in call.op)) return bug(`%${call.id} is no layer`);
  const { activation } = call.op;
  const [x, weights, bias, slope] = call.inputs;
  const residual = residualOf(call);
  return {
    bare: {
      ...call,
      op: { ...call.op, activation: 'none' },
      inputs: [x, weights, bias, ...(residual === undefined ? [] : [residual])],
    },
    activate(value, as) {
      if (activation === 'none') return bug(`%${call.id} has no activation`);
      return activation === 'prelu'
        ? { ...as, op: { kind: 'binary', fn: 'prelu' }, inputs: [value, slope] }
        : { ...as, op: { kind: 'unary', fn: activation }, inputs: [value] };
    },
  };
}

/** The graph with every residual sum as a call of its own: for passes that follow channels through sums. */
export const withoutResiduals = (graph: Graph): Graph =>
  rewriteNodes(graph, (node, { emit, fresh }) => {
    const residual = node.kind === 'call' ? residualOf(node) : undefined;
    if (node.kind !== 'call' || node.op.kind !== 'conv2d' || residual === undefined) return node;
    const { residual: _summed, ...op } = node.op;
    const isActivated = op.activation !== 'none';
    const { bare, activate } = withoutActivation({ ...node, op, inputs: node.inputs.slice(0, -1) });
    const layer = emit({ ...bare, id: fresh(`${node.id}_layer`) });
    const sum: Call = { ...node, op: { kind: 'binary', fn: 'add' }, inputs: [layer, residual] };
    return isActivated ? activate(emit({ ...sum, id: fresh(`${node.id}_sum`) }), node) : sum;
  });
