/** ONNX losses: how far predictions are from the classes that they should be. */
import type { Value } from '../../builder.ts';
import { binary, cast, reshape, scalar, unary } from '../../compose.ts';
import { logSoftmax, reduceOver } from '../../compose-reduce.ts';
import type { Layer, Row, Rows } from '../layer.ts';
import { oneHot } from './ops-softmax.ts';

/** The weighted negative of what each sample has at its class, which is an index along axis 1. */
function loss(l: Layer, x: Value): Value {
  const target = cast(l, l.operand(1), 'i32');
  const given = l.optional(2);
  const how = l.text('reduction', 'mean');
  const { shape } = x.type;
  if (!['none', 'mean', 'sum'].includes(how))
    return l.fail(`has "${how}" as "reduction"; it is none, mean or sum`, 'export the model again');
  if (shape.length < 2 || target.type.shape.length !== shape.length - 1)
    return l.fail(`takes predictions of shape [${shape.join(', ')}] and classes of [${target.type.shape.join(', ')}]`);
  const classes = shape[1];
  const all = oneHot(l, target, classes, 1);
  const ignored = l.has('ignore_index') ? l.int('ignore_index') : undefined;
  const counts = ignored === undefined ? undefined : unignored(l, target, ignored);
  const hot = counts ? binary(l, 'and', all, reshape(l, counts, shape.with(1, 1))) : all;
  const weight = given && reshape(l, cast(l, given, 'f32'), [classes, ...shape.slice(2).fill(1)]);
  const pick = (v: Value): Value =>
    reduceOver(l, 'sum', l.call({ kind: 'select' }, hot, v, scalar(l, 0, x)), [1], false);
  const losses = unary(l, 'neg', pick(weight ? binary(l, 'mul', x, weight) : x));
  if (how === 'none') return losses;
  const everything = [...target.type.shape.keys()];
  if (how === 'sum') return reduceOver(l, 'sum', losses, everything, false);
  const share = weight ? pick(weight) : counts && cast(l, counts, 'f32');
  if (!share) return reduceOver(l, 'mean', losses, everything, false);
  const total = reduceOver(l, 'sum', losses, everything, false);
  return binary(l, 'div', total, reduceOver(l, 'sum', share, everything, false));
}

const unignored = (l: Layer, target: Value, index: number): Value =>
  binary(l, 'not-equal', target, scalar(l, index, target));

const crossEntropy: Row = (l) => {
  const x = cast(l, l.operand(0), 'f32');
  if (x.type.shape.length < 2) return l.fail(`takes scores for classes and is given [${x.type.shape.join(', ')}]`);
  const logarithms = logSoftmax(l, x, 1);
  return [loss(l, logarithms), logarithms];
};

export const lossRows: Rows = {
  NegativeLogLikelihoodLoss: (l) => loss(l, cast(l, l.operand(0), 'f32')),
  SoftmaxCrossEntropyLoss: crossEntropy,
};
