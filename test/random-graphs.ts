/** Graphs of one operator drawn at random, laid out as a target wishes, for tests that compile them. */
import { reorderLayout } from '../passes/reorder-layout.ts';
import { formats } from '../src/formats/index.ts';
import type { Graph, Node } from '../src/graph/graph.ts';
import { nodesById } from '../src/graph/graph.ts';
import { weightsOfCall } from '../src/graph/weights.ts';
import { rulesOf } from '../src/ops/index.ts';
import type { Target } from '../src/target.ts';
import type { Numbers } from '../src/tensor/numbers.ts';
import type { Encoding } from '../src/tensor/type.ts';
import type { Sample } from './ops/law.ts';
import { inferred } from './ops/law.ts';

/**
 * One call. Weights, bias and slopes are constants, and a residual now and then; the weights in a format that holds
 * them, chosen by a number.
 */
export function randomGraph(sample: Sample, choice: number, wish: Target['wish']): Graph {
  const { op, values } = sample;
  const names = rulesOf(op).operands(op);
  const known = names.includes('weights')
    ? ['weights', 'bias', 'slope', ...(choice % 3 === 0 ? ['residual'] : [])]
    : [];
  const operands = names.map((name, i): Node => {
    const { type, data } = values[i];
    return known.includes(name) ? { kind: 'constant', id: name, type, data } : { kind: 'input', id: name, name, type };
  });
  const type = inferred(sample);
  if (typeof type === 'string') throw new Error(type);
  const call: Node = { kind: 'call', id: 'y', op, inputs: names, type };
  const graph: Graph = {
    name: 'random',
    file: 'random',
    nodes: [...operands, call],
    outputs: [{ name: 'out', id: 'y' }],
  };
  const encoding = encodingFor(graph, choice);
  const nodes = graph.nodes.map((n) => (n.id === 'weights' && encoding ? { ...n, type: { ...n.type, encoding } } : n));
  return reorderLayout({ wish }).run({ ...graph, nodes }, () => {});
}

function encodingFor(graph: Graph, choice: number): Encoding | undefined {
  const byId = nodesById(graph);
  const call = byId.get('y');
  const weights = call?.kind === 'call' ? weightsOfCall(call, byId) : undefined;
  if (!weights) return undefined;
  const offers = formats.flatMap((f) => f.detect(weights.matrix).fits.map((params) => ({ format: f.name, params })));
  return offers[choice % offers.length];
}

/** Values for the operands that are inputs. */
export function inputsOf({ nodes }: Graph, { op, values }: Sample): Record<string, Numbers> {
  const names = rulesOf(op).operands(op);
  const inputs = nodes.filter((n) => n.kind === 'input');
  return Object.fromEntries(inputs.map(({ name }) => [name, values[names.indexOf(name)].data]));
}
