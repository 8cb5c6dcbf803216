/**
 * An ONNX model of floats → the same model for kernels of 8-bit integers: pairs of QuantizeLinear and DequantizeLinear
 * around the operators that runtimes have such kernels for. Weights are signed, with a scale for each output channel;
 * activations unsigned, with a scale for each tensor, from values that were seen.
 */
import type { GraphProto, ModelProto, NodeProto, TensorProto } from '../import/onnx/schema.ts';
import { encode } from '../import/onnx/schema.ts';
import type { Extent, Quantised } from './integers.ts';
import { unsignedFor } from './integers.ts';
import type { Pairs } from './qdq-pairs.ts';
import { pairsFor } from './qdq-pairs.ts';

/** Operators with such kernels: layers, with weights as their second operand, and those of activations alone. */
const layers: ReadonlySet<string> = new Set(['Conv', 'Gemm', 'MatMul']);
const plain: ReadonlySet<string> = new Set(
  'Add Mul Sigmoid LeakyRelu MaxPool AveragePool GlobalAveragePool Concat'.split(' '),
);

/** Their kernels take integers and give floats as well: what they give becomes integers only where somebody wants them. */
const givesFloats: ReadonlySet<string> = new Set(['Gemm', 'MatMul']);

/** Kernels have these built in: there are no integers between. */
const builtIn: ReadonlySet<string> = new Set(['Relu', 'Clip']);

/** Names of the tensors whose extents `quantise` wants to know; some may hold no floats. */
export function tensorsToSee(graph: GraphProto): readonly string[] {
  const facts = factsOf(graph);
  const nodes = graph.node.filter(({ opType }) => layers.has(opType) || plain.has(opType));
  return [...new Set(nodes.flatMap((node) => [...activationsOf(node, facts), ...resultOf(node, facts)]))];
}

/** The bytes of the model. Tensors of floats that were seen have an extent; the others stay as they are. */
export function quantise(model: ModelProto, graph: GraphProto, extents: ReadonlyMap<string, Extent>): Uint8Array {
  const facts = factsOf(graph);
  const scales = scalesOf(graph, extents);
  const chosen = new Set(graph.node.filter((node) => isQuantised(node, facts, scales)));
  const wanted = new Set([...chosen].flatMap((node) => [...activationsOf(node, facts), ...resultOf(node, facts)]));
  const pairs = pairsFor(scales);
  /** Tensors are read as integers by everyone, so that each has one consumer, which is the pair. */
  const read = (name: string): string => (wanted.has(name) ? pairs.realOf(name) : name);

  for (const { name } of graph.input) if (wanted.has(name)) pairs.addPair(name);
  for (const node of graph.node) {
    const input = chosen.has(node) ? operandsOf(node, facts, pairs, read) : node.input.map(read);
    pairs.add({ ...fieldsOf(node), input });
    for (const name of node.output) if (wanted.has(name)) pairs.addPair(name);
  }
  const used = new Set([...pairs.nodes.flatMap(({ input }) => input), ...graph.output.map(({ name }) => name)]);
  return encode('ModelProto', {
    ...fieldsOf(model),
    graph: {
      ...fieldsOf(graph),
      node: pairs.nodes,
      initializer: [...graph.initializer.filter(({ name }) => used.has(name)), ...pairs.tensors],
    },
  });
}

interface Facts {
  readonly constants: ReadonlyMap<string, TensorProto>;
  readonly uses: ReadonlyMap<string, readonly NodeProto[]>;
  readonly outputs: ReadonlySet<string>;
}

function factsOf(graph: GraphProto): Facts {
  const uses = new Map<string, NodeProto[]>();
  for (const node of graph.node) for (const name of node.input) uses.set(name, [...(uses.get(name) ?? []), node]);
  return {
    constants: new Map(graph.initializer.map((tensor) => [tensor.name, tensor])),
    uses,
    outputs: new Set(graph.output.map(({ name }) => name)),
  };
}

/** The operands that are computed and become integers. */
function activationsOf({ opType, input }: NodeProto, { constants }: Facts): readonly string[] {
  const operands = layers.has(opType) ? input.slice(0, 2) : input;
  return operands.filter((name) => name !== '' && !constants.has(name));
}

/** The result that becomes integers: behind an activation that the kernel has built in. */
function resultOf({ opType, output: [output] }: NodeProto, { uses, outputs }: Facts): readonly string[] {
  if (givesFloats.has(opType) || outputs.has(output)) return [];
  const [next, ...more] = uses.get(output) ?? [];
  const result = next && more.length === 0 && builtIn.has(next.opType) ? next.output[0] : output;
  return outputs.has(result) ? [] : [result];
}

function isQuantised(node: NodeProto, facts: Facts, scales: ReadonlyMap<string, Quantised>): boolean {
  const { opType, input } = node;
  const { constants } = facts;
  const computed = activationsOf(node, facts);
  if (computed.length === 0 || ![...computed, ...resultOf(node, facts)].every((name) => scales.has(name))) return false;
  const stored = input.flatMap((name) => constants.get(name) ?? []);
  // A bound, an exponent: only whole operands of floats are held as integers.
  if (!stored.every(isFloat)) return false;
  if (plain.has(opType)) return true;
  const weights = constants.get(input[1]);
  if (opType === 'MatMul') return !weights || weights.dims.length === 2;
  const isPlainGemm = opType !== 'Gemm' || ['alpha', 'beta'].every((name) => (attribute(node, name)?.f ?? 1) === 1);
  const isTransposed = opType === 'Gemm' && Number(attribute(node, 'transA')?.i ?? 0) !== 0;
  return (
    layers.has(opType) && weights !== undefined && stored.length === input.length - 1 && isPlainGemm && !isTransposed
  );
}

/** Names of the operands as integers that were made floats again. */
function operandsOf(
  node: NodeProto,
  { constants }: Facts,
  pairs: Pairs,
  read: (name: string) => string,
): readonly string[] {
  const [x, w, bias] = node.input;
  const weights = constants.get(w);
  if (!layers.has(node.opType) || !weights)
    return node.input.map((name) => {
      const constant = constants.get(name);
      return constant ? pairs.constant(constant) : read(name);
    });
  const rows = node.opType === 'Conv' || Number(attribute(node, 'transB')?.i ?? 0) === 1;
  const packed = pairs.weights(weights, rows ? 0 : 1);
  const offsets = bias === undefined ? undefined : constants.get(bias);
  return [read(x), packed.name, ...(offsets ? [pairs.bias(offsets, x, packed)] : [])];
}

/** What picks the largest gives what it is given, as the same integers. */
function scalesOf(graph: GraphProto, extents: ReadonlyMap<string, Extent>): ReadonlyMap<string, Quantised> {
  const scales = new Map(Array.from(extents, ([name, extent]) => [name, unsignedFor(extent)]));
  for (const { opType, input, output } of graph.node) {
    const given = scales.get(input[0]);
    if (opType === 'MaxPool' && given && scales.has(output[0])) scales.set(output[0], given);
  }
  return scales;
}

const attribute = (node: NodeProto, name: string) => node.attribute.find((a) => a.name === name);

const isFloat = ({ dataType }: TensorProto): boolean => dataType === 1;

/** The fields that a message has of its own; protobufjs keeps its defaults in the prototype. */
const fieldsOf = <M extends object>(message: M): Partial<M> => ({ ...message });
