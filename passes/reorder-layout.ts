/** Every step gets its operands laid out as the target wishes. */
import { bug } from '../src/diagnostic.ts';
import type { Bounds } from '../src/graph/bounds.ts';
import { boundsIn } from '../src/graph/bounds.ts';
import type { Call, Graph, Id, Node } from '../src/graph/graph.ts';
import { nodesById, operandsOf } from '../src/graph/graph.ts';
import type { Emitter } from '../src/graph/rewrite.ts';
import { dropUnused, rewriteNodes } from '../src/graph/rewrite.ts';
import { rulesOf } from '../src/ops/index.ts';
import type { Pass } from '../src/pass.ts';
import type { Target, Wish } from '../src/target.ts';
import { withQuantity } from '../src/tensor/quantity.ts';
import type { Layout, TensorType } from '../src/tensor/type.ts';
import { leastPanelAxes, pictureOf, plain, printLayout, sameLayout, sameShape } from '../src/tensor/type.ts';

/**
 * Where a value lies otherwise than a step wants it, a `relayout` is put between, once for each layout. Constants
 * stay plain unless a step needs one beside a value of the same shape. Images of one pixel and values that are no
 * images stay plain. Every output becomes a plain call that no other output and no caller owns.
 */
export const reorderLayout = ({ wish, wishes }: Pick<Target, 'wish' | 'wishes'>): Pass => ({
  name: 'reorder-layout',
  doc: 'lays activations out as the target wishes, with explicit conversions that cancel where steps agree',

  run(graph) {
    const outputs = new Set(graph.outputs.map((o) => o.id));
    const converted = new Map<string, Id>();
    const key = (id: Id, layout: Layout): string => `${id} ${printLayout(layout)}`;
    const bounds = boundsIn(graph);
    const chosen = wishes?.(graph);
    const wishOf: Target['wish'] = (call, ...known) => chosen?.get(call.id) ?? wish(call, ...known);
    const placed = rewriteNodes(graph, (node, emitter) => {
      if (node.kind !== 'call') return node;
      if (node.op.kind === 'relayout') {
        const from = rootOf(node.inputs[0], emitter);
        const same = sameLayout(from.type.layout, node.type.layout);
        if (same && !outputs.has(node.id)) return from.id;
        if (!same && !converted.has(key(from.id, node.type.layout)))
          converted.set(key(from.id, node.type.layout), node.id);
        return from.id === node.inputs[0] ? node : { ...node, inputs: [from.id] };
      }
      const place = (id: Id, wanted: Layout): Id => {
        const root = rootOf(id, emitter);
        const layout = admitted(root.type, wanted);
        if (sameLayout(root.type.layout, layout)) return root.id;
        const name = key(root.id, layout);
        const made =
          converted.get(name) ?? emitter.emit(laid(root, layout, emitter.fresh(`${root.id}_${layout.kind}`)));
        converted.set(name, made);
        return made;
      };
      return arrange(node, wishOf, emitter, place, bounds);
    });
    return ownOutputs(placed);
  },
});

/** Images and sequences of more than one pixel may lie in panels. */
const admitted = ({ shape }: TensorType, layout: Layout): Layout =>
  shape.length >= leastPanelAxes && pictureOf(shape).pixels > 1 ? layout : plain;

/** The value that a chain of relayouts converts. */
function rootOf(id: Id, { byId }: Pick<Emitter, 'byId'>): Node {
  const node = byId.get(id) ?? bug(`%${id} is used before it is defined`);
  return node.kind === 'call' && node.op.kind === 'relayout' ? rootOf(node.inputs[0], { byId }) : node;
}

/** The value with another layout: a constant is stored so. */
const laid = (node: Node, layout: Layout, id: Id): Node =>
  node.kind === 'constant' ? { ...node, id, type: { ...node.type, layout } } : conversion(node, layout, id);

/** Real numbers have a quantity in constants alone. */
const conversion = ({ id: input, type, origin }: Node, layout: Layout, id: Id): Call => ({
  kind: 'call',
  id,
  op: { kind: 'relayout' },
  inputs: [input],
  type: { ...withQuantity(type, type.dtype === 'f32' ? undefined : type.quantity), layout },
  ...(origin === undefined ? {} : { origin }),
});

