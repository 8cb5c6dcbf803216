/** The graph in which chosen calls have their other form, with transposes only where an order is asked for that is not there. */
import { bug } from '../../src/diagnostic.ts';
import type { Call, Constant, Graph, Id, Node } from '../../src/graph/graph.ts';
import type { Emitter } from '../../src/graph/rewrite.ts';
import { retyped, rewriteNodes } from '../../src/graph/rewrite.ts';
import { reshapedQuantity, transposedQuantity, withQuantity } from '../../src/tensor/quantity.ts';
import { alikeIn, compose, identity, inverse, isIdentity, samePerm } from '../matching/axes.ts';
import type { Carried } from './carry.ts';
import { swapLast } from './carry.ts';
import type { Choice } from './choose.ts';
import { askedOtherwise, takesSwapped } from './choose.ts';
import { transposed, withFeatures } from './constants.ts';
import type { Frames } from './frames.ts';
import type { Perm, Values } from './roots.ts';
import { isTranspose } from './roots.ts';

/** Some order of a root's axes that is there. */
interface Made {
  readonly id: Id;
  readonly perm: Perm;
}

export function rebuild(values: Values, frames: Frames, choice: Choice): Graph {
  const asked = askedOrders(values, frames, choice);
  const made = new Map<Id, Made[]>();
  return rewriteNodes(values.graph, (node, emitter) => {
    const shelf = shelfOf(made, values, emitter);
    if (isTranspose(node)) {
      const { root, perm } = values.seen(node.id);
      const found = shelf.find(root, perm);
      if (found !== undefined || !asked(root, perm)) return found ?? shelf.any(root);
      return shelf.transpose(root, perm, node);
    }
    if (node.kind !== 'call') {
      shelf.put(node.id, { id: node.id, perm: identity(node.type.shape.length) });
      return node;
    }
    // Its operands by the names that they had: the shelf knows where these are now.
    const original = values.byId.get(node.id) as Call;
    const chosen = choice.has(node.id) ? frames.get(node.id)?.other : undefined;
    const call = adapted(original, chosen, { values, shelf, emitter });
    const asIs = identity(values.shapeOf(node.id).length);
    const result = chosen?.result ?? asIs;
    const back = !isIdentity(result) && asked(node.id, asIs);
    const id = isIdentity(result) ? node.id : emitter.fresh(node.id);
    const next = keep(original, typed({ ...call, id }, result, emitter));
    shelf.put(node.id, { id, perm: result });
    if (!back) return next;
    emitter.emit(next);
    return shelf.transpose(node.id, asIs, node);
  });
}

/** The node itself where nothing changed. */
function keep(node: Call, next: Call): Call {
  const same = next.id === node.id && next.op === node.op && next.inputs.every((id, i) => id === node.inputs[i]);
  return same ? node : next;
}

/** The call with its type, and the quantity of a type that it had before its axes came in another order. */
function typed(call: Call, perm: Perm, { byId }: Pick<Emitter, 'byId'>): Call {
  const { type } = retyped(call, byId);
  const { quantity } = call.type;
  const moved = quantity && (quantity.axis < 0 || perm.length === type.shape.length);
  return { ...call, type: withQuantity(type, moved ? transposedQuantity(quantity, perm) : undefined) };
}

/** Whether someone asks for an order of a root. */
function askedOrders(values: Values, frames: Frames, choice: Choice): (root: Id, perm: Perm) => boolean {
  const asked = new Set<string>();
  const note = (root: Id, perm: Perm): void => {
    asked.add(`${root} ${perm.join()}`);
  };
  for (const { id } of values.graph.outputs) note(values.seen(id).root, values.seen(id).perm);
  // Either order serves a product: it takes what is there when its turn comes.
  for (const { id } of values.graph.nodes)
    for (const reader of values.readersOf(id))
      if (!takesSwapped(reader)) note(id, choice.has(reader.call.id) ? askedOtherwise(reader, frames) : reader.perm);
  return (root, perm) => asked.has(`${root} ${perm.join()}`);
}

interface Shelf {
  put(root: Id, made: Made): void;
  find(root: Id, perm: Perm): Id | undefined;
  any(root: Id): Id;
  /** A transpose of what is there, under the id of `as`. */
  transpose(root: Id, perm: Perm, as: Node): Call;
  /** The order itself, made if it is not there. */
  take(root: Id, perm: Perm): Id;
}

