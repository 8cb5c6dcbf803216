/** Batch normalisation, and every other scale and shift of channels, becomes part of a layer. */
import type { Call, Constant, Graph, Id } from '../src/graph/graph.ts';
import { useCounts } from '../src/graph/graph.ts';
import type { Emitter } from '../src/graph/rewrite.ts';
import { rewriteNodes } from '../src/graph/rewrite.ts';
import type { Pass } from '../src/pass.ts';
import { rescaled, withQuantity } from '../src/tensor/quantity.ts';
import type { Affine } from './matching/affine.ts';
import { affineOf, isShift } from './matching/affine.ts';
import type { Floats } from './matching/constants.ts';
import { floats, scaledUnitsOf } from './matching/constants.ts';
import type { Layer } from './matching/layers.ts';
import { layerOf, openLayer, residualOf, withParameters } from './matching/layers.ts';
import { untilStable } from './matching/stable.ts';

/**
 * In this order: into the layer before, row by row; into the layer after, column by column, a shift only where no
 * padding would show it; and a normalisation of pictures that is left becomes a depthwise layer of 1x1, which can take
 * on the activation that follows. Scales are computed in double precision and rounded once. Weights that stand for whole numbers
 * still do when their rows were scaled.
 */
export const fuseBatchNorm: Pass = {
  name: 'fuse-batch-norm',
  doc: 'scales the weights and bias of a layer by the per-channel factors that come after or before it',

  // What is left as a layer of its own may take on what stands beside it.
  run: (graph) => untilStable(graph, (now) => standAlone(fuse(now))),
};

function fuse(graph: Graph): Graph {
  const uses = useCounts(graph);
  return rewriteNodes(graph, (node, emitter) => {
    if (node.kind !== 'call') return node;
    const affine = affineOf(node, emitter.byId);
    if (!affine) return scaledColumns(node, uses, emitter);
    const layer = isShift(affine) ? undefined : openLayer(affine.x, emitter.byId, uses);
    return layer && residualOf(layer.call) === undefined ? scaledRows(layer, affine, node.id, emitter) : node;
  });
}

const standAlone = (graph: Graph): Graph =>
  rewriteNodes(graph, (node, emitter) => {
    if (node.kind !== 'call' || node.op.kind !== 'batch-norm' || node.type.shape.length !== 4) return node;
    const affine = affineOf(node, emitter.byId);
    return affine ? depthwise(node, affine, emitter) : node;
  });

/** scale · (W x + b) + shift = (scale W) x + (scale b + shift). */
function scaledRows(layer: Layer, { scale, shift }: Affine, id: Id, emitter: Emitter): Call {
  const { weights, bias, outputs } = layer;
  const row = weights.data.length / outputs;
  const made = scaled(weights, (at) => scale[Math.floor(at / row)], emitter);
  const { quantity, shape } = weights.type;
  const quantised = quantity && rescaled(quantity, shape, weights.data, scale);
  const parameters = {
    weights:
      scaledUnitsOf(weights, scale, emitter) ??
      (quantised ? { ...made, data: quantised.data, type: withQuantity(made.type, quantised.quantity) } : made),
    bias: floats(
      emitter.fresh(bias.id),
      [outputs],
      Float32Array.from(bias.data, (b, o) => b * scale[o] + shift[o]),
      bias,
    ),
  };
  return withParameters(layer, id, parameters, emitter);
}

interface Before {
  readonly affine: Affine;
  /** The reshape that comes between the affine call and the layer, if one does. */
  readonly reshape?: Call;
}

/** The affine call that a layer alone reads, past a reshape that keeps channels last. */
function affineBefore({ x: id }: Layer, uses: ReadonlyMap<Id, number>, byId: Emitter['byId']): Before | undefined {
  const x = byId.get(id);
  if (!x || uses.get(id) !== 1) return undefined;
  const direct = affineOf(x, byId);
  if (direct || x.kind !== 'call' || x.op.kind !== 'reshape') return direct && { affine: direct };
  const from = byId.get(x.inputs[0]);
  const keepsLast = from?.type.shape.at(-1) === x.type.shape.at(-1) && uses.get(x.inputs[0]) === 1;
  const affine = keepsLast ? affineOf(from, byId) : undefined;
  return affine && { affine, reshape: x };
}

/** W (scale · x + shift) + b = (W scale) x + (W shift + b), for each affine call that the layer alone reads. */
function scaledColumns(node: Call, uses: ReadonlyMap<Id, number>, emitter: Emitter): Call {
  const layer = layerOf(node, emitter.byId);
  const { affine, reshape } = (layer && affineBefore(layer, uses, emitter.byId)) ?? {};
  if (!layer || !affine || (!showsNoPadding(layer) && affine.shift.some((s) => s !== 0))) return node;
  const { weights, bias, outputs } = layer;
  const columns = weights.type.shape.at(-1) ?? 1;
  const row = weights.data.length / outputs;
  const groups = layer.call.op.kind === 'conv2d' ? layer.call.op.groups : 1;
  const channelOf = (at: number): number =>
    Math.floor((Math.floor(at / row) * groups) / outputs) * columns + (at % columns);
  const sums = Float64Array.from(bias.data);
  for (const [at, w] of weights.data.entries()) sums[Math.floor(at / row)] += w * affine.shift[channelOf(at)];
  const { call } = layer;
  const parameters = {
    weights: scaled(weights, (at) => affine.scale[channelOf(at)], emitter),
    bias: floats(emitter.fresh(bias.id), [outputs], sums, bias),
  };
  const [, ...rest] = call.inputs;
  const x = reshape ? emitter.emit({ ...reshape, id: emitter.fresh(reshape.id), inputs: [affine.x] }) : affine.x;
  return scaledColumns(
    withParameters({ ...layer, call: { ...call, inputs: [x, ...rest] } }, node.id, parameters, emitter),
    uses,
    emitter,
  );
}

/** Weights with a factor for each place. A factor of 0 prunes: what it meets is kept no longer, whatever the mask says. */
function scaled(weights: Floats, factor: (at: number) => number, { fresh }: Emitter): Constant {
  const { data, mask } = weights;
  return {
    ...weights,
    id: fresh(weights.id),
    type: withQuantity(weights.type),
    data: data.map((w, at) => w * factor(at)),
    ...(mask && { mask: mask.map((kept, at) => (factor(at) === 0 ? 0 : kept)) }),
  };
}

/** Whether every output sees as many inputs as any other. */
function showsNoPadding({ call: { op } }: Layer): boolean {
  if (op.kind === 'linear') return true;
  return op.kind === 'conv2d' && op.pad.every((p) => p === 0);
}

/** The normalisation as a layer of its own. */
function depthwise(node: Call, { x, scale, shift }: Affine, { emit, fresh }: Emitter): Call {
  const channels = scale.length;
  const weights = emit(floats(fresh(`${node.id}_scale`), [channels, 1, 1, 1], scale, node));
  const bias = emit(floats(fresh(`${node.id}_shift`), [channels], shift, node));
  return {
    ...node,
    op: {
      kind: 'conv2d',
      stride: [1, 1],
      dilation: [1, 1],
      pad: [0, 0, 0, 0],
      groups: channels,
      activation: 'none',
    },
    inputs: [x, weights, bias],
  };
}
