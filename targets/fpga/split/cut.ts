/** A graph in parts: what crosses from one to another, and each part as a graph of its own. */
import { bug } from '../../../src/diagnostic.ts';
import type { Call, Graph, Id, Input, Node } from '../../../src/graph/graph.ts';
import { inputsOf } from '../../../src/graph/graph.ts';
import type { Crossing, SplitPart } from '../../../src/graph/split.ts';
import type { Quantity } from '../../../src/tensor/quantity.ts';
import { tensor } from '../../../src/tensor/type.ts';
import { identifiers } from '../../identifiers.ts';

/** Where each call is. */
export type Parts = ReadonlyMap<Id, SplitPart>;

/** Letters of an id that a name keeps. */
const longest = 40;

export function crossingsOf(graph: Graph, parts: Parts, bitsOf: (id: Id) => number | undefined): readonly Crossing[] {
  const readers = new Map<Id, Set<SplitPart>>();
  for (const node of graph.nodes)
    for (const id of inputsOf(node)) {
      const part = parts.get(node.id);
      if (part) readers.set(id, (readers.get(id) ?? new Set()).add(part));
    }
  const users = graph.nodes.flatMap((n) => (n.kind === 'input' ? [n.name] : []));
  const taken = [...users, ...graph.outputs.map((o) => o.name)];
  const names = identifiers([...taken, ...graph.nodes.map(({ id }) => id.slice(0, longest))]).slice(taken.length);
  return graph.nodes.flatMap((node, i): readonly Crossing[] => {
    const from = node.kind === 'input' ? 'model' : parts.get(node.id);
    const to = order.filter((part) => part !== from && readers.get(node.id)?.has(part));
    const outputs = from === 'accelerator' ? graph.outputs.filter((o) => o.id === node.id).map((o) => o.name) : [];
    const external = from === 'accelerator' || to.includes('accelerator');
    // Of the model's own inputs only those that the accelerator reads cross anything.
    if (!from || (to.length === 0 && outputs.length === 0) || (from === 'model' && !external)) return [];
    return [
      {
        name: node.kind === 'input' ? node.name : names[i],
        id: node.id,
        from,
        to,
        outputs,
        dtype: node.type.dtype,
        shape: node.type.shape,
        bus: external
          ? busOf(node.kind === 'input' ? 32 : (bitsOf(node.id) ?? bug(`%${node.id} has no bits`)))
          : undefined,
        quantity: node.type.quantity ?? quantityAsRead(graph, node.id),
      },
    ];
  });
}

/** What whoever makes real numbers of a value takes them for. */
function quantityAsRead(graph: Graph, id: Id): Quantity | undefined {
  const reader = graph.nodes.find(
    (n): n is Call => n.kind === 'call' && n.op.kind === 'dequantize' && n.inputs[0] === id,
  );
  if (reader?.op.kind !== 'dequantize') return undefined;
  const [scale, zero] = reader.inputs.slice(1).map((own) => graph.nodes.find((n) => n.id === own));
  if (scale?.kind !== 'constant' || zero?.kind !== 'constant') return undefined;
  return { scale: Array.from(scale.data), zero: Array.from(zero.data), axis: reader.op.axis };
}

const order: readonly SplitPart[] = ['before', 'accelerator', 'after'];

const busOf = (bits: number): NonNullable<Crossing['bus']> => (bits <= 8 ? 'i8' : bits <= 16 ? 'i16' : 'i32');

/** One part as a graph; undefined where it has nothing to do. */
export function partOf(
  graph: Graph,
  parts: Parts,
  part: SplitPart,
  name: string,
  crossings: readonly Crossing[],
): Graph | undefined {
  const calls = graph.nodes.filter((n): n is Call => n.kind === 'call' && parts.get(n.id) === part);
  const given = [
    ...crossings.filter((c) => c.from === part).map(({ name: crossing, id }) => ({ name: crossing, id })),
    ...graph.outputs.filter(({ id }) => part !== 'accelerator' && (parts.get(id) ?? 'after') === part),
  ];
  if (calls.length === 0 && given.length === 0) return undefined;
  const used = new Set([...calls.flatMap((call) => call.inputs), ...given.map(({ id }) => id)]);
  const taken = new Set(graph.nodes.map((n) => n.id));
  const nodes = graph.nodes.flatMap((node): readonly Node[] => {
    if (parts.get(node.id) === part) return [node];
    if (!used.has(node.id)) return [];
    const crossing = crossings.find((c) => c.id === node.id);
    if (node.kind === 'constant' || !crossing) return node.kind === 'call' ? bug(`%${node.id} does not cross`) : [node];
    return entering(node, crossing, part, taken);
  });
  return { name, file: graph.file, nodes, outputs: given };
}

/** A value that comes from outside. The accelerator takes it as narrow as it is. */
function entering(node: Node, { name, bus }: Crossing, part: SplitPart, taken: Set<Id>): readonly Node[] {
  const { id, type, origin } = node;
  if (part !== 'accelerator' || bus === undefined || bus === 'i32') return [{ kind: 'input', id, name, type, origin }];
  let fresh = `${id}_narrow`;
  while (taken.has(fresh)) fresh += '_';
  taken.add(fresh);
  const { quantity } = type;
  const narrow: Input = {
    kind: 'input',
    id: fresh,
    name,
    type: { ...tensor(bus, type.shape), ...(quantity && { quantity }) },
    origin,
  };
  return [narrow, { kind: 'call', id, op: { kind: 'cast', to: 'i32' }, inputs: [fresh], type, origin }];
}