function shelfOf(made: Map<Id, Made[]>, values: Values, { byId, emit, fresh }: Emitter): Shelf {
  const of = (root: Id): readonly Made[] => made.get(root) ?? [];
  const put = (root: Id, entry: Made): void => {
    made.set(root, [...of(root), entry]);
  };
  const find = (root: Id, perm: Perm): Id | undefined => of(root).find((m) => samePerm(m.perm, perm))?.id;
  const transpose = (root: Id, perm: Perm, as: Node): Call => {
    const shape = values.shapeOf(root);
    const from = of(root).find((m) => alikeIn(shape, m.perm, perm)) ?? of(root)[0] ?? bug(`%${root} is not there yet`);
    const step = compose(inverse(from.perm), perm);
    const type = byId.get(from.id)?.type ?? bug(`%${from.id} is not there yet`);
    const origin = as.origin === undefined ? {} : { origin: as.origin };
    const call = (id: Id, op: Call['op'], x: Id): Call => ({ kind: 'call', id, op, inputs: [x], type, ...origin });
    const row = values.isViewed(root) ? type.shape : undefined;
    const wide = (x: Id): Id => {
      const shaped = call(fresh(as.id), { kind: 'reshape', shape: from.perm.map((axis) => shape[axis]) }, x);
      return emit(retyped(shaped, byId));
    };
    const turned = typed(
      call(row ? fresh(as.id) : as.id, { kind: 'transpose', perm: step }, row ? wide(from.id) : from.id),
      step,
      { byId },
    );
    const result = row ? retyped(call(as.id, { kind: 'reshape', shape: row }, emit(turned)), byId) : turned;
    put(root, { id: as.id, perm });
    return result;
  };
  const take = (root: Id, perm: Perm): Id => {
    const found = find(root, perm);
    if (found !== undefined) return found;
    const node = values.byId.get(root) ?? bug(`%${root} is not defined`);
    if (node.kind !== 'constant') {
      const as = values.transposes(root).find((t) => samePerm(values.seen(t.id).perm, perm) && !byId.has(t.id));
      return emit(transpose(root, perm, as ?? { ...node, id: fresh(root) }));
    }
    const id = emit(transposed(node, perm, fresh(root)));
    put(root, { id, perm });
    return id;
  };
  return { put, find, any: (root) => of(root)[0].id, transpose, take };
}

interface Given {
  readonly values: Values;
  readonly shelf: Shelf;
  readonly emitter: Emitter;
}

/** The call on operands in the orders that it asks for. */
function adapted(call: Call, chosen: Carried | undefined, { values, shelf, emitter }: Given): Call {
  let op = chosen?.op ?? call.op;
  const inputs = call.inputs.map((id, i) => {
    const { root, perm } = values.seen(id);
    const given = chosen?.inputs[i] ?? identity(perm.length);
    if (given.length > perm.length) return widened(id, given, { values, shelf, emitter });
    const wanted = compose(perm, given);
    const swapped = swapLast(wanted);
    const asIs = shelf.find(root, wanted);
    if (op.kind !== 'matmul' || !takesSwapped({ call, perm }) || asIs !== undefined || values.isConstant(root))
      return asIs ?? shelf.take(root, wanted);
    const other = shelf.find(root, swapped);
    if (other === undefined) return shelf.take(root, wanted);
    op = i === 0 ? { ...op, transposeA: !op.transposeA } : { ...op, transposeB: !op.transposeB };
    return other;
  });
  const next = { ...call, op, inputs };
  return op.kind === 'linear' && chosen ? follow(call, next, chosen, { values, shelf, emitter }) : next;
}

/** An operand with leading axes of size one, in another order. */
function widened(id: Id, perm: Perm, { values, shelf, emitter }: Given): Id {
  const { root, perm: seen } = values.seen(id);
  const shape = values.shapeOf(id);
  const wide = [...Array.from({ length: perm.length - shape.length }, () => 1), ...shape];
  const node = values.byId.get(root);
  const from = shelf.take(root, seen);
  const plain = emitter.byId.get(from);
  if (node?.kind === 'constant' && plain?.kind === 'constant') {
    const { quantity, shape: narrow } = plain.type;
    const kept = quantity && reshapedQuantity(quantity, narrow, wide);
    const constant: Constant = { ...plain, type: withQuantity({ ...plain.type, shape: wide }, kept) };
    return emitter.emit(transposed(constant, perm, emitter.fresh(root)));
  }
  const op: Call['op'] = { kind: 'reshape', shape: perm.map((axis) => wide[axis]) };
  const type = plain?.type ?? bug(`%${from} is not there yet`);
  return emitter.emit(retyped({ kind: 'call', id: emitter.fresh(root), op, inputs: [from], type }, emitter.byId));
}

/** Weights whose columns or rows follow the picture that the layer reads or writes. */
function follow(before: Call, call: Call, { inputs: [given], result }: Carried, { values, emitter }: Given): Call {
  const [x, w, b, ...rest] = call.inputs;
  const features = (id: Id, perm: Perm): { shape: readonly number[]; perm: Perm } | undefined => {
    const lead = (values.byId.get(id)?.type.shape.length ?? 1) - 1;
    if (!values.isViewed(id)) return undefined;
    return { shape: values.shapeOf(id).slice(lead), perm: perm.slice(lead).map((axis) => axis - lead) };
  };
  const columns = features(before.inputs[0], given);
  const rows = features(before.id, result);
  const moved = (id: Id, places: Parameters<typeof withFeatures>[1]): Id => {
    const node = emitter.byId.get(id);
    return node?.kind === 'constant' ? emitter.emit(withFeatures(node, places, emitter.fresh(id))) : id;
  };
  if (!columns && !rows) return call;
  const weights = moved(w, { ...(rows && { rows }), ...(columns && { columns }) });
  return { ...call, inputs: [x, weights, rows ? moved(b, { rows }) : b, ...rest] };
}
