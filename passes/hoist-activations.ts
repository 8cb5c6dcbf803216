/** Activations move up, past pools and moves, to the layer that could take them in. */
import type { Call, Graph, Id, Node } from '../src/graph/graph.ts';
import { useCounts } from '../src/graph/graph.ts';
import type { Emitter } from '../src/graph/rewrite.ts';
import { rewriteNodes } from '../src/graph/rewrite.ts';
import type { UnaryName } from '../src/ops/scalar.ts';
import type { Pass } from '../src/pass.ts';
import { fusible } from './matching/fusible.ts';
import { openLayer } from './matching/layers.ts';
import { untilStable } from './matching/stable.ts';

/** Functions that never fall and cost next to nothing: the largest of a window stays the largest. */
const rising: ReadonlySet<UnaryName> = new Set<UnaryName>(['relu', 'relu6']);

/** f(move(x)) = move(f(x)), bit for bit. */
export const hoistActivations: Pass = {
  name: 'hoist-activations',
  doc: 'applies activations before the pools, moves and concatenations that come between them and a layer',

  run: (graph) => untilStable(graph, hoistOnce),
};

function hoistOnce(graph: Graph): Graph {
  const uses = useCounts(graph);
  return rewriteNodes(graph, (node, emitter) => (node.kind === 'call' ? (hoisted(node, uses, emitter) ?? node) : node));
}

type Uses = ReadonlyMap<Id, number>;

function hoisted(node: Call, uses: Uses, emitter: Emitter): Call | undefined {
  const { op } = node;
  if (op.kind !== 'unary' || !fusible.has(op.fn)) return undefined;
  const move = emitter.byId.get(node.inputs[0]);
  if (!passes(move, op.fn, uses) || !move.inputs.some((id) => leadsToLayer(id, op.fn, uses, emitter))) return undefined;
  const inputs = move.inputs.map((id) => {
    const x = emitter.byId.get(id);
    return x ? emitter.emit({ ...node, id: emitter.fresh(node.id), inputs: [id], type: x.type }) : id;
  });
  return { ...move, id: node.id, inputs };
}

/** Whether a call that one other alone reads may come after the function as well as before it. */
function passes(node: Node | undefined, fn: UnaryName, uses: Uses): node is Call {
  if (node?.kind !== 'call' || uses.get(node.id) !== 1) return false;
  const { op } = node;
  switch (op.kind) {
    case 'pool2d':
      return op.fn === 'max' && rising.has(fn);
    case 'concat':
      return rising.has(fn);
    case 'resize':
      return op.method === 'nearest';
    case 'depth-to-space':
    case 'space-to-depth':
    case 'reshape':
    case 'transpose':
      return true;
    default:
      return false;
  }
}

/** Whether a layer that can take the function in is at the upper end of calls that it passes. */
function leadsToLayer(id: Id, fn: UnaryName, uses: Uses, { byId }: Pick<Emitter, 'byId'>): boolean {
  if (openLayer(id, byId, uses)) return true;
  const node = byId.get(id);
  return passes(node, fn, uses) && node.inputs.some((x) => leadsToLayer(x, fn, uses, { byId }));
}
