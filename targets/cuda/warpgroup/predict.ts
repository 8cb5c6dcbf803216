/** What layers take where warpgroups multiply as well as warps, by shapes and formats alone. */
import type { Work } from '../../../src/target.ts';
import { elements as count } from '../../../src/tensor/type.ts';
import type { Element } from '../tensor/elements.ts';
import { bytesOf } from '../tensor/layer.ts';
import type { TensorPrediction } from '../tensor/predict.ts';
import { inWords, wayOf, wordsOf } from '../tensor/predict.ts';
import { wideOffers } from './offers.ts';
import { wideColumns } from './tiles.ts';

type Predict = (work: Work) => TensorPrediction | undefined;

/** The faster of both, of layers that tensor cores take. */
export const predictWider =
  (element: Element, byWarps: Predict): Predict =>
  (work) => {
    const narrower = byWarps(work);
    const { call, types, encoding, cost } = work;
    const { shape } = types.weights;
    const { way } = wayOf(encoding.format, encoding.params, cost.multiplies / count(shape), element, true);
    if (!narrower || !readsInPlace(work) || (way !== 'dense' && way !== 'sparse')) return narrower;
    const rows = shape[0];
    const columns = count(shape) / rows;
    const pixels = count(call.type.shape) / rows;
    const bytes = bytesOf(pixels * columns, pixels * wideColumns(columns, way), element, pixels * rows);
    const [{ tile, estimate }] = wideOffers([way], { rows, pixels, columns, bytes });
    if (estimate.ns >= narrower.ns) return narrower;
    const { rows: down, pixels: across, blocks } = tile;
    const multiplied =
      Math.ceil(rows / (down * blocks)) *
      down *
      blocks *
      Math.ceil(pixels / across) *
      across *
      wideColumns(columns, way);
    return {
      ns: estimate.ns,
      bound: estimate.bound,
      own: narrower.own,
      family: `${wordsOf[way]} by warpgroups in ${element.name}`,
      detail: `${inWords(tile, estimate, multiplied / (rows * pixels * columns) - 1)}${blocks > 1 ? ', pixels brought once for two blocks' : ''}`,
    };
  };

/** Dense layers, and convolutions of one group whose pixels read the one in their place. */
function readsInPlace({ call: { op }, types }: Work): boolean {
  if (op.kind === 'linear') return true;
  if (op.kind !== 'conv2d' || op.groups > 1) return false;
  const [, down, across] = types.weights.shape;
  return down * across === 1 && op.pad.every((p) => p === 0) && op.stride.every((s) => s === 1);
}
