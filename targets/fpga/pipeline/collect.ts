/**
 * A quantised graph as stages. Real numbers stay outside: `quantize` of an input and `dequantize` of an output are
 * the caller's. What no stage computes is told all at once.
 */
import type { Diagnostic } from '../../../src/diagnostic.ts';
import type { Call, Constant, Graph, Id, Node } from '../../../src/graph/graph.ts';
import { nodesById, operandsOf, originOf, useCounts } from '../../../src/graph/graph.ts';
import type { Conv2d } from '../../../src/ops/conv2d.ts';
import type { Dequantize } from '../../../src/ops/dequantize.ts';
import type { Linear } from '../../../src/ops/linear.ts';
import type { Quantize } from '../../../src/ops/quantize.ts';
import type { DType, TensorType } from '../../../src/tensor/type.ts';
import type { Layer } from '../contract/layer.ts';
import { wholeBits } from './bounds.ts';
import type { Draft, DraftStage, DraftValue, Work } from './draft.ts';
import { forked } from './fork.ts';
import { isEnding, layerAt } from './layers.ts';
import { channelPads, padsChannels } from './pads.ts';
import type { Port } from './pipeline.ts';
import { spreadOf } from './spread.ts';
import { bitsOf, workOf } from './work.ts';

export interface Collected {
  readonly draft: Draft;
  readonly problems: readonly Diagnostic[];
  /** Calls that no stage computes, and the rest of the sentence "`op` …". */
  readonly refused: ReadonlyMap<Id, string>;
  /** Calls that stages compute, or that are nothing on a stream; with its layer where one has weights. */
  readonly taken: ReadonlyMap<Id, Layer | undefined>;
  /** Signed bits of one element of each value that is a stream, or would be if what computes it were a stage. */
  readonly bits: ReadonlyMap<Id, number>;
}

