/** Calls on nothing but constants become constants. */

import { evaluateCall } from '../src/graph/evaluate.ts';
import type { Call, Constant, Graph, Node } from '../src/graph/graph.ts';
import { operandsOf } from '../src/graph/graph.ts';
import { quantified } from '../src/graph/quantities.ts';
import { dropUnused, rewriteNodes } from '../src/graph/rewrite.ts';
import type { Kind } from '../src/ops/index.ts';
import { rulesOf } from '../src/ops/index.ts';
import type { Pass } from '../src/pass.ts';
import { elements, tensor } from '../src/tensor/type.ts';

/** Results of at most this many numbers are folded even where the operands are smaller, as for a broadcast. */
const smallResult = 1 << 16;
/** Multiply-adds that are still worth doing while compiling. */
const affordableMacs = 1 << 27;

/** Operators that move weights about: a mask moves with them. */
const movers: ReadonlySet<Kind> = new Set<Kind>(['reshape', 'slice', 'transpose']);

export const foldConstants: Pass = {
  name: 'fold-constants',
  doc: 'computes what depends on constants alone, unless the result is much larger than they are, and drops what is not used',

  run: (graph) => foldAll(dropUnused(graph)),
};

const foldAll = (graph: Graph): Graph =>
  rewriteNodes(graph, (node, { byId }) => {
    // A relayout of a constant is the copy that an output needs.
    if (node.kind !== 'call' || node.op.kind === 'relayout') return node;
    const inputs = node.inputs.map((id) => byId.get(id));
    if (!inputs.every((n): n is Constant => n?.kind === 'constant')) return node;
    return isWorthIt(node, inputs, byId) ? fold(node, inputs) : node;
  });

function isWorthIt(call: Call, inputs: readonly Constant[], byId: ReadonlyMap<string, Node>): boolean {
  const types = Object.fromEntries(Object.entries(operandsOf(call, byId)).map(([name, node]) => [name, node.type]));
  const given = inputs.reduce((sum, { data }) => sum + data.length, 0);
  const macs = rulesOf(call.op).macs?.(call.op, types, call.type) ?? 0;
  return elements(call.type.shape) <= Math.max(smallResult, 2 * given) && macs <= affordableMacs;
}

function fold({ id, op, type: { dtype, shape }, origin }: Call, inputs: readonly Constant[]): Constant {
  const type = quantified(tensor(dtype, shape), op, inputs);
  const [{ mask, type: given }] = inputs;
  const moved =
    mask && movers.has(op.kind)
      ? evaluateCall({ op, type: { ...type, dtype: 'f32' } }, [
          { type: { ...given, dtype: 'f32' }, data: Float32Array.from(mask) },
        ])
      : undefined;
  return {
    kind: 'constant',
    id,
    type,
    data: evaluateCall({ op, type }, inputs),
    ...(origin === undefined ? {} : { origin }),
    ...(moved && { mask: Uint8Array.from(moved) }),
  };
}
