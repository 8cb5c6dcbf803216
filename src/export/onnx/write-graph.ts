/** The nodes of a graph, one after the other, as nodes of an ONNX file. */
import { bug } from '../../diagnostic.ts';
import type { Call, Graph, Id, Node } from '../../graph/graph.ts';
import { nodesById, operandsOf } from '../../graph/graph.ts';
import { rulesOf } from '../../ops/index.ts';
import type { OnnxFile, Port } from './file.ts';
import { elementOf, onnxFile } from './file.ts';
import type { Layer } from './layer.ts';
import type { Order } from './order.ts';
import { plainOrder } from './order.ts';
import type { Range } from './ranges.ts';
import { rangesOf } from './ranges.ts';
import { writeCall } from './rows.ts';
import type { Values } from './values.ts';
import { valuesIn } from './values.ts';
import { wantsOf } from './wants.ts';

export interface Written {
  readonly content: OnnxFile;
  readonly outputs: readonly Port[];
}

export function writeGraph(graph: Graph, opset: number): Written {
  const content = onnxFile();
  const values = valuesIn(content);
  const byId = nodesById(graph);
  const stems = stemsOf(graph);
  const wantOf = wantsOf(graph);
  const ranges = rangesOf(graph);
  const stemOf = ({ id }: Node): string => stems.get(id) ?? id;
  for (const node of graph.nodes) {
    const { type } = node;
    if (node.kind === 'constant') values.constant(node, stemOf(node));
    else if (node.kind === 'input') {
      const tensor = content.input(node.name, type);
      values.hold(node, { tensor, order: plainOrder(type.shape.length), element: elementOf[type.dtype] }, node.name);
    } else {
      const result = writeCall(node.op, layerOf(node, stemOf(node), { opset, content, values, byId, wantOf, ranges }));
      values.hold(node, result, stemOf(node));
      content.call(result.tensor, stemOf(node));
    }
  }
  const outputs = graph.outputs.map(({ name, id }): Port => {
    const { type } = byId.get(id) ?? bug(`%${id} is not in the graph`);
    return { name, type, tensor: values.view(id, plainOrder(type.shape.length), elementOf[type.dtype]) };
  });
  return { content, outputs };
}

interface Surroundings {
  readonly opset: number;
  readonly content: OnnxFile;
  readonly values: Values;
  readonly byId: ReadonlyMap<Id, Node>;
  readonly wantOf: (id: Id) => Order | undefined;
  readonly ranges: ReadonlyMap<Id, Range>;
}

function layerOf(call: Call, stem: string, { opset, content, values, byId, wantOf, ranges }: Surroundings): Layer {
  const operands = operandsOf(call, byId);
  const types = Object.fromEntries(Object.entries(operands).map(([name, node]) => [name, node.type]));
  const rankOf = (name: string): number => types[name].shape.length;
  const own = (name: string) => elementOf[types[name].dtype];
  return {
    opset,
    types,
    type: call.type,
    want: wantOf(call.id),
    views: (name) => values.views(operands[name].id),
    known(name) {
      const node = operands[name];
      return node.kind === 'constant' ? node.data : undefined;
    },
    range: (name) => ranges.get(operands[name].id),
    view: (name, order = plainOrder(rankOf(name)), element = own(name)) =>
      values.view(operands[name].id, order, element),
    shaped: (name, shape, element = own(name)) => values.shaped(operands[name].id, shape, element),
    aligned: (name, order, element = own(name)) => values.aligned(operands[name].id, order.length, order, element),
    node: (opType, inputs, attributes = {}) => content.node(opType, inputs, attributes, stem)[0],
    nodes: (opType, inputs, attributes, outputs) => content.node(opType, inputs, attributes, stem, outputs),
    elementOf: content.elementOf,
    numberOf: content.numberOf,
    maker: content.maker,
    sizeOf: content.sizeOf,
    size: content.size,
    reshape: (tensor, shape) => content.reshape(tensor, shape, stem),
    constant: content.constant,
  };
}

/** What values would like to be called: as in the model; constants without a name of their own after the first that uses them. */
function stemsOf({ nodes }: Graph): ReadonlyMap<Id, string> {
  const calls = nodes.filter((n) => n.kind === 'call');
  const stems = new Map<Id, string>(calls.map((call) => [call.id, call.origin || call.id]));
  const layers = new Set(stems.values());
  const own = nodes.filter((n) => n.kind === 'constant' && n.origin && !layers.has(n.origin));
  for (const { id, origin = id } of own) stems.set(id, origin);
  for (const { op, inputs, id } of calls)
    for (const [i, name] of rulesOf(op).operands(op).entries())
      if (!stems.has(inputs[i])) stems.set(inputs[i], `${stems.get(id)}/${name}`);
  return stems;
}
