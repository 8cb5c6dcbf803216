/**
 * A quantised graph as others write such: the layers of real numbers, with weights that stand for whole ones, and a pair of
 * `quantize` and `dequantize` behind every value that is whole. What it computes is at most a step or two from what the whole
 * numbers give, since it requantises by real factors; made whole by its own scales it is that graph again.
 */
import { bug } from '../diagnostic.ts';
import type { Call, Constant, Graph, Id, Node } from '../graph/graph.ts';
import { nodesById } from '../graph/graph.ts';
import { dropUnused } from '../graph/rewrite.ts';
import type { Quantity } from '../tensor/quantity.ts';
import { farthest, quantityFault, withQuantity } from '../tensor/quantity.ts';
import { tensor } from '../tensor/type.ts';
import type { Conversion } from './convert.ts';
import type { Form } from './form.ts';
import type { ConvertedWeights } from './site.ts';
import { originIn } from './site.ts';

/** Of real numbers in whole ones of 8 bits, whatever bounds an activation leaves: those are in the activation. */
const byte = { low: -128, high: 127 } as const;

/** `source` is what the conversion was made from, and quantises nothing itself. */
export function inPairs(source: Graph, { graph, layers, forms }: Conversion): Graph {
  const converted = nodesById(graph);
  const made = new Map(layers.flatMap(({ call, weights }) => (weights ? [[call.id, weights] as const] : [])));
  const taken = new Set(source.nodes.map((n) => n.id));
  const nodes: Node[] = [];
  const emit = (node: Node): Id => {
    nodes.push(node);
    return node.id;
  };
  const fresh = (stem: string): Id => {
    let id = stem;
    for (let n = 1; taken.has(id); n++) id = `${stem}_${n}`;
    taken.add(id);
    return id;
  };
  const parameter = (like: Node, what: string, data: Float32Array<ArrayBuffer> | Int32Array<ArrayBuffer>): Id => {
    const type = tensor(data instanceof Float32Array ? 'f32' : 'i32', [1]);
    return emit({ kind: 'constant', id: fresh(`${like.id}_${what}`), type, data, ...originIn(like) });
  };

  /** By the id of a value: what it is once it has been rounded. */
  const rounded = new Map<Id, Id>();
  const pair = (node: Node, { scale, zero }: Form): void => {
    const operands = [parameter(node, 'scale', Float32Array.of(scale)), parameter(node, 'zero', Int32Array.of(zero))];
    const { shape } = node.type;
    const step = (op: Call['op'], x: Id, dtype: 'f32' | 'i32', stem: string): Id =>
      emit({
        kind: 'call',
        id: fresh(stem),
        op,
        inputs: [x, ...operands],
        type: tensor(dtype, shape),
        ...originIn(node),
      });
    const whole = step({ kind: 'quantize', axis: -1, ...byte }, node.id, 'i32', `${node.id}_quantized`);
    rounded.set(node.id, step({ kind: 'dequantize', axis: -1 }, whole, 'f32', `${node.id}_dequantized`));
  };

  /** Whether the call computes real numbers in the quantised graph as well, and so is given such. */
  const staysReal = (node: Node): boolean => {
    const same = converted.get(node.id);
    if (node.kind !== 'call') return true;
    return same?.kind === 'call' && same.op === node.op && same.type.dtype === node.type.dtype;
  };
  const real = new Set(source.nodes.filter(staysReal).map((n) => n.id));
  const seen = (id: Id, asReal: boolean): Id => (asReal && real.has(id) ? id : (rounded.get(id) ?? id));

  const byId = nodesById(source);
  for (const node of source.nodes) {
    if (node.kind !== 'call') emit(node);
    else {
      const inputs = node.inputs.map((id) => seen(id, real.has(node.id)));
      const weights = made.get(node.id);
      const layer = weights && { weights: weightsOf(weights), bias: biasOf(byId.get(node.inputs[2]), weights) };
      const own = layer && [layer.weights, layer.bias].map((c) => emit({ ...c, id: fresh(`${node.id}_${c.id}`) }));
      emit({ ...node, inputs: own ? [inputs[0], ...own, ...inputs.slice(3)] : inputs });
    }
    const form = forms.get(node.id);
    if (form) pair(node, form);
  }
  const outputs = source.outputs.map((o) => ({ ...o, id: seen(o.id, true) }));
  return dropUnused({ ...source, nodes, outputs });
}

/** Real numbers that stand for the whole ones of the layer. */
function weightsOf({ before, after, scales }: ConvertedWeights): Constant {
  const quantity: Quantity = { scale: scales, zero: scales.map(() => 0), axis: 0 };
  const { decomposition } = before.type.quantity ?? {};
  const type = withQuantity(before.type, decomposition ? { ...quantity, decomposition } : quantity);
  return { ...before, type, data: after };
}

/** Steps of the products' scales, unless so many that a real number does not tell them apart. */
function biasOf(before: Node | undefined, { biases, products }: ConvertedWeights): Constant {
  const given = before?.kind === 'constant' ? before : bug('a layer of whole numbers has a bias that it computes');
  const quantity: Quantity = { scale: products.map(Math.fround), zero: products.map(() => 0), axis: 0 };
  const data = Float32Array.from(biases, (b, r) => b * quantity.scale[r]);
  const isKnown = biases.every((b, r) => Math.abs(b) <= farthest && Math.round(data[r] / products[r]) === b);
  const isFine =
    quantityFault(quantity, given.type.shape) === undefined && quantity.scale.every((s) => s >= leastScale);
  return isKnown && isFine ? { ...given, type: withQuantity(given.type, quantity), data } : given;
}

/** Products with smaller ones lose digits. */
const leastScale = 2 ** -126;
