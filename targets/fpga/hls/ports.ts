/** Ports of the component: names that C++ takes, and how the host's real numbers become the whole ones on the bus. */
import { bug } from '../../../src/diagnostic.ts';
import type { Graph, Id, Node } from '../../../src/graph/graph.ts';
import { nodesById, operandsOf } from '../../../src/graph/graph.ts';
import type { Shape } from '../../../src/tensor/type.ts';
import { elements } from '../../../src/tensor/type.ts';
import { unmoved } from '../pipeline/collect.ts';
import type { Pipeline } from '../pipeline/pipeline.ts';

export interface HlsPort {
  readonly direction: 'in' | 'out';
  /** An identifier that no other port has. */
  readonly symbol: string;
  /** The user's name, not to be trusted. */
  readonly name: string;
  readonly stream: number;
  /** The node whose numbers are on the bus. */
  readonly node: Id;
  readonly host: HostNumbers | undefined;
}

/** Real numbers on the host: number i goes by pair floor(i / run) mod the count of pairs. */
export interface HostNumbers {
  /** The node that has them. */
  readonly node: Id;
  readonly shape: Shape;
  readonly scale: readonly number[];
  readonly zero: readonly number[];
  readonly run: number;
  /** What going in is bounded by. */
  readonly low: number;
  readonly high: number;
}

/** Letters, digits and underscores behind a word of ours: no keyword, and no two alike. */
export function symbols(names: readonly string[], stem: string): readonly string[] {
  const taken = new Set<string>();
  return names.map((name) => {
    const letters = name.replace(/[^A-Za-z0-9]+/g, '_').replace(/^_+|_+$/g, '');
    const first = `${stem}_${letters.slice(0, 48) || 'port'}`;
    let symbol = first;
    for (let n = 1; taken.has(symbol); n++) symbol = `${first}_${n}`;
    taken.add(symbol);
    return symbol;
  });
}

export function portsOf({ inputs, outputs, streams }: Pipeline, graph: Graph): readonly HlsPort[] {
  const byId = nodesById(graph);
  const [taken, given] = [
    symbols(
      inputs.map((p) => p.name),
      'in',
    ),
    symbols(
      outputs.map((p) => p.name),
      'out',
    ),
  ];
  return [
    ...inputs.map(({ name, stream }, i): HlsPort => {
      const node = byId.get(streams[stream].id) ?? bug(`nothing feeds input ${i}`);
      return { direction: 'in', symbol: taken[i], name, stream, node: node.id, host: entering(node, byId) };
    }),
    ...outputs.map(({ name, stream }, i): HlsPort => {
      const id = streams[stream].id;
      return { direction: 'out', symbol: given[i], name, stream, node: id, host: leaving(name, graph, byId) };
    }),
  ];
}

function entering(node: Node, byId: ReadonlyMap<Id, Node>): HostNumbers | undefined {
  if (node.kind !== 'call' || node.op.kind !== 'quantize') return undefined;
  const { axis, low, high } = node.op;
  const { scale, zero } = operandsOf(node, byId);
  return { node: node.inputs[0], shape: node.type.shape, low, high, ...pairsOf(scale, zero, axis, node.type.shape) };
}

/** The `dequantize` that an output comes from, if one does. What moves numbers behind it, the host does. */
function leaving(name: string, graph: Graph, byId: ReadonlyMap<Id, Node>): HostNumbers | undefined {
  const output = graph.outputs.find((o) => o.name === name) ?? bug(`there is no output "${name}"`);
  const node = unmoved(byId.get(output.id) ?? bug(`output "${name}" is not defined`), byId);
  if (node.kind !== 'call' || node.op.kind !== 'dequantize') return undefined;
  const { scale, zero } = operandsOf(node, byId);
  const { shape } = node.type;
  return { node: node.id, shape, low: 0, high: 0, ...pairsOf(scale, zero, node.op.axis, shape) };
}

function pairsOf(scale: Node, zero: Node, axis: number, shape: Shape) {
  if (scale.kind !== 'constant' || zero.kind !== 'constant') return bug('a port whose scale is not known');
  return {
    scale: Array.from(scale.data),
    zero: Array.from(zero.data),
    run: elements(shape.slice(axis < 0 ? 0 : axis + 1)),
  };
}
