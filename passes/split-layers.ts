/** A dense layer whose outputs are taken apart becomes a layer for each part. */
import type { Call, Constant, Graph, Id } from '../src/graph/graph.ts';
import { inputsOf } from '../src/graph/graph.ts';
import type { Emitter } from '../src/graph/rewrite.ts';
import { retyped, rewriteNodes } from '../src/graph/rewrite.ts';
import type { Pass } from '../src/pass.ts';
import { keptQuantity, withQuantity } from '../src/tensor/quantity.ts';
import type { Shape } from '../src/tensor/type.ts';
import type { ById, Floats } from './matching/constants.ts';
import type { Layer } from './matching/layers.ts';
import { layerOf } from './matching/layers.ts';

/**
 * Slices of the outputs of a dense layer, directly or in another shape with the same last axis, are layers with those rows
 * of the weights, if nothing else reads the layer and no output is in two slices. Then no value is cut, and each part has
 * weights in a format of its own.
 */
export const splitLayers: Pass = {
  name: 'split-layers',
  doc: 'makes a dense layer for each part of the outputs of one, where only parts are read',

  run(graph: Graph): Graph {
    const byId = new Map(graph.nodes.map((n) => [n.id, n]));
    const users = usersOf(graph);
    const split = new Set(
      graph.nodes.flatMap((node) => {
        const layer = node.kind === 'call' && node.op.kind === 'linear' ? layerOf(node, byId) : undefined;
        const parts = layer && partsOf(layer.call, layer.outputs, users);
        return parts && areApart(parts) ? [node.id] : [];
      }),
    );
    if (split.size === 0) return graph;
    return rewriteNodes(graph, (node, emitter) =>
      node.kind === 'call' && node.op.kind === 'slice' ? (asLayer(node, split, emitter) ?? node) : node,
    );
  },
};

function usersOf({ nodes, outputs }: Graph): ReadonlyMap<Id, readonly (Call | undefined)[]> {
  const users = new Map<Id, (Call | undefined)[]>();
  const add = (id: Id, user: Call | undefined): void => {
    const known = users.get(id);
    if (known) known.push(user);
    else users.set(id, [user]);
  };
  for (const node of nodes) if (node.kind === 'call') for (const id of inputsOf(node)) add(id, node);
  for (const { id } of outputs) add(id, undefined);
  return users;
}

interface Part {
  readonly begin: number;
  readonly size: number;
}

/** The parts that are read of the last axis, which has `size` elements; undefined if all of it is read. */
function partsOf(
  { id, type: whole }: Call,
  size: number,
  users: ReturnType<typeof usersOf>,
): readonly Part[] | undefined {
  const parts: Part[] = [];
  for (const user of users.get(id) ?? []) {
    if (!user || user.type.shape.length === 0) return undefined;
    const { op, type } = user;
    const last = type.shape.length - 1;
    if (op.kind === 'reshape' && type.shape[last] === size) {
      const more = partsOf(user, size, users);
      if (!more) return undefined;
      parts.push(...more);
    } else if (op.kind === 'slice' && isAlongLast(user, whole.shape)) {
      parts.push({ begin: op.begin[last], size: op.size[last] });
    } else return undefined;
  }
  return parts;
}

const isAlongLast = ({ op }: Call, whole: Shape): boolean =>
  op.kind === 'slice' &&
  op.step.every((step) => step === 1) &&
  op.size.slice(0, -1).every((size, axis) => size === whole[axis]);

const areApart = (parts: readonly Part[]): boolean =>
  parts
    .toSorted((a, b) => a.begin - b.begin)
    .every(({ begin }, i, sorted) => i === 0 || sorted[i - 1].begin + sorted[i - 1].size <= begin);

/** The slice of a layer that is split, as the part of the layer that it is. */
function asLayer(node: Call, split: ReadonlySet<Id>, emitter: Emitter): Call | undefined {
  const { byId, emit, fresh } = emitter;
  if (node.op.kind !== 'slice') return undefined;
  const source = rootOf(node.inputs[0], byId);
  const layer = split.has(source) ? layerOf(byId.get(source), byId) : undefined;
  if (!layer) return undefined;
  const last = node.op.begin.length - 1;
  const part: Part = { begin: node.op.begin[last], size: node.op.size[last] };
  const call = retyped({ ...partOf(layer, part, emitter), id: fresh(node.id) }, byId);
  return { ...node, op: { kind: 'reshape', shape: node.type.shape }, inputs: [emit(call)] };
}

function rootOf(id: Id, byId: ById): Id {
  const node = byId.get(id);
  return node?.kind === 'call' && node.op.kind === 'reshape' ? rootOf(node.inputs[0], byId) : id;
}

function partOf({ call, weights, bias }: Layer, part: Part, { emit, fresh, byId }: Emitter): Call {
  const [x, , , slope] = call.inputs;
  const rows = (constant: Floats): Id => emit({ ...rowsOf(constant, part), id: fresh(constant.id) });
  const slopes = slope === undefined ? undefined : byId.get(slope);
  const own = slopes?.kind === 'constant' && slopes.data.length > 1 ? [rows(slopes as Floats)] : [slope];
  return { ...call, inputs: [x, rows(weights), rows(bias), ...(slope === undefined ? [] : (own as readonly Id[]))] };
}

/** Some rows of a constant: of weights one for each output. */
function rowsOf(constant: Floats, { begin, size }: Part): Constant {
  const { type, data, mask } = constant;
  const row = data.length / type.shape[0];
  const [from, to] = [begin * row, (begin + size) * row];
  const kept = Array.from({ length: size }, (_, i) => begin + i);
  const quantity = type.quantity && keptQuantity(type.quantity, 0, kept);
  return {
    ...constant,
    type: withQuantity({ ...type, shape: type.shape.with(0, size) }, quantity),
    data: data.slice(from, to) as Float32Array<ArrayBuffer>,
    ...(mask && { mask: mask.slice(from, to) }),
  };
}