export function collect(graph: Graph): Collected {
  const byId = nodesById(graph);
  const uses = useCounts(graph);
  const consumers = consumersOf(graph);
  const stages: DraftStage[] = [];
  const values: DraftValue[] = [];
  const inputs: Port[] = [];
  const outputs: Port[] = [];
  const refused = new Map<Id, string>();
  const taken = new Map<Id, Layer | undefined>();
  const streams = new Map<Id, number>();
  const fused = new Set<Id>();
  const names = new Set<string>();

  /** What reads it is judged as if it were there: everything that is to be told is told at once. */
  const refuse = (node: Call, what: string): void => {
    refused.set(node.id, what);
    if (node.type.dtype !== 'i32') return;
    const from = node.inputs.flatMap((id) => values[streams.get(id) ?? -1]?.bits ?? []);
    value(node, wholeBits(node, byId, from));
  };
  const value = (node: Node, bits: number): number => {
    const stream = values.push({ id: node.id, shape: node.type.shape, bits }) - 1;
    streams.set(node.id, stream);
    return stream;
  };

  /** The layer with what rescales its sums, which is then done. */
  const layer = (node: Call & { readonly op: Conv2d | Linear }, x: number): void => {
    const after = uses.get(node.id) === 1 ? consumers.get(node.id)?.[0] : undefined;
    const ending = after && isEnding(after, operandsOf(after, byId)) ? after : undefined;
    const made = layerAt({
      call: node,
      operands: operandsOf(node, byId),
      ending: ending && { call: ending, operands: operandsOf(ending, byId) },
      bits: values[x].bits,
    });
    if (typeof made === 'string') {
      refuse(node, made);
      return;
    }
    if (ending) fused.add(ending.id);
    for (const { id } of ending ? [node, ending] : [node]) taken.set(id, id === node.id ? made : undefined);
    const bits = made.ending ? bitsOf(made.ending.low, made.ending.high) : made.sumBits;
    put({ kind: 'compute', layer: made }, [x], node, value(ending ?? node, bits));
  };
  const pass = (node: Call, stream: number): void => {
    streams.set(node.id, stream);
    taken.set(node.id, undefined);
  };
  const put = (work: Work, from: readonly number[], { origin }: Node, to: number): void => {
    let name = `${work.kind}_${values[to].id}`;
    while (names.has(name)) name += '_';
    names.add(name);
    stages.push({ ...work, name, origin, inputs: from, outputs: [to] });
  };

  /** Streams with a repetition before them where they are smaller than the result. */
  const repeated = (node: Call, from: readonly number[]): readonly number[] =>
    from.map((stream, i) => {
      const { type } = Object.values(operandsOf(node, byId))[i];
      const work = spreadOf(type, node.type);
      if (work === undefined) return stream;
      if (typeof work === 'string') {
        refuse(node, work);
        return stream;
      }
      const { bits } = values[stream];
      const to = values.push({ id: `${node.id}_${values.length}`, shape: node.type.shape, bits }) - 1;
      put(work, [stream], node, to);
      return to;
    });

  for (const node of graph.nodes) {
    const whole = node.kind === 'input' ? wholeInputs[node.type.dtype] : undefined;
    if (node.kind === 'input' && whole !== undefined)
      inputs.push({ name: node.name, stream: value(node, whole), scale: undefined, zero: 0 });
    if (node.kind !== 'call' || fused.has(node.id)) continue;
    const { op } = node;
    const operands = operandsOf(node, byId);
    if (op.kind === 'quantize') {
      const source = unmoved(operands.x, byId);
      if (source.kind !== 'input') {
        refuse(node, 'makes whole numbers of real ones that are computed before');
        continue;
      }
      const pair = onePair(op, operands);
      if (pair) inputs.push({ name: source.name, stream: value(node, bitsOf(op.low, op.high)), ...pair });
      else refuse(node, 'takes one scale and zero for all of an input');
      continue;
    }
    const from = Object.values(operands).flatMap(({ kind, id }) => (kind === 'constant' ? [] : [streams.get(id)]));
    if (op.kind === 'dequantize') {
      const given = graph.outputs.filter((o) => unmoved(byId.get(o.id) ?? node, byId).id === node.id);
      const pair = onePair(op, operands);
      if (given.length > 0 && !pair) refuse(node, 'takes one scale and zero for all of an output');
      for (const { name } of given) if (pair && from[0] !== undefined) outputs.push({ name, stream: from[0], ...pair });
      continue;
    }
    // Real numbers are the caller's, who may give and take them in another order.
    if (node.type.dtype === 'f32' && isMove(node)) continue;
    if (node.type.dtype !== 'i32') {
      refuse(node, 'computes with real numbers');
      continue;
    }
    const known = from.filter((s) => s !== undefined);
    if (known.length < from.length || known.length === 0) {
      refuse(node, known.length < from.length ? 'is given real numbers' : 'is given no stream');
      continue;
    }
    if (node.type.shape.length > 2 && node.type.shape[0] !== 1)
      refuse(node, `takes one picture at a time and is given ${node.type.shape[0]}`);
    else if (op.kind === 'reshape' || op.kind === 'cast') pass(node, known[0]);
    else if (op.kind === 'pad' && padsChannels(op)) {
      const next = (type: TensorType, bits: number): number =>
        values.push({ id: `${node.id}_${values.length}`, shape: type.shape, bits }) - 1;
      for (const { work, from: own, to } of channelPads(op, node, known[0], values[known[0]], next))
        put(work, own, node, to);
      pass(node, values.length - 1);
    } else if (op.kind === 'conv2d' || op.kind === 'linear') layer({ ...node, op }, known[0]);
    else {
      const made = workOf({ op, call: node, operands, bits: known.map((s) => values[s].bits) });
      if (typeof made === 'string') refuse(node, made);
      else {
        const given = op.kind === 'binary' ? repeated(node, known) : known;
        if (refused.has(node.id)) continue;
        taken.set(node.id, undefined);
        put(made.work, given, node, value(node, made.bits));
      }
    }
  }
  for (const { name, id } of graph.outputs) {
    const stream = streams.get(id);
    if (stream !== undefined) outputs.push({ name, stream, scale: undefined, zero: 0 });
  }
  const problems = Array.from(refused, ([id, what]) => problemOf(graph, byId.get(id) as Call, what));
  const bits = new Map(Array.from(streams, ([id, stream]) => [id, values[stream].bits]));
  return { draft: forked({ stages, values, inputs, outputs }), problems, refused, taken, bits };
}

/** Inputs that are whole numbers already, by the bits that they come in. */
const wholeInputs: Readonly<Partial<Record<DType, number>>> = { i8: 8, i16: 16, i32: 32 };

const problemOf = (graph: Graph, node: Call, what: string): Diagnostic => ({
  severity: 'error',
  code: 'fpga/no-engine',
  message: `"${node.op.kind}" ${what}`,
  origin: originOf(graph, node),
  hint: 'hand what has no engine to the CPU with --split, or use an operator that has one',
});

/** Whether a node has the numbers that it is given, in another order or shape. */
const isMove = (node: Node): node is Call =>
  node.kind === 'call' && (node.op.kind === 'transpose' || node.op.kind === 'reshape' || node.op.kind === 'relayout');

/** Where the numbers of a node come from, before they were moved. */
export function unmoved(node: Node, byId: ReadonlyMap<Id, Node>): Node {
  let at = node;
  while (isMove(at)) {
    const before = byId.get(at.inputs[0]);
    if (!before) break;
    at = before;
  }
  return at;
}

/** The scale and zero that all of a value has. */
function onePair({ axis }: Quantize | Dequantize, { scale, zero }: Readonly<Record<string, Node>>) {
  if (axis >= 0 || scale.kind !== 'constant' || zero.kind !== 'constant') return undefined;
  return { scale: (scale as Constant).data[0], zero: (zero as Constant).data[0] };
}

function consumersOf({ nodes }: Graph): ReadonlyMap<Id, readonly Call[]> {
  const out = new Map<Id, Call[]>();
  for (const node of nodes) {
    if (node.kind !== 'call') continue;
    for (const id of node.inputs) out.set(id, [...(out.get(id) ?? []), node]);
  }
  return out;
}
