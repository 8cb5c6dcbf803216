/**
 * Channels that do not depend on any input. A layer whose row has no weights gives its activated bias everywhere; what
 * is computed from such channels alone is as constant, though at a padded border it differs from place to place.
 */
import { evaluateCall } from '../../src/graph/evaluate.ts';
import type { Call, Graph, Id } from '../../src/graph/graph.ts';
import { nodesById } from '../../src/graph/graph.ts';
import type { Op } from '../../src/ops/index.ts';
import type { Value } from '../../src/ops/rules.ts';
import type { Shape } from '../../src/tensor/type.ts';
import { elements, tensor } from '../../src/tensor/type.ts';
import type { ById } from '../matching/constants.ts';
import { floatsOf } from '../matching/constants.ts';
import type { Link } from './links.ts';
import { linksOf } from './links.ts';
import type { Mixing } from './mixing.ts';
import { evaluatePart, macsOf, mixingOf } from './mixing.ts';
import type { Kept } from './select.ts';
import { everyIndex, selectFloats } from './select.ts';
import { thinOp } from './thin.ts';

export interface Static {
  /** Channels that are known, in order. */
  readonly kept: Kept;
  /** They alone: the value's shape with as many channels as are known. */
  readonly data: Float32Array<ArrayBuffer>;
}

export type Statics = ReadonlyMap<Id, Static>;

/** More numbers than this are not kept for a value: it counts as unknown. */
const mostNumbers = 1 << 22;
/** Nor is more work done to know it. */
const mostMacs = 1 << 28;

/** What is known of each call; calls of which nothing is known are not listed. */
export function staticsOf(graph: Graph): Statics {
  const byId = nodesById(graph);
  const statics = new Map<Id, Static>();
  for (const node of graph.nodes) {
    if (node.kind !== 'call' || node.type.dtype !== 'f32') continue;
    const mixing = mixingOf(node, byId);
    const found = mixing ? rowsKnown(mixing, statics.get(mixing.x), byId) : channelsKnown(node, statics, byId);
    const finite = found && onlyFinite(found);
    if (finite && finite.kept.length > 0) statics.set(node.id, finite);
  }
  return statics;
}

function rowsKnown(layer: Mixing, x: Static | undefined, byId: ById): Static | undefined {
  const { inputs, outputs, reads, call } = layer;
  const known = new Uint8Array(inputs);
  for (const c of x?.kept ?? []) known[c] = 1;
  const isKnown = (o: number): boolean => {
    for (let c = 0; c < inputs; c++) if (reads[o * inputs + c] === 1 && known[c] === 0) return false;
    return true;
  };
  const rows = everyIndex(outputs).filter(isKnown);
  const used = everyIndex(inputs).filter((c) => rows.some((o) => reads[o * inputs + c] === 1));
  const places = elements(call.type.shape) / outputs;
  if (rows.length === 0 || places * rows.length > mostNumbers) return undefined;
  // Rows that read nothing are asked about an input of zeros.
  const columns = used.length > 0 ? used : [0];
  if (macsOf(layer, rows.length, columns.length) > mostMacs) return undefined;
  const shape = byId.get(layer.x)?.type.shape ?? [];
  const data = channelsOf(used.length > 0 ? x : undefined, columns, shape);
  return { kept: rows, data: evaluatePart(layer, { rows, columns, data, whole: true }, byId) };
}

/** The channels asked for, with zeros for those that are not known. */
function channelsOf(known: Static | undefined, channels: Kept, shape: Shape): Float32Array<ArrayBuffer> {
  const places = elements(shape.slice(0, -1));
  const data = new Float32Array(places * channels.length);
  const at = new Map(known?.kept.map((c, i) => [c, i]));
  for (const [to, c] of channels.entries()) {
    const from = at.get(c);
    if (!known || from === undefined) continue;
    const stride = known.kept.length;
    for (let p = 0; p < places; p++) data[p * channels.length + to] = known.data[p * stride + from];
  }
  return data;
}

function channelsKnown(call: Call, statics: Statics, byId: ById): Static | undefined {
  const shapes = call.inputs.map((id) => byId.get(id)?.type.shape ?? []);
  const links = linksOf(call, shapes);
  const count = call.type.shape.at(-1);
  if (!links || count === undefined || elements(call.type.shape) > 4 * mostNumbers) return undefined;
  const parts = call.inputs.map((id, operand) => statics.get(id) ?? constantPart(id, shapes[operand], byId));
  if (parts.every((part) => part === undefined) && !hasZeros(call)) return undefined;
  const known = knownChannels(call, links, parts, count, byId);
  if (known.length === 0) return undefined;
  const asked = whole(known, links, parts);
  const data = evaluateChannels(call, asked, { links, parts, shapes, byId });
  const wanted = new Set(known);
  const kept = everyIndex(asked.length).filter((i) => wanted.has(asked[i]));
  const shape = [...call.type.shape.slice(0, -1), asked.length];
  return { kept: known, data: selectFloats(data, shape, shape.length - 1, kept) };
}

/**
 * The channels to compute so that `known` come out: operands of which nothing is known lend a channel of zeros, so
 * that none is empty, and what one channel goes into comes along.
 */
