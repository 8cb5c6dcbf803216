/** Graph → plan: every value gets an array, every call becomes a step. */
import { bug } from '../diagnostic.ts';
import { boundsIn } from '../graph/bounds.ts';
import type { Graph, Id } from '../graph/graph.ts';
import { nodesById, useCounts } from '../graph/graph.ts';
import type { Arr } from '../loop/loop.ts';
import { layOut } from '../tensor/layout.ts';
import { storedDType, storedLength } from '../tensor/type.ts';
import { absorbedIn } from './absorb.ts';
import { aliases } from './alias.ts';
import { placeArrays } from './arena.ts';
import { chainsOf } from './chains.ts';
import type { Kernel } from './kernel.ts';
import { lifetimesOf } from './lifetimes.ts';
import type { Fuse, Plan, PlanConstant, Port } from './plan.ts';
import { ownPorts } from './ports.ts';
import { lowerCall } from './step.ts';

export interface Lowering {
  /** Bytes of the cache that chains are made for; for one of none there are no chains. */
  readonly near?: number | undefined;
  /** Makes one step of several; each is by itself unless given. */
  readonly fuse?: Fuse | undefined;
}

/** Kernels are asked in order, and the first that takes a step has it; without any, every step is its loops. */
export function lower(source: Graph, kernels: readonly Kernel[], { near = 0, fuse }: Lowering = {}): Plan {
  const graph = ownPorts(source);
  const byId = nodesById(graph);
  const shared = aliases(graph);
  const name = uniqueNames();
  const arrays = new Map<Id, Arr>();
  const constants = new Map<Arr, PlanConstant>();
  const inputs: Port[] = [];

  for (const node of graph.nodes) {
    const { id, type } = node;
    if (shared.has(id)) continue;
    const array: Arr = { name: name(id), dtype: storedDType(type), length: storedLength(type) };
    arrays.set(id, array);
    if (node.kind === 'constant') constants.set(array, { array, data: layOut(type, node.data) });
    if (node.kind === 'input') inputs.push({ name: node.name, type, array });
  }
  for (const [id, root] of shared)
    arrays.set(id, arrays.get(root) ?? bug(`%${id} shares the array of %${root}, which has none`));
  const outputs = graph.outputs.map(({ name: given, id }): Port => {
    const { type } = byId.get(id) ?? bug(`output "${given}" is not defined`);
    return { name: given, type, array: arrays.get(id) ?? bug(`output "${given}" has no array`) };
  });
  const ports = new Set([...inputs, ...outputs].map((p) => p.array));
  if (ports.size !== inputs.length + outputs.length) bug('two ports share an array');

  const uses = useCounts(graph);
  const roots = new Set(shared.values());
  const isOwn = (id: Id): boolean => uses.get(id) === 1 && !shared.has(id) && !roots.has(id);
  const builder = { byId, kernels, name, arrays, constants, packed: new Map(), bounds: boundsIn(graph), isOwn };
  const groups = absorbedIn(graph, builder);
  const inOthers = new Set([...groups.values()].flat());
  const isPort = (array: Arr): boolean => ports.has(array);
  const isConstant = (array: Arr): boolean => constants.has(array);
  const elsewhere = (array: Arr): boolean => isPort(array) || isConstant(array);
  const single = graph.nodes.flatMap((node) =>
    node.kind === 'call' && !shared.has(node.id) && !inOthers.has(node)
      ? [lowerCall(node, builder, groups.get(node))]
      : [],
  );
  const steps = fuse ? fuse(single, { isPort, isConstant }) : single;
  const chains = near > 0 ? chainsOf({ steps, near, isPort, isConstant }) : [];
  const used = new Set(steps.flatMap((s) => s.reads));
  return {
    name: graph.name,
    graph: source,
    inputs,
    outputs,
    constants: [...constants.values()].filter((c) => used.has(c.array)),
    arena: placeArrays(lifetimesOf(steps, elsewhere, chains)),
    steps,
    chains,
  };
}

/** Names for arrays that no other array has, and that no language reserves: they all begin with `v_`. */
function uniqueNames(): (hint: string) => string {
  const taken = new Set<string>();
  return (hint) => {
    const stem = `v_${hint}`;
    let name = stem;
    for (let n = 1; taken.has(name); n++) name = `${stem}_${n}`;
    taken.add(name);
    return name;
  };
}