function arrange(
  call: Call,
  wish: Target['wish'],
  { byId }: Emitter,
  place: (id: Id, layout: Layout) => Id,
  bounds: (id: Id) => Bounds | undefined,
): Call {
  const operands = operandsOf(call, byId);
  const types = Object.fromEntries(Object.entries(operands).map(([name, node]) => [name, node.type]));
  const boundsOf = (name?: string): Bounds | undefined =>
    bounds(name === undefined ? call.id : rootOf(operands[name].id, { byId }).id);
  const wanted = agree(wish(call, types, boundsOf), operands, ({ id }) => rootOf(id, { byId }).type.layout, call.type);
  const names = rulesOf(call.op).operands(call.op);
  const inputs = names.map((name, i) => {
    const layout = wanted.operands[name];
    return layout ? place(call.inputs[i], layout) : call.inputs[i];
  });
  const layout = admitted(call.type, wanted.result);
  const kept = sameLayout(layout, call.type.layout) && inputs.every((id, i) => id === call.inputs[i]);
  return kept ? call : { ...call, inputs, type: { ...call.type, layout } };
}

type Fixed = Pick<Extract<Wish, { readonly kind: 'fixed' }>, 'operands' | 'result'>;

/** `same` made concrete, and operands that are constants left as they are where a layout is fixed. */
function agree(
  wish: Wish,
  operands: Readonly<Record<string, Node>>,
  lying: (node: Node) => Layout,
  result: TensorType,
): Fixed {
  const entries = Object.entries(operands);
  if (wish.kind === 'fixed') {
    const fixed = entries.flatMap(([name, node]): readonly (readonly [string, Layout])[] => {
      const some = wish.anyOf?.[name] ?? (name in wish.operands ? [wish.operands[name]] : []);
      if (node.kind === 'constant' || some.length === 0) return [];
      return [[name, some.find((layout) => sameLayout(layout, lying(node))) ?? some[0]]];
    });
    return { operands: Object.fromEntries(fixed), result: wish.result };
  }
  const alike = entries.filter(([, { type }]) => sameShape(type.shape, result.shape));
  const [, first] = alike.find(([, { kind }]) => kind !== 'constant') ?? alike[0] ?? [];
  const own = first?.type.layout ?? plain;
  // What numbers are in pieces is chosen for each value.
  const layout = own.kind === 'pieces' ? plain : own;
  return { operands: Object.fromEntries(alike.map(([name]) => [name, layout])), result: layout };
}

/** Each output a plain call of its own: callers own inputs, constants are read-only, and no array serves two ports. */
function ownOutputs(graph: Graph): Graph {
  const byId = nodesById(graph);
  const emitted = new Set(graph.nodes.map((n) => n.id));
  const copies: Call[] = [];
  const owned = new Set<Id>();
  const plainOf = new Map(graph.nodes.flatMap((n) => (isPlainCopy(n) ? [[n.inputs[0], n.id]] : [])));
  const outputs = graph.outputs.map((output) => {
    const node = byId.get(output.id) ?? bug(`output "${output.name}" is not defined`);
    if (node.kind === 'call' && node.type.layout.kind === 'plain' && !owned.has(node.id)) {
      owned.add(node.id);
      return output;
    }
    const copied = plainOf.get(node.id);
    if (copied !== undefined && !owned.has(copied)) {
      owned.add(copied);
      return { ...output, id: copied };
    }
    let id = `${node.id}_out`;
    for (let n = 1; emitted.has(id); n++) id = `${node.id}_out_${n}`;
    emitted.add(id);
    copies.push(conversion(node, plain, id));
    return { ...output, id };
  });
  if (outputs.every((output, i) => output === graph.outputs[i])) return graph;
  return dropUnused({ ...graph, nodes: [...graph.nodes, ...copies], outputs });
}

const isPlainCopy = (node: Node): node is Call =>
  node.kind === 'call' && node.op.kind === 'relayout' && node.type.layout.kind === 'plain';
