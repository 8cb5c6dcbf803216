/** The nodes that the outputs of a graph-model need, each after those it uses. */
import type { Report } from '../../diagnostic.ts';
import { suggestion } from '../nearest.ts';
import type { NodeDef } from './json.ts';
import { tensorOf } from './signature.ts';

/** The tensors that a node computes with; control inputs (`^name`) only order, and a graph without effects has no order to keep. */
export const inputsOf = ({ input = [] }: NodeDef): readonly string[] => input.filter((name) => !name.startsWith('^'));

/** Nodes by name, or undefined after reports of the names that several have. */
export function nodesByName(
  nodes: readonly NodeDef[],
  file: string,
  report: Report,
): ReadonlyMap<string, NodeDef> | undefined {
  const byName = new Map<string, NodeDef>();
  const twice = new Set<string>();
  for (const node of nodes) byName.has(node.name) ? twice.add(node.name) : byName.set(node.name, node);
  for (const name of twice)
    report({
      severity: 'error',
      code: 'import/duplicate-name',
      message: 'two layers have this name',
      origin: { file, name },
      hint: 'rename one of them and what uses it, or convert the model again',
    });
  return twice.size > 0 ? undefined : byName;
}

export interface Topology {
  readonly byName: ReadonlyMap<string, NodeDef>;
  /** Nodes whose own inputs do not matter: the caller supplies their values. */
  readonly leaves: ReadonlySet<string>;
  readonly file: string;
  readonly report: Report;
}

/** The order, or undefined after reports of inputs that are missing and of a cycle. */
export function orderOf(
  outputs: readonly string[],
  { byName, leaves, file, report }: Topology,
): readonly NodeDef[] | undefined {
  const order: NodeDef[] = [];
  const state = new Map<NodeDef, 'open' | 'done'>();
  let complete = true;
  const missing = (name: string, user: NodeDef | undefined): void => {
    complete = false;
    report({
      severity: 'error',
      code: 'import/missing-node',
      message: user ? `uses "${name}", which is not in the graph` : `the output "${name}" is not in the graph`,
      origin: { file, name: user?.name },
      hint: suggestion(name, byName.keys()) || 'the topology is incomplete; convert the model again',
    });
  };
  // A stack of its own: a graph may be deeper than the one of the language.
  for (const output of outputs) {
    const root = byName.get(output);
    if (!root) {
      missing(output, undefined);
      continue;
    }
    const path: { readonly node: NodeDef; readonly names: readonly string[]; next: number }[] = [];
    const enter = (node: NodeDef): void => {
      state.set(node, 'open');
      path.push({ node, names: leaves.has(node.name) ? [] : inputsOf(node), next: 0 });
    };
    if (!state.has(root)) enter(root);
    for (let top = path.at(-1); top; top = path.at(-1)) {
      if (top.next === top.names.length) {
        state.set(top.node, 'done');
        order.push(top.node);
        path.pop();
        continue;
      }
      const name = tensorOf(top.names[top.next++]).node;
      const used = byName.get(name);
      if (!used) missing(name, top.node);
      else if (!state.has(used)) enter(used);
      else if (state.get(used) === 'open') {
        cycle(path.map((p) => p.node).slice(path.findIndex((p) => p.node === used)), file, report);
        return undefined;
      }
    }
  }
  return complete ? order : undefined;
}

function cycle(nodes: readonly NodeDef[], file: string, report: Report): void {
  const names = nodes.map(({ name }) => `"${name}"`);
  const shown = names.length > 6 ? [...names.slice(0, 3), '…', ...names.slice(-2)] : names;
  report({
    severity: 'error',
    code: 'import/cycle',
    message: `${nodes.length === 1 ? 'the layer uses its own result' : `${nodes.length} layers use each other in a circle`}: ${shown.join(' uses ')}`,
    origin: { file, name: nodes[0].name },
    hint: 'a network with loops cannot be compiled; unroll it, and convert the model again',
  });
}
