/** The graph that is quantised, with what its rows ask about it: users, constants, and where results end. */
import type { Call, Constant, Graph, Id, Node } from '../graph/graph.ts';
import { inputsOf, nodesById } from '../graph/graph.ts';
import type { Quantize } from '../ops/quantize.ts';
import type { Bounds, Target } from './form.ts';
import { boundedBy, boundsOf, unbounded } from './form.ts';

export interface Source {
  readonly graph: Graph;
  readonly byId: ReadonlyMap<Id, Node>;
  readonly constant: (id: Id) => Constant | undefined;
  /** The one call that reads a value, where there is one alone and the value is no output. */
  readonly reader: (id: Id) => Call | undefined;
  /** Every call that reads it, output or not. */
  readonly readers: (id: Id) => readonly Call[];
}

export function sourceOf(graph: Graph): Source {
  const byId = nodesById(graph);
  const readers = new Map<Id, Call[]>();
  for (const node of graph.nodes)
    if (node.kind === 'call')
      for (const id of new Set(inputsOf(node))) readers.set(id, [...(readers.get(id) ?? []), node]);
  const outputs = new Set(graph.outputs.map((o) => o.id));
  const all = (id: Id): readonly Call[] => readers.get(id) ?? [];
  const constant = (id: Id): Constant | undefined => {
    const node = byId.get(id);
    return node?.kind === 'constant' ? node : undefined;
  };
  return {
    graph,
    byId,
    constant,
    readers: all,
    reader: (id) => (all(id).length === 1 && !outputs.has(id) ? all(id)[0] : undefined),
  };
}

/** Where a result that is rounded anyway ends: behind bounds, and behind the call that quantises it in the model itself. */
export interface Landing {
  /** The value of the source graph that whole numbers are made for. */
  readonly id: Id;
  /** Values before that, which nobody else reads. */
  readonly absorbed: readonly Id[];
  readonly bounds: Bounds;
  /** What the model itself wants it quantised to. */
  readonly own?: Target;
}

export function landingOf(node: Call, { byId: _, ...source }: Source, bounds: Bounds = unbounded): Landing {
  let [id, within] = [node.id, bounds];
  const absorbed: Id[] = [];
  for (let user = source.reader(id); user; user = source.reader(id)) {
    const { op } = user;
    if (op.kind === 'unary' && (op.fn === 'relu' || op.fn === 'relu6')) within = boundedBy(within, boundsOf[op.fn]);
    else {
      const own = targetOf(user, source);
      if (!own) break;
      return { id: user.id, absorbed: [...absorbed, id], bounds: within, own };
    }
    absorbed.push(id);
    id = user.id;
  }
  return { id, absorbed, bounds: within };
}

/** What a call that quantises with one known scale aims at, in whole numbers of 8 bits with a sign. */
export function targetOf(call: Call, { constant }: Pick<Source, 'constant'>): Target | undefined {
  const { op } = call;
  if (op.kind !== 'quantize' || op.axis >= 0) return undefined;
  const [, scale, zero] = call.inputs.map((id) => constant(id)?.data);
  if (!scale || !zero || !(scale[0] > 0 && scale[0] < Infinity)) return undefined;
  const by = shiftOf(op);
  if (op.low - by < -128 || op.high - by > 127 || Math.abs(zero[0]) > 255) return undefined;
  return { scale: scale[0], zero: zero[0] - by, low: op.low - by, high: op.high - by, minus: -by };
}

/** Bytes without a sign become bytes with one. */
const shiftOf = ({ low, high }: Quantize): number => (low >= 0 && high > 127 ? 128 : 0);
