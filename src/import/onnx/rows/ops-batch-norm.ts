/** ONNX batch normalisation and dropout: what they do in training is not what a compiled model does. */
import { elements } from '../../../tensor/type.ts';
import type { Value } from '../../builder.ts';
import { binary, broadcastTo, cast, reshape, scalar, transpose } from '../../compose.ts';
import { fromLast, toLast } from '../../compose-reduce.ts';
import type { Layer, Row, Rows } from '../layer.ts';
import { inverseRoot, momentsOf } from './ops-normalise.ts';

/** Channels are axis 1; a value with one axis has one channel. */
const batchNorm: Row = (l) => {
  const x = cast(l, l.operand(0), 'f32');
  const { shape } = x.type;
  const epsilon = l.float('epsilon', 1e-5);
  if (l.opset < 9 && !l.flag('spatial', true))
    return l.fail('has statistics for each place of a picture', 'export the model with "spatial" as 1');
  const channels = shape.length === 1 ? 1 : shape[1];
  const vectors = [1, 2, 3, 4].map((i) => cast(l, l.operand(i), 'f32'));
  const odd = vectors.find((v) => elements(v.type.shape) !== channels);
  if (odd) return l.fail(`has ${channels} channels and is given statistics of shape [${odd.type.shape.join(', ')}]`);
  const perChannel = vectors.map((v) => reshape(l, v, [channels]));
  const training = l.opset >= 14 ? l.flag('training_mode', false) : l.outputs > 1;
  if (training) return trained(l, x, perChannel, epsilon);
  const rank = shape.length;
  const last = rank === 1 ? reshape(l, x, [...shape, 1]) : transpose(l, x, toLast(rank, 1));
  const y = l.call({ kind: 'batch-norm', epsilon }, last, ...perChannel);
  return rank === 1 ? reshape(l, y, shape) : transpose(l, y, fromLast(rank, 1));
};

/** By the statistics of the batch at hand; the running ones are outputs. Before version 14 there were two more. */
function trained(l: Layer, x: Value, vectors: readonly Value[], epsilon: number): Value | readonly Value[] {
  const { shape } = x.type;
  if (l.opset < 14)
    return l.fail(
      'is exported for training: it asks for statistics besides the result',
      'export the model for inference, e.g. after model.eval()',
    );
  if (shape.length < 2) return l.fail(`learns from a batch of channels and is given [${shape.join(', ')}]`);
  const [scale, offset, oldMean, oldVariance] = vectors;
  const others = [...shape.keys()].filter((axis) => axis !== 1);
  const { mean, centred, variance } = momentsOf(l, x, others);
  const wide = (v: Value): Value => reshape(l, v, [scale.type.shape[0], ...shape.slice(2).fill(1)]);
  const factor = binary(l, 'mul', inverseRoot(l, variance, epsilon), wide(scale));
  const momentum = l.float('momentum', 0.9);
  const moved = (old: Value, now: Value): Value => {
    const kept = binary(l, 'mul', old, scalar(l, momentum, old));
    return binary(l, 'add', kept, binary(l, 'mul', reshape(l, now, old.type.shape), scalar(l, 1 - momentum, now)));
  };
  return [
    binary(l, 'add', binary(l, 'mul', centred, factor), wide(offset)),
    moved(oldMean, mean),
    moved(oldVariance, variance),
  ];
}

/** Nothing is dropped in inference. */
const dropout: Row = (l) => {
  const x = l.operand(0);
  const isTraining = l.opset >= 12 && l.optional(2) !== undefined && l.number(2, '"training_mode"') !== 0;
  const ratio = isTraining ? (l.optional(1) ? (l.reals(1, '"ratio"')[0] ?? 0) : 0.5) : 0;
  if (l.failed) return [];
  if (ratio !== 0)
    return l.fail(
      'drops numbers at random: it is in training',
      'export the model for inference, e.g. after model.eval()',
    );
  l.gives(l.element(0));
  if (l.outputs < 2) return x;
  l.gives('bool', 1);
  return [x, broadcastTo(l, l.known(Int32Array.of(1), []), x.type.shape)];
};

export const trainingRows: Rows = {
  BatchNormalization: batchNorm,
  Dropout: dropout,
};
