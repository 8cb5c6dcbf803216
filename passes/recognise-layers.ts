/** Layers in disguise: what a convolution, a dense layer or a mean over the picture is, whatever its spelling. */
import type { Call, Graph } from '../src/graph/graph.ts';
import type { Emitter } from '../src/graph/rewrite.ts';
import { rewriteNodes } from '../src/graph/rewrite.ts';
import type { Conv2d } from '../src/ops/conv2d.ts';
import type { Pool2d } from '../src/ops/pool2d.ts';
import type { Pass } from '../src/pass.ts';
import { reshapedQuantity, withQuantity } from '../src/tensor/quantity.ts';
import { elements, tensor } from '../src/tensor/type.ts';
import { floatsOf } from './matching/constants.ts';
import { denseLayer } from './matching/products.ts';

export const recogniseLayers: Pass = {
  name: 'recognise-layers',
  doc: 'turns products with constants and convolutions that see all their input at once into linear, and pools of the whole picture into reduce',

  run: (graph: Graph): Graph =>
    rewriteNodes(graph, (node, emitter) => {
      if (node.kind !== 'call') return node;
      if (node.op.kind === 'matmul') return denseLayer(node, node.op, emitter) ?? node;
      if (node.op.kind === 'conv2d') return fromConvolution(node, node.op, emitter) ?? node;
      return node.op.kind === 'pool2d' ? (fromPool(node, node.op, emitter) ?? node) : node;
    }),
};

/** A convolution with one place to be, its window the whole input: a dense layer on the flat picture. */
function fromConvolution(node: Call, op: Conv2d, { byId, emit, fresh }: Emitter): Call | undefined {
  const [x, w, ...rest] = node.inputs;
  const [n, h, width, i] = byId.get(x)?.type.shape ?? [];
  const weights = floatsOf(w, byId);
  const [o, kh, kw] = weights?.type.shape ?? [];
  const wholly = kh === h && kw === width && op.groups === 1 && !op.residual && op.pad.every((p) => p === 0);
  const dilated = (kh > 1 && op.dilation[0] !== 1) || (kw > 1 && op.dilation[1] !== 1);
  if (!weights || !wholly || dilated) return undefined;
  // Rows of kernels would be none any longer.
  if (weights.type.quantity?.decomposition?.along === 'kernels') return undefined;
  const { shape: window, quantity } = weights.type;
  const type = tensor('f32', [o, kh * kw * i]);
  const kept = quantity && reshapedQuantity(quantity, window, type.shape);
  const matrix = emit({ ...weights, id: fresh(weights.id), type: withQuantity(type, kept) });
  const flat = (id: string, shape: readonly number[], from: string): Call => ({
    ...node,
    id,
    op: { kind: 'reshape', shape },
    inputs: [from],
    type: tensor('f32', shape),
  });
  const linear: Call = { ...node, op: { kind: 'linear', activation: op.activation }, inputs: [x, matrix, ...rest] };
  if (h * width === 1) return linear;
  const input = emit(flat(fresh(`${node.id}_flat`), [n, kh * kw * i], x));
  const product = emit({
    ...linear,
    id: fresh(`${node.id}_linear`),
    inputs: [input, matrix, ...rest],
    type: tensor('f32', [n, o]),
  });
  return flat(node.id, node.type.shape, product);
}

/** A pool over the whole picture: a mean or a maximum over two axes. */
function fromPool(node: Call, op: Pool2d, { byId }: Emitter): Call | undefined {
  const shape = byId.get(node.inputs[0])?.type.shape ?? [];
  const whole = op.window[0] === shape[1] && op.window[1] === shape[2] && op.pad.every((p) => p === 0);
  if (!whole || elements(node.type.shape.slice(1, 3)) !== 1) return undefined;
  return { ...node, op: { kind: 'reduce', fn: op.fn === 'avg' ? 'mean' : 'max', axes: [1, 2], keep: true } };
}
