/**
 * Which values lie in pieces between layers, in the numbers that tensor cores multiply. Layers read nothing else, and write either. Calls that
 * read their operands as they write their results tie values together: those that are tied lie alike, and how is chosen by what that moves and launches.
 */
import { bug } from '../../src/diagnostic.ts';
import { formatNamed } from '../../src/formats/index.ts';
import type { Call, Graph, Id, Node } from '../../src/graph/graph.ts';
import { nodesById, operandsOf } from '../../src/graph/graph.ts';
import type { Weights } from '../../src/graph/weights.ts';
import { weightsOfCall } from '../../src/graph/weights.ts';
import type { Types } from '../../src/ops/rules.ts';
import { macsOf } from '../../src/plan/offers.ts';
import type { Wish } from '../../src/target.ts';
import type { Layout } from '../../src/tensor/type.ts';
import { elements as count, pieces, plain } from '../../src/tensor/type.ts';
import { planes } from '../gpu/planes.ts';
import type { Contender } from './contest.ts';
import { judge } from './contest.ts';
import type { Role } from './roles.ts';
import { roleOf } from './roles.ts';
import type { Element } from './tensor/elements.ts';
import { reachFault } from './tensor/layer.ts';

/** Who reads a value: a layer what it multiplies, a call that is tied to it, one that takes it in any way, one that takes wide numbers, a caller. */
type Reader = 'layer' | 'tied' | 'either' | 'wide' | 'caller';

interface Value {
  readonly node: Node;
  readonly role: Role;
  readonly readers: Reader[];
}

/** What calls want whose values are to lie in pieces, or are read so, by their ids. */
export function wishesIn(graph: Graph, element: Element, contenders: readonly Contender[]): ReadonlyMap<Id, Wish> {
  const { narrow } = element;
  if (!narrow) return new Map();
  const byId = nodesById(graph);
  const rootOf = (id: Id): Node => {
    const node = byId.get(id) ?? bug(`%${id} is not defined`);
    return node.kind === 'call' && node.op.kind === 'relayout' ? rootOf(node.inputs[0]) : node;
  };
  const operandsIn = (call: Call): Readonly<Record<string, Node>> =>
    Object.fromEntries(Object.entries(operandsOf(call, byId)).map(([name, { id }]) => [name, rootOf(id)]));
  const values = new Map<Id, Value>();
  const groups = groupsOf<Id>();
  const read = (id: Id, reader: Reader): void => void values.get(id)?.readers.push(reader);
  const lyingAs = ({ id }: Node): Layout | undefined => {
    const kind = values.get(id)?.role.kind;
    return kind === 'layer' || kind === 'alike' ? pieces(narrow) : undefined;
  };
  for (const node of graph.nodes) {
    if (node.kind === 'constant' || (node.kind === 'call' && node.op.kind === 'relayout')) continue;
    const operands = node.kind === 'call' ? operandsIn(node) : {};
    const role: Role =
      node.kind === 'call'
        ? roleOf(node, operands, element, (types) =>
            isOnCores(weightsOfCall(node, byId), node, types, lyingAs(operands.x), contenders),
          )
        : { kind: 'other', tied: [] };
    values.set(node.id, { node, role, readers: [] });
    for (const [name, { id }] of Object.entries(operands)) {
      read(id, readerOf(role, name));
      if (role.tied.includes(name)) groups.join(id, node.id);
    }
  }
  for (const { id } of graph.outputs) read(rootOf(id).id, 'caller');

  const saved = new Map<Id, number>();
  for (const [id, value] of values) saved.set(groups.of(id), (saved.get(groups.of(id)) ?? 0) + savedIn(value, element));
  // Wide numbers that one layer alone reads are made narrow by its kernel, in whatever way that wants.
  const readsPieces = ({ id }: Node): boolean => {
    const value = values.get(id);
    const layers = value?.readers.filter((reader) => reader === 'layer') ?? [];
    return layers.length > 1 || (value?.role.kind !== 'other' && (saved.get(groups.of(id)) ?? 0) > 0);
  };
  const wishes = new Map<Id, Wish>();
  for (const [id, { node, role, readers }] of values) {
    if (node.kind !== 'call') continue;
    const isNarrow = (saved.get(groups.of(id)) ?? 0) > 0;
    const lie = isNarrow ? pieces(narrow) : wideLayout(node, role, readers);
    const operands = Object.fromEntries(role.tied.map((name): [string, Layout] => [name, lie]));
    if (role.kind === 'layer') {
      const { x } = operandsIn(node);
      const wide = node.op.kind === 'linear' ? [plain] : [plain, planes(x.type)];
      const anyOf = { x: readsPieces(x) ? [pieces(narrow)] : wide };
      wishes.set(id, { kind: 'fixed', operands, anyOf, result: lie });
    } else if (role.kind === 'alike' && isNarrow) wishes.set(id, { kind: 'fixed', operands, result: lie });
    else if (role.kind === 'either' && (saved.get(groups.of(operandsIn(node).x.id)) ?? 0) > 0)
      wishes.set(id, { kind: 'fixed', operands: {}, result: plain });
  }
  return wishes;
}

