/** The layers of a graph as pruning sees them: each array of weights once, with where it stands in the model. */
import type { Call, Constant, Graph, Id, Node } from '../graph/graph.ts';
import { inputsOf, nodesById } from '../graph/graph.ts';
import { weightsOfCall } from '../graph/weights.ts';
import { rulesOf } from '../ops/index.ts';
import type { Matrix } from '../tensor/matrix.ts';

export const layerKinds = ['conv', 'linear'] as const;

/** Convolutions, transposed ones among them; or dense layers. */
export type LayerKind = (typeof layerKinds)[number];

export interface Layer {
  /** The first call with these weights. */
  readonly call: Call;
  readonly weights: Constant;
  readonly kind: LayerKind;
  /** As the user named the layer. Not to be trusted. */
  readonly name: string;
  /** Undefined where weights are whole numbers: their magnitudes say nothing about each other. */
  readonly matrix: Matrix | undefined;
  /** Whether no layer comes before it, and whether none comes after. */
  readonly first: boolean;
  readonly last: boolean;
  readonly depthwise: boolean;
  /** Whether the same numbers are used as something else than weights of a layer. */
  readonly shared: boolean;
}

/** What people may call it: by its own name, or by that of its weights. */
export const namesOf = ({ name, weights }: Layer): readonly string[] => [name, weights.origin ?? weights.id];

/** In the order of the graph. */
export function layersOf(graph: Graph): readonly Layer[] {
  const byId = nodesById(graph);
  const weighted = new Map<Id, { readonly call: Call; readonly weights: Constant }>();
  for (const call of graph.nodes) {
    const weights = call.kind === 'call' ? constantWeights(call, byId) : undefined;
    if (weights && call.kind === 'call') weighted.set(call.id, { call, weights });
  }
  const after = behindLayers(graph.nodes, inputsOf, weighted);
  const users = usersOf(graph);
  const before = behindLayers(graph.nodes.toReversed(), ({ id }) => users.get(id) ?? [], weighted);
  const callsOf = new Map<Constant, Call[]>();
  for (const { call, weights } of weighted.values()) {
    const calls = callsOf.get(weights);
    if (calls) calls.push(call);
    else callsOf.set(weights, [call]);
  }
  return Array.from(callsOf, ([weights, calls]): Layer => {
    const [call] = calls;
    const matrix = weightsOfCall(call, byId)?.matrix;
    const uses = users.get(weights.id) ?? [];
    return {
      call,
      weights,
      kind: call.op.kind === 'linear' ? 'linear' : 'conv',
      name: call.origin ?? call.id,
      matrix: matrix?.whole ? undefined : matrix,
      first: calls.some(({ id }) => !after.has(id)),
      last: calls.some(({ id }) => !before.has(id)),
      depthwise: call.op.kind === 'conv2d' && call.op.groups > 1 && weights.type.shape[3] === 1,
      shared: uses.length > calls.length,
    };
  });
}

function constantWeights(call: Call, byId: ReadonlyMap<Id, Node>): Constant | undefined {
  const { operands, columns } = rulesOf(call.op);
  const node = byId.get(call.inputs[operands(call.op).indexOf('weights')]);
  return columns && node?.kind === 'constant' ? node : undefined;
}

/** The nodes that lie behind a layer, on whatever way from it; `nodes` come after those that `towards` gives. */
function behindLayers(
  nodes: readonly Node[],
  towards: (node: Node) => readonly Id[],
  weighted: ReadonlyMap<Id, unknown>,
): ReadonlySet<Id> {
  const behind = new Set<Id>();
  for (const node of nodes) if (towards(node).some((id) => behind.has(id) || weighted.has(id))) behind.add(node.id);
  return behind;
}

/** Who uses each value, once for every operand that it is; an output of the graph is a user without a node. */
function usersOf({ nodes, outputs }: Graph): ReadonlyMap<Id, readonly Id[]> {
  const users = new Map<Id, Id[]>(nodes.map((node) => [node.id, []]));
  for (const node of nodes) for (const id of inputsOf(node)) users.get(id)?.push(node.id);
  for (const { id } of outputs) users.get(id)?.push('');
  return users;
}
