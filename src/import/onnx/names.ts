/** The names of a graph and what they stand for: computed when first asked for, each after what it needs. */

import type { Bound } from './bound.ts';
import type { NodeProto } from './schema.ts';

/** Names that a subgraph sees: its own, and those of the graphs around it. */
export interface Names {
  /** Whether there is such a name, here or around. */
  has(name: string): boolean;
  /** What it stands for. Undefined where the node that gives it failed, or does not give it. */
  find(name: string): Bound | undefined;
  /** Names of this graph, for suggestions. */
  readonly known: Iterable<string>;
}

export interface NamesOptions {
  readonly nodes: readonly NodeProto[];
  /** Values that are there from the beginning: inputs and initializers. */
  readonly given: Pick<Names, 'has' | 'find' | 'known'>;
  readonly around?: Names | undefined;
  /** Reads a node whose operands can be found, and gives its outputs in order. */
  readonly read: (node: NodeProto, names: Names) => readonly (Bound | undefined)[];
  /** Reports a node that needs its own result. */
  readonly cycle: (node: NodeProto) => void;
}

export function namesOf({ nodes, given, around, read, cycle }: NamesOptions): Names {
  const makers = new Map<string, NodeProto>();
  for (const node of nodes)
    for (const name of node.output) if (name !== '' && !makers.has(name)) makers.set(name, node);
  const values = new Map<string, Bound | undefined>();
  const state = new Map<NodeProto, 'open' | 'done'>();
  const finish = (node: NodeProto, outputs: readonly (Bound | undefined)[]): void => {
    state.set(node, 'done');
    for (const [i, name] of node.output.entries()) if (name !== '') values.set(name, outputs[i]);
  };
  const ownMaker = (name: string): NodeProto | undefined => (given.has(name) ? undefined : makers.get(name));

  /** A stack of its own: a graph may be deeper than the one of the language. */
  const compute = (root: NodeProto): void => {
    const path: { readonly node: NodeProto; next: number }[] = [];
    const enter = (node: NodeProto): void => {
      state.set(node, 'open');
      path.push({ node, next: 0 });
    };
    if (state.has(root)) {
      if (state.get(root) === 'open') cycle(root);
      return;
    }
    enter(root);
    for (let top = path.at(-1); top; top = path.at(-1)) {
      if (top.next === top.node.input.length) {
        path.pop();
        finish(top.node, read(top.node, names));
        continue;
      }
      const maker = ownMaker(top.node.input[top.next++]);
      if (!maker || state.get(maker) === 'done') continue;
      if (state.get(maker) !== 'open') enter(maker);
      else {
        cycle(maker);
        for (const { node } of path.splice(0)) finish(node, []);
      }
    }
  };

  const names: Names = {
    known: { [Symbol.iterator]: () => [...given.known, ...makers.keys()][Symbol.iterator]() },
    has: (name) => given.has(name) || makers.has(name) || (around?.has(name) ?? false),
    find(name) {
      if (given.has(name)) return given.find(name);
      const maker = makers.get(name);
      if (!maker) return around?.find(name);
      if (state.get(maker) !== 'done') compute(maker);
      return values.get(name);
    },
  };
  return names;
}