/** Whether tensor cores have a layer, whose x lies in pieces where what computes it can write it so. */
function isOnCores(
  weights: Weights | undefined,
  call: Call,
  types: Types,
  inPieces: Layout | undefined,
  contenders: readonly Contender[],
): boolean {
  if (!weights || reachFault(call, types) !== undefined) return false;
  const { matrix, constant } = weights;
  const { encoding } = constant.type;
  const cost = formatNamed(encoding.format)?.cost(matrix, encoding.params) ?? bug('an unknown format');
  const x = inPieces ? { ...types.x, layout: inPieces } : types.x;
  const reuse = macsOf(call, types) / count(types.weights.shape);
  return judge(contenders, { call, types: { ...types, x }, encoding, cost, matrix, reuse }).winner.asked === true;
}

function readerOf({ kind, tied }: Role, operand: string): Reader {
  if (tied.includes(operand)) return 'tied';
  if (kind === 'layer' && operand === 'x') return 'layer';
  return kind === 'either' ? 'either' : 'wide';
}

/** A launch in a graph, as bytes that could be moved instead: 1.5 µs at 3350 bytes a nanosecond. */
const launchBytes = 5e6;

/** Bytes that are not moved if a value lies in pieces, and not where all are wide. */
function savedIn({ node: { type }, role, readers }: Value, element: Element): number {
  const size = count(type.shape);
  const less = (4 - element.bytes) * size;
  const conversion = launchBytes + (4 + element.bytes) * size;
  const written = role.kind === 'layer' || role.kind === 'alike';
  const narrowed = readers.includes('layer');
  const widened = readers.some((reader) => reader === 'wide' || reader === 'caller');
  const others = readers.filter((reader) => reader === 'tied' || reader === 'either').length;
  const made = written ? less + (narrowed ? conversion : 0) - (widened ? conversion : 0) : narrowed ? 0 : -conversion;
  return made + others * less;
}

/** Of a result of wide numbers: what layers alone read, or callers, is written as they take it. */
function wideLayout({ op, type }: Call, { tied }: Role, readers: readonly Reader[]): Layout {
  const asIs = tied.length === 0 && readers.every((reader) => reader === 'layer' || reader === 'caller');
  return op.kind === 'conv2d' && !asIs ? planes(type) : plain;
}

/** Sets that grow together. */
function groupsOf<T>(): { of(one: T): T; join(one: T, other: T): void } {
  const parents = new Map<T, T>();
  const of = (one: T): T => {
    const parent = parents.get(one);
    return parent === undefined ? one : of(parent);
  };
  return {
    of,
    join(one, other) {
      const [a, b] = [of(one), of(other)];
      if (a !== b) parents.set(a, b);
    },
  };
}
