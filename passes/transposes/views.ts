/**
 * Pictures flattened for a dense layer, and pictures made of a dense layer's row. The order of the numbers in such a
 * row is the layer's own business: its weights can follow any order of the picture's axes.
 */
import type { Call, Graph, Id } from '../../src/graph/graph.ts';
import { inputsOf, useCounts } from '../../src/graph/graph.ts';
import type { Shape } from '../../src/tensor/type.ts';
import { elements, sameShape } from '../../src/tensor/type.ts';
import type { ById } from '../matching/constants.ts';
import { layerOf } from '../matching/layers.ts';

/** Rows, with the shape of the picture that each stands for. */
export type Views = ReadonlyMap<Id, Shape>;

export function viewsOf(graph: Graph, byId: ById): Views {
  const views = new Map<Id, Shape>();
  const uses = useCounts(graph);
  const calls = graph.nodes.filter((n): n is Call => n.kind === 'call');
  const users = new Map<Id, Call[]>();
  for (const call of calls)
    for (const id of inputsOf(call)) {
      const known = users.get(id);
      if (known) known.push(call);
      else users.set(id, [call]);
    }
  const outputs = new Set(graph.outputs.map((o) => o.id));

  /** The values from a flattening down to the layers that read it, if nothing else does. */
  const below = (id: Id): readonly Id[] | undefined => {
    if (outputs.has(id)) return undefined;
    const ids = [id];
    for (const user of users.get(id) ?? []) {
      const more = isElementwise(user) ? below(user.id) : readsAnyOrder(user, id, byId) ? [] : undefined;
      if (!more) return undefined;
      ids.push(...more);
    }
    return ids;
  };
  /** The values from the row of a layer down to where it becomes a picture. */
  const above = (id: Id): readonly Id[] | undefined => {
    const call = byId.get(id);
    if (call?.kind !== 'call' || uses.get(id) !== 1 || views.has(id)) return undefined;
    if (isElementwise(call)) {
      const more = above(call.inputs[0]);
      return more && [id, ...more];
    }
    return writesAnyOrder(call, byId) && !views.has(call.inputs[0]) ? [id] : undefined;
  };

  for (const call of calls) {
    if (call.op.kind !== 'reshape') continue;
    const [from] = call.inputs;
    const [wide, flat] = [byId.get(from)?.type.shape ?? [], call.type.shape];
    if (isFlat(flat, wide)) for (const id of below(call.id) ?? []) views.set(id, wide);
    if (isFlat(wide, flat)) for (const id of above(from) ?? []) views.set(id, flat);
  }
  return views;
}

/** Whether a call sees each number of its first operand alone, wherever it stands. */
const isElementwise = ({ op }: Call): boolean =>
  op.kind === 'unary' || op.kind === 'cast' || ((op.kind === 'quantize' || op.kind === 'dequantize') && op.axis < 0);

/** Whether `flat` is `wide` with its last axes made one. */
function isFlat(flat: Shape, wide: Shape): boolean {
  const lead = flat.length - 1;
  return (
    lead >= 0 &&
    wide.length > flat.length &&
    sameShape(flat.slice(0, lead), wide.slice(0, lead)) &&
    flat[lead] === elements(wide.slice(lead))
  );
}

function readsAnyOrder(call: Call, x: Id, byId: ById): boolean {
  const layer = call.op.kind === 'linear' ? layerOf(call, byId) : undefined;
  return layer?.x === x && call.inputs.lastIndexOf(x) === 0;
}

const writesAnyOrder = (call: Call, byId: ById): boolean =>
  call.op.kind === 'linear' && call.op.activation !== 'prelu' && layerOf(call, byId) !== undefined;