function whole(known: Kept, links: readonly Link[], parts: readonly (Static | undefined)[]): Kept {
  const asked = new Set(known);
  for (const { operand, from, to, spread } of links) {
    if (spread) continue;
    const used = new Set(from.filter((_, i) => asked.has(to[i])));
    if (!parts[operand]) used.add(from[0]);
    for (const [i, c] of to.entries()) if (used.has(from[i])) asked.add(c);
  }
  return [...asked].sort((a, b) => a - b);
}

/** Operators of which something may be known when nothing is known of their operands. */
const hasZeros = ({ op }: Call): boolean =>
  op.kind === 'conv2d' || op.kind === 'pad' || op.kind === 'batch-norm' || (op.kind === 'binary' && op.fn === 'mul');

function constantPart(id: Id, shape: Shape, byId: ById): Static | undefined {
  const constant = floatsOf(id, byId);
  return constant && { kept: everyIndex(shape.at(-1) ?? 1), data: constant.data };
}

/** Channels whose operands are all known, or that no operand can change. */
function knownChannels(
  call: Call,
  links: readonly Link[],
  parts: readonly (Static | undefined)[],
  count: number,
  byId: ById,
): Kept {
  const unknown = new Uint8Array(count);
  for (const { operand, from, to } of links) {
    const known = new Set(parts[operand]?.kept);
    for (const [i, c] of to.entries()) if (!known.has(from[i])) unknown[c] = 1;
  }
  const fixed = annulled(call, links, parts, byId);
  return everyIndex(count).filter((c) => unknown[c] === 0 || fixed(c));
}

/** Channels that are multiplied by nothing but zero. */
function annulled(
  { op, inputs }: Call,
  links: readonly Link[],
  parts: readonly (Static | undefined)[],
  byId: ById,
): (channel: number) => boolean {
  if (op.kind === 'conv2d') {
    const weights = floatsOf(inputs[1], byId);
    if (!weights) return () => false;
    const row = weights.data.length / weights.type.shape[0];
    const live = weights.mask ?? weights.data;
    return (c) => live.subarray(c * row, (c + 1) * row).every((v) => v === 0);
  }
  if (op.kind === 'batch-norm') {
    const gamma = floatsOf(inputs[1], byId);
    return (c) => gamma?.data[c] === 0;
  }
  if (op.kind !== 'binary' || op.fn !== 'mul') return () => false;
  const zero = links.map(({ operand, from }) => {
    const part = parts[operand];
    const width = part?.kept.length ?? 1;
    const at = new Map(part?.kept.map((channel, i) => [channel, i]));
    return (c: number): boolean => {
      const i = at.get(from[c]);
      return part !== undefined && i !== undefined && part.data.every((v, j) => j % width !== i || v === 0);
    };
  });
  return (c) => zero.some((isZero) => isZero(c));
}

interface Asked {
  readonly links: readonly Link[];
  readonly parts: readonly (Static | undefined)[];
  readonly shapes: readonly Shape[];
  readonly byId: ById;
}

/** The call on the channels that lead to `asked` alone. */
function evaluateChannels(call: Call, asked: Kept, { links, parts, shapes, byId }: Asked): Float32Array<ArrayBuffer> {
  const wanted = new Set(asked);
  const channels = new Map(
    links.map((l) => [l.operand, [...new Set(l.from.filter((_, i) => wanted.has(l.to[i])))].sort((a, b) => a - b)]),
  );
  const values = call.inputs.map((id, operand): Value => {
    const kept = channels.get(operand);
    if (kept) return operandPart(parts[operand], kept, shapes[operand]);
    return parameterPart(id, asked, byId);
  });
  const op: Op = thinOp(call.op, { shape: shapes[0], from: channels.get(0) ?? [], to: asked });
  const type = tensor('f32', [...call.type.shape.slice(0, -1), asked.length]);
  return Float32Array.from(evaluateCall({ op, type }, values));
}

function operandPart(part: Static | undefined, kept: Kept, shape: Shape): Value {
  if (shape.length === 0) return { type: tensor('f32', shape), data: part?.data ?? new Float32Array(1) };
  return { type: tensor('f32', [...shape.slice(0, -1), kept.length]), data: channelsOf(part, kept, shape) };
}

/** Weights and the like: one row for each channel of the result, or one for all. */
function parameterPart(id: Id, rows: Kept, byId: ById): Value {
  const constant = floatsOf(id, byId);
  const shape = constant?.type.shape ?? [1];
  const data = constant?.data ?? new Float32Array(1);
  if (data.length === 1) return { type: tensor('f32', shape), data };
  return { type: tensor('f32', [rows.length, ...shape.slice(1)]), data: selectFloats(data, shape, 0, rows) };
}

function onlyFinite({ kept, data }: Static): Static {
  const width = kept.length;
  const finite = new Uint8Array(width).fill(1);
  for (let start = 0; start < data.length; start += width)
    for (let c = 0; c < width; c++) if (!Number.isFinite(data[start + c])) finite[c] = 0;
  if (finite.every((f) => f === 1)) return { kept, data };
  const stay = everyIndex(width).filter((i) => finite[i] === 1);
  return { kept: stay.map((i) => kept[i]), data: selectFloats(data, [data.length / width, width], 1, stay) };
}
