/** Which values take their other form, so that all transposes together cost least: a minimum cut. */
import type { Id } from '../../src/graph/graph.ts';
import { compose, identity } from '../matching/axes.ts';
import type { Network } from '../matching/minimum-cut.ts';
import { network, sink, source } from '../matching/minimum-cut.ts';
import { swapLast } from './carry.ts';
import type { Frames } from './frames.ts';
import type { Price } from './price.ts';
import type { Perm, Reader, Values } from './roots.ts';

/** The calls that are to be computed in their other form. */
export type Choice = ReadonlySet<Id>;

/** The order of its root's axes that a reader asks for in its other form. */
export function askedOtherwise({ perm, operand, call }: Reader, frames: Frames): Perm {
  const given = frames.get(call.id)?.other?.inputs[operand];
  return given?.length === perm.length ? compose(perm, given) : perm;
}

/** A matrix product takes either order of the last two axes. */
export const takesSwapped = ({ call, perm }: Pick<Reader, 'call' | 'perm'>): boolean =>
  call.op.kind === 'matmul' && perm.length > 1;

/** One order of one value, and who asks for it: always, or only when in form A, or only in form B. */
interface Ask {
  readonly perm: Perm;
  readonly swapped: boolean;
  readonly when: 'always' | 'A' | 'B';
  readonly readers: Id[];
}

export function choose(values: Values, frames: Frames, price: Price): Choice {
  const net = network();
  const place = new Map<Id, number>();
  for (const [id, { other }] of frames) if (other) place.set(id, net.add());
  // A call in another form than it has is worth avoiding, but less than anything else.
  const scale = place.size + 1;
  for (const [id, at] of place) pay(net, at, frames.get(id)?.flipped === true ? 'A' : 'B', 1);

  for (const { id, kind } of values.graph.nodes) {
    if (kind === 'constant') continue;
    const frame = frames.get(id);
    const asIs = identity(values.shapeOf(id).length);
    const other = frame?.other?.result ?? asIs;
    const [inA, inB] = frame?.flipped ? [other, asIs] : [asIs, other];
    for (const ask of asksOf(id, values, frames)) {
      const cost = (from: Perm): number =>
        scale *
        Math.min(
          price(id, from, ask.perm),
          ask.swapped ? price(id, from, swapLast(ask.perm)) : Number.POSITIVE_INFINITY,
        );
      demand(net, place, { ask, at: place.get(id), costA: cost(inA), costB: cost(inB) });
    }
  }
  const onA = net.cut();
  const chosen = [...place].filter(([id, at]) => onA[at] === (frames.get(id)?.flipped === true));
  return new Set(chosen.map(([id]) => id));
}

/** `cost` is paid when the node has this form. A is the source's side. */
const pay = (net: Network, at: number, form: 'A' | 'B', cost: number): void =>
  form === 'A' ? net.join(at, sink, cost) : net.join(source, at, cost);

function asksOf(id: Id, values: Values, frames: Frames): readonly Ask[] {
  const asks = new Map<string, Ask>();
  const note = (perm: Perm, swapped: boolean, when: Ask['when'], reader?: Id): void => {
    const key = `${perm.join()} ${swapped} ${when}`;
    const ask = asks.get(key) ?? { perm, swapped, when, readers: [] };
    if (reader !== undefined) ask.readers.push(reader);
    asks.set(key, ask);
  };
  for (const { id: output } of values.graph.outputs) {
    const { root, perm } = values.seen(output);
    if (root === id) note(perm, false, 'always');
  }
  for (const reader of values.readersOf(id)) {
    const [asIs, other] = [reader.perm, askedOtherwise(reader, frames)];
    const swapped = takesSwapped(reader);
    if (asIs.join() === other.join()) note(asIs, swapped, 'always');
    else {
      const flipped = frames.get(reader.call.id)?.flipped === true;
      note(asIs, swapped, flipped ? 'B' : 'A', reader.call.id);
      note(other, swapped, flipped ? 'A' : 'B', reader.call.id);
    }
  }
  return [...asks.values()];
}

interface Demand {
  readonly ask: Ask;
  /** The value's place, if it has a choice. */
  readonly at: number | undefined;
  readonly costA: number;
  readonly costB: number;
}

/**
 * A value is moved once for all that ask for the same order. Where a value and its readers have no common letter for
 * an order, the larger price is assumed.
 */
function demand(net: Network, place: ReadonlyMap<Id, number>, { ask, at, costA, costB }: Demand): void {
  const { when, readers } = ask;
  if (when === 'always') {
    if (at === undefined) return;
    pay(net, at, 'A', costA);
    pay(net, at, 'B', costB);
    return;
  }
  if (costA === 0 && costB === 0) return;
  const asked = net.add();
  for (const reader of readers) {
    const from = place.get(reader) ?? asked;
    if (when === 'A') net.join(from, asked, Number.POSITIVE_INFINITY);
    else net.join(asked, from, Number.POSITIVE_INFINITY);
  }
  const [same, opposite] = when === 'A' ? [costA, costB] : [costB, costA];
  pay(net, asked, when, same);
  if (at === undefined || opposite <= same) return;
  if (when === 'A') net.join(asked, at, opposite - same);
  else net.join(at, asked, opposite - same);
}
