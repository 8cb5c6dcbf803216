/**
 * The two forms that each value could have: with its axes as they are, and as transposes around it suggest. Forms are
 * carried along all calls that can follow, so that they fit one another: every value has a form A and a form B, and
 * wherever neighbours choose the same letter nothing has to be moved.
 */
import type { Id } from '../../src/graph/graph.ts';
import { alikeIn, compose, inverse, isIdentity, samePerm } from '../matching/axes.ts';
import type { Carried } from './carry.ts';
import { carry, carryDown, carryUp } from './carry.ts';
import type { Perm, Reader, Values } from './roots.ts';

export interface Frame {
  /** Whether the value as it is has form B. */
  readonly flipped: boolean;
  /** The axes of the other form. */
  readonly result: Perm;
  /** How the value is computed in its other form, if it can be. */
  readonly other?: Carried;
}

export type Frames = ReadonlyMap<Id, Frame>;

export function framesOf(values: Values): Frames {
  const liked = likedOrders(values);
  const frames = new Map<Id, Frame>();
  const pending: Id[] = [];

  const put = (id: Id, frame: Frame): void => {
    const { other } = frame;
    const same = other && [...other.inputs, other.result].every(isIdentity);
    const known = frames.get(id);
    if ((known && (known.other || !other)) || values.isConstant(id) || same) return;
    frames.set(id, frame);
    pending.push(id);
  };
  const putResult = (id: Id, perm: Perm, flipped: boolean): void => {
    const node = values.byId.get(id);
    const other = node?.kind === 'call' ? carryUp(node, perm, liked, values) : undefined;
    put(id, { flipped, result: perm, ...(other && { other }) });
  };
  const putReader = ({ call, operand, perm }: Reader, { flipped, result }: Frame): void => {
    const shape = values.shapeOf(values.seen(call.inputs[operand]).root);
    const opposite = !isIdentity(perm) && alikeIn(shape, perm, result);
    if (!opposite && !isIdentity(perm)) return;
    const other = carryDown(call, operand, opposite ? inverse(perm) : result, values);
    if (other) put(call.id, { flipped: flipped !== opposite, ...tidy(call.id, other) });
  };
  /** The likeliest of the orders that are the same but for axes of size one. */
  const tidy = (id: Id, other: Carried): { readonly result: Perm; readonly other: Carried } => {
    const node = values.byId.get(id);
    const shape = values.shapeOf(id);
    const better =
      node?.kind === 'call' && node.op.kind === 'reshape'
        ? liked.find((perm) => alikeIn(shape, perm, other.result) && !isIdentity(other.result))
        : undefined;
    const again =
      better && node?.kind === 'call' ? carry(node, { along: other.inputs[0], result: better }, values) : undefined;
    return { result: (again ?? other).result, other: again ?? other };
  };
  const spread = (id: Id): void => {
    const frame = frames.get(id);
    const node = values.byId.get(id);
    if (!frame || !node) return;
    for (const reader of values.readersOf(id)) putReader(reader, frame);
    if (node.kind !== 'call' || !frame.other) return;
    for (const [i, operand] of node.inputs.entries()) {
      const { root, perm } = values.seen(operand);
      const given = frame.other.inputs[i];
      if (given.length !== perm.length) continue;
      const wanted = compose(perm, given);
      if (isIdentity(perm)) putResult(root, wanted, frame.flipped);
      else if (isIdentity(wanted)) putResult(root, perm, !frame.flipped);
    }
  };

  for (const order of liked)
    for (const { id } of values.graph.nodes) {
      if (!values.readersOf(id).some(({ perm }) => samePerm(perm, order))) continue;
      putResult(id, order, false);
      for (let next = pending.shift(); next !== undefined; next = pending.shift()) spread(next);
    }
  return frames;
}

/** The orders that transposes make, those that move the most first, each followed by its inverse. */
function likedOrders({ graph, readersOf, shapeOf }: Values): readonly Perm[] {
  const moved = new Map<string, { perm: Perm; elements: number }>();
  for (const { id } of graph.nodes)
    for (const { perm } of readersOf(id)) {
      if (isIdentity(perm)) continue;
      const key = [perm.join(), inverse(perm).join()].sort()[0];
      const known = moved.get(key) ?? { perm, elements: 0 };
      known.elements += shapeOf(id).reduce((n, d) => n * d, 1);
      moved.set(key, known);
    }
  const most = [...moved.values()].sort((a, b) => b.elements - a.elements);
  return most.flatMap(({ perm }) => [perm, inverse(perm)]);
}
