/** Which channels must stay: those that somebody reads and nobody can do without, and all that are one with them. */
import type { Call, Graph, Id, Node } from '../../src/graph/graph.ts';
import { inputsOf, nodesById } from '../../src/graph/graph.ts';
import type { ById } from '../matching/constants.ts';
import { floatsOf } from '../matching/constants.ts';
import type { Fold } from './fold.ts';
import { foldOf } from './fold.ts';
import { linksOf, mostChannels } from './links.ts';
import { mixingOf } from './mixing.ts';
import type { Kept } from './select.ts';
import { everyIndex } from './select.ts';
import type { Statics } from './statics.ts';
import { rowsTogether } from './together.ts';

export interface Demand {
  /** The channels of every value that stay. Every value keeps one. */
  readonly kept: ReadonlyMap<Id, Kept>;
  /** How each layer makes up for the known channels that it loses. */
  readonly folds: ReadonlyMap<Id, Fold>;
}

/** A list counts as one channel: it is dropped as a whole or not at all. */
function channelsOf(node: Node | undefined): number {
  const count = node?.type.shape.at(-1) ?? 1;
  return count > mostChannels ? 1 : count;
}

export function demandOf(graph: Graph, statics: Statics): Demand {
  const byId = nodesById(graph);
  const values = graph.nodes.filter((n) => n.kind !== 'constant');
  const start = new Map<Id, number>();
  let total = 0;
  for (const node of values) {
    start.set(node.id, total);
    total += channelsOf(node);
  }
  const classes = unionFind(total);
  const needed = new Uint8Array(total);
  const folds = new Map<Id, Fold>();
  const need = (id: Id, channel: number): void => {
    const first = start.get(id);
    if (first !== undefined) needed[first + channel] = 1;
  };
  const needAll = (id: Id): void => {
    for (const c of everyIndex(channelsOf(byId.get(id)))) need(id, c);
  };

  for (const { id } of graph.outputs) needAll(id);
  for (const node of values) {
    if (node.kind === 'input') needAll(node.id);
    if (node.kind !== 'call') continue;
    const mixing = mixingOf(node, byId);
    if (mixing) {
      const fold = foldOf(mixing, statics.get(mixing.x));
      folds.set(node.id, fold);
      // Blocks of rows stay whole: a part of one would cost more than the rows that nobody reads.
      const height = rowsTogether(mixing);
      const own = start.get(node.id) ?? 0;
      for (let c = 0; c < mixing.outputs && height > 1; c++) classes.union(own + c, own + c - (c % height));
      for (let c = 0; c < mixing.inputs; c++) if (fold.reads(c) && !fold.without.has(c)) need(mixing.x, c);
      continue;
    }
    const links = openLinks(node, byId);
    if (!links) {
      for (const id of [node.id, ...inputsOf(node)]) needAll(id);
      continue;
    }
    for (const { operand, from, to, spread } of links) {
      const first = start.get(node.inputs[operand]);
      if (first === undefined) continue;
      if (spread) need(node.inputs[operand], 0);
      else for (const [i, c] of from.entries()) classes.union(first + c, (start.get(node.id) ?? 0) + to[i]);
    }
  }
  const kept = keptChannels(values, start, needed, classes);
  return { kept, folds };
}

/** The links of a call whose other operands are all constants, of f32: those of whole numbers are never cut down. */
export function openLinks(call: Call, byId: ById): ReturnType<typeof linksOf> {
  const links = linksOf(
    call,
    call.inputs.map((id) => byId.get(id)?.type.shape ?? []),
  );
  const linked = new Set(links?.map((l) => l.operand));
  const closed = call.inputs.some((id, operand) => {
    const node = byId.get(id);
    return node?.kind === 'constant' ? !floatsOf(id, byId) : !linked.has(operand);
  });
  return closed ? undefined : links;
}

function keptChannels(
  values: readonly Node[],
  start: ReadonlyMap<Id, number>,
  needed: Uint8Array,
  { find }: Classes,
): ReadonlyMap<Id, Kept> {
  const alive = new Set<number>();
  for (const [at, n] of needed.entries()) if (n === 1) alive.add(find(at));
  const keptOf = (node: Node): Kept => {
    const first = start.get(node.id) ?? 0;
    return everyIndex(channelsOf(node)).filter((c) => alive.has(find(first + c)));
  };
  // Nothing may be empty. What one value keeps for that, others keep with it.
  for (const node of values) if (keptOf(node).length === 0) alive.add(find(start.get(node.id) ?? 0));
  return new Map(values.map((node) => [node.id, keptOf(node)]));
}

interface Classes {
  find(at: number): number;
  union(a: number, b: number): void;
}

function unionFind(count: number): Classes {
  const parent = Int32Array.from({ length: count }, (_, i) => i);
  const find = (at: number): number => {
    let root = at;
    while (parent[root] !== root) root = parent[root];
    for (let i = at; parent[i] !== root; ) {
      const next = parent[i];
      parent[i] = root;
      i = next;
    }
    return root;
  };
  const union = (a: number, b: number): void => {
    parent[find(a)] = find(b);
  };
  return { find, union };
}
