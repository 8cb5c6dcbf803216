/** Where a wrong result comes from: the first pass that changed the meaning, or else the first layer that the target computes wrongly. */

import type { Named } from '../graph/evaluate.ts';
import { evaluate, evaluateCall } from '../graph/evaluate.ts';
import type { Call, Graph, Node } from '../graph/graph.ts';
import { nodesById } from '../graph/graph.ts';
import type { Plan } from '../plan/plan.ts';
import type { Numbers } from '../tensor/numbers.ts';
import { plain, sameShape } from '../tensor/type.ts';
import { relativeError } from './compare.ts';
import type { Peer } from './peer.ts';

/** The first thing that is wrong. */
export interface Divergence {
  /** `import`: reading the model. `pass`: a pass. `target`: the artefact. */
  readonly stage: 'import' | 'pass' | 'target';
  readonly pass: string | null;
  /** The layer as the model names it. */
  readonly layer: string | null;
  readonly op: string | null;
  /** The kernel that computes the layer; null where its loops do. */
  readonly kernel: string | null;
  readonly maxError: number;
}

/** The graph before any pass, or after the one named. */
export interface Snapshot {
  readonly pass: string | null;
  readonly graph: Graph;
}

export const layerOf = ({ origin, id }: Node): string => origin ?? `%${id}`;

/**
 * The first layer whose value another reader of the model computes otherwise. Layers that became several calls are
 * judged by the last, and those whose values it does not keep, or shapes differently, not at all.
 */
export async function divergingImport(
  graph: Graph,
  inputs: Named,
  valuesOf: Peer['valuesOf'],
  { maxError, limit }: { readonly maxError: number; readonly limit: number },
): Promise<Divergence> {
  const last = new Map<string, Call>();
  for (const node of graph.nodes) if (node.kind === 'call' && node.origin !== undefined) last.set(node.origin, node);
  const theirs = await valuesOf(inputs, [...last.keys()]);
  const ours = valuesOfGraph(graph, inputs);
  for (const { id, origin, op } of last.values()) {
    const [got, want] = [ours.get(id), origin === undefined ? undefined : theirs[origin]];
    if (!got || !want || got.length !== want.length) continue;
    const error = relativeError(got, want);
    if (error > limit)
      return { stage: 'import', pass: null, layer: origin ?? null, op: op.kind, kernel: null, maxError: error };
  }
  return { stage: 'import', pass: null, layer: null, op: null, kernel: null, maxError };
}

/** The first pass after which the graph computes something else. The first snapshot is the truth. */
export function divergingPass(snapshots: readonly Snapshot[], inputs: Named, limit: number): Divergence | undefined {
  const [{ graph: original }] = snapshots;
  const want = evaluate(original, inputs);
  for (const [i, { pass, graph }] of snapshots.entries()) {
    if (i === 0 || graph === snapshots[i - 1].graph) continue;
    const got = evaluate(graph, inputs);
    const maxError = Math.max(...original.outputs.map(({ name }) => relativeError(got[name], want[name])));
    if (maxError <= limit) continue;
    const node = firstDifference(snapshots[i - 1].graph, graph, inputs, limit);
    return {
      stage: 'pass',
      pass,
      layer: node ? layerOf(node) : null,
      op: node ? opOf(node) : null,
      kernel: null,
      maxError,
    };
  }
  return undefined;
}

/** Passes keep the ids of what they keep, so values of one id can be compared. */
function firstDifference(before: Graph, after: Graph, inputs: Named, limit: number): Node | undefined {
  const values = valuesOfGraph(before, inputs);
  const types = nodesById(before);
  let found: Node | undefined;
  evaluate(after, inputs, {
    watch: (node, data) => {
      const [old, type] = [values.get(node.id), types.get(node.id)?.type];
      if (found || node.kind !== 'call' || !old || !type || !sameShape(type.shape, node.type.shape)) return;
      if (relativeError(data, old) > limit) found = node;
    },
  });
  return found;
}

function valuesOfGraph(graph: Graph, inputs: Named): ReadonlyMap<string, Numbers> {
  const values = new Map<string, Numbers>();
  evaluate(graph, inputs, { watch: ({ id }, data) => void values.set(id, data) });
  return values;
}

const opOf = (node: Node): string => (node.kind === 'call' ? node.op.kind : node.kind);

/** The name under which a tapped graph gives a value. */
export const tapOf = (id: string): string => `%${id}`;

/** The graph with every computed value as an output, plain as outputs are, and nothing else changed. */
export function tapped(graph: Graph): Graph {
  const taken = new Set(graph.nodes.map((n) => n.id));
  const outputs: { name: string; id: string }[] = [];
  const nodes = graph.nodes.flatMap((node): readonly Node[] => {
    if (node.kind !== 'call') return [node];
    if (node.type.layout.kind === 'plain') {
      outputs.push({ name: tapOf(node.id), id: node.id });
      return [node];
    }
    let id = `${node.id}_tap`;
    while (taken.has(id)) id += '_';
    taken.add(id);
    outputs.push({ name: tapOf(node.id), id });
    const copy: Call = {
      kind: 'call',
      id,
      op: { kind: 'relayout' },
      inputs: [node.id],
      type: { ...node.type, layout: plain },
    };
    return [node, copy];
  });
  return { ...graph, nodes, outputs };
}

/**
 * The first layer that the artefact of a tapped graph computes wrongly from what it is given itself, so that
 * errors of earlier layers do not count. Without one, the layer that adds most to an error that grows slowly.
 */
export function divergingLayer(
  graph: Graph,
  plan: Plan,
  inputs: Named,
  taps: Named,
  limit: number,
): Divergence | undefined {
  const byId = nodesById(graph);
  const kernels = new Map(plan.steps.map(({ call, work }) => [call.id, work.kind === 'routines' ? work.kernel : null]));
  const valueOf = (id: string): Numbers => {
    const node = byId.get(id);
    if (node?.kind === 'constant') return node.data;
    return node?.kind === 'input' ? inputs[node.name] : taps[tapOf(id)];
  };
  let worst: Divergence | undefined;
  for (const node of graph.nodes) {
    if (node.kind !== 'call') continue;
    const operands = node.inputs.map((id) => ({ type: (byId.get(id) ?? node).type, data: valueOf(id) }));
    const maxError = relativeError(taps[tapOf(node.id)], evaluateCall(node, operands));
    if (worst && worst.maxError >= maxError) continue;
    const kernel = kernels.get(node.id) ?? null;
    worst = { stage: 'target', pass: null, layer: layerOf(node), op: node.op.kind, kernel, maxError };
    if (maxError > limit) return worst;
  }
  return worst;
}
