/** Convolutions and dense layers: whole sums of products with a bias, brought to the scale of the result at once. */
import type { Call, Constant, Id } from '../graph/graph.ts';
import { originOf } from '../graph/graph.ts';
import type { Conv2d } from '../ops/conv2d.ts';
import type { Linear } from '../ops/linear.ts';
import type { Quantity } from '../tensor/quantity.ts';
import { madeFault, quantityFault, withQuantity } from '../tensor/quantity.ts';
import type { Shape } from '../tensor/type.ts';
import { tensor } from '../tensor/type.ts';
import type { Form } from './form.ts';
import { boundsOf } from './form.ts';
import type { Rounded } from './grids.ts';
import { realsOf } from './grids.ts';
import { isBound } from './separate.ts';
import type { Outcome, Row, Site } from './site.ts';
import { aimOf, integers, land, originIn, withBorder } from './site.ts';
import { landingOf } from './source.ts';

export type LayerOp = Conv2d | Linear;

export const layer: Row = (node, site) => {
  const op = node.op as LayerOp;
  const [weights, bias] = node.inputs.slice(1).map(site.source.constant);
  if (!weights || !bias) return 'computes its weights';
  if (!isBound(op.activation)) return `has the activation "${op.activation}"`;
  const rows = weights.type.shape[0];
  const rounded = site.rounded(weights, rows);
  if (typeof rounded === 'string') return rounded;
  const x = site.whole(node.inputs[0]);
  if (!x) return 'is given numbers without a scale';
  const { wholes, scales } = withRoom(rounded, bias, x.scale, site);
  const biases = Array.from(bias.data, (b, r) => Math.round(b / (x.scale * scales[r])));
  const landing = landingOf(node, site.source, boundsOf[op.activation]);
  const made = sumsOf(site, node, { op, x, wholes, scales, biases, zero: x.zero, like: weights });
  if (typeof made === 'string') return made;
  const { sums, bits } = made;
  const products = scales.map((s) => s * x.scale);
  const aim = aimOf(site, landing);
  const as = { before: weights, after: realsOf(wholes, scales), scales, products, biases };
  if (!aim) {
    site.layer({ call: node, landing: node.id, weights: as, bits });
    return unrounded(site, node, sums, products);
  }
  return land(site, node, landing, { sums, scales: products, aim }, { weights: as, bits });
};

/** Sums leave as many bits free as a few biases take. */
const mostBias = 2 ** 29;

/**
 * A bias that is very large in steps of its row makes those steps larger: the weights of such a row count for little, and
 * some of their digits for nothing.
 */
function withRoom(rounded: Rounded, bias: Constant, scale: number, site: Site): Pick<Rounded, 'wholes' | 'scales'> {
  const needed = rounded.scales.map((s, r) => Math.max(s, Math.fround(Math.abs(bias.data[r]) / (scale * mostBias))));
  if (site.own || needed.every((s, r) => s === rounded.scales[r])) return rounded;
  const columns = rounded.wholes.length / needed.length;
  const wholes = rounded.wholes.map((w, i) => {
    const row = Math.floor(i / columns);
    return needed[row] === rounded.scales[row] ? w : Math.round((w * rounded.scales[row]) / needed[row]);
  });
  return { wholes, scales: needed };
}

interface Sums {
  readonly op: LayerOp;
  readonly x: Form;
  /** Weights, a row for each output. */
  readonly wholes: Int32Array<ArrayBuffer>;
  /** What a step of each row is worth; absent where nobody says. */
  readonly scales?: readonly number[];
  readonly biases: readonly number[];
  /** The whole number that stands for 0 in x. */
  readonly zero: number;
  /** The constant that the weights come from. */
  readonly like: Constant;
}

/** The whole sums of a layer; the reason, and for sums that are too large a report, where there are none. */
export function sumsOf(
  site: Site,
  node: Call,
  { op, x, wholes, scales, biases, zero, like }: Sums,
): { readonly sums: Id; readonly bits: number } | string {
  const rows = biases.length;
  const columns = wholes.length / rows;
  // Zero times a weight is what padding and the numbers around it add too much.
  const moved = biases.map((b, r) => {
    if (zero === 0) return b;
    let total = 0;
    for (let i = r * columns; i < (r + 1) * columns; i++) total += wholes[i];
    return b - zero * total;
  });
  const reach = largestSum(wholes, moved, x);
  if (reach > 2 ** 31 - 1) {
    const { graph } = site.source;
    site.report({
      severity: 'error',
      code: 'quantize/overflow',
      message: `its sums reach ${reach}, and 32 bits hold up to ${2 ** 31 - 1}`,
      origin: originOf(graph, node),
      hint: 'prune the layer or split it along its inputs, or leave it in real numbers with fewer bits of weights: weights=int4',
    });
    return 'has sums that 32 bits do not hold';
  }
  const { shape } = node.type;
  const padded = op.kind === 'conv2d' && zero !== 0 && op.pad.some((p) => p > 0);
  const input = padded ? withBorder(site, node, op.pad, x, zero) : x.id;
  const weights = weightsNode(site, like, wholes, scales);
  const bias = integers(site, `${node.id}_bias`, [rows], moved, node);
  const bare = op.kind === 'linear' ? op : { ...op, ...(padded && { pad: [0, 0, 0, 0] }) };
  const sums = site.emit({
    kind: 'call',
    id: site.fresh(`${node.id}_sums`),
    op: { ...bare, activation: 'none' },
    inputs: [input, weights, bias],
    type: withQuantity(
      tensor('i32', shape),
      scales &&
        quantityAlong(
          scales.map((s) => s * x.scale),
          shape,
        ),
    ),
    ...originIn(node),
  });
  return { sums, bits: 1 + Math.ceil(Math.log2(reach + 1)) };
}

/** The largest magnitude that a sum can have for any x within its bounds and a border of zeros. */
function largestSum(wholes: Int32Array, biases: readonly number[], x: Form): number {
  const columns = wholes.length / biases.length;
  const [low, high] = [Math.min(x.low, 0), Math.max(x.high, 0)];
  let most = 0;
  for (const [row, bias] of biases.entries()) {
    let [least, largest] = [bias, bias];
    for (let i = row * columns; i < (row + 1) * columns; i++) {
      const w = wholes[i];
      largest += w > 0 ? w * high : w * low;
      least += w > 0 ? w * low : w * high;
    }
    most = Math.max(most, Math.abs(bias), largest, -least);
  }
  return most;
}

function weightsNode(site: Site, like: Constant, data: Int32Array<ArrayBuffer>, scales?: readonly number[]): Id {
  const { shape } = like.type;
  const quantity = scales && quantityFor({ scale: scales, zero: scales.map(() => 0), axis: 0 }, shape);
  const { decomposition } = like.type.quantity ?? {};
  const units = quantity && decomposition && { ...quantity, decomposition };
  const made = units && madeFault(units, shape, data) === undefined ? units : quantity;
  return site.emit({
    ...like,
    id: site.fresh(`${like.id}_whole`),
    type: withQuantity(tensor('i32', shape), made),
    data,
  });
}

const quantityFor = (quantity: Quantity, shape: Shape): Quantity | undefined =>
  quantityFault(quantity, shape) === undefined ? quantity : undefined;

const quantityAlong = (scales: readonly number[], shape: Shape): Quantity | undefined =>
  quantityFor({ scale: scales.map(Math.fround), zero: scales.map(() => 0), axis: shape.length - 1 }, shape);

/** Where nobody says at which scale the result is wanted, its sums are real numbers again. */
function unrounded(site: Site, node: Call, sums: Id, scales: readonly number[]): Outcome {
  const scale = site.fresh(`${node.id}_scale`);
  const data = Float32Array.from(scales);
  site.emit({ kind: 'constant', id: scale, type: tensor('f32', [data.length]), data, ...originIn(node) });
  const zero = integers(
    site,
    `${node.id}_zero`,
    [data.length],
    data.map(() => 0),
    node,
  );
  const op = { kind: 'dequantize', axis: node.type.shape.length - 1 } as const;
  const { activation } = node.op as LayerOp;
  const real = { kind: 'call', type: node.type, ...originIn(node) } as const;
  if (activation === 'none') site.emit({ ...real, id: node.id, op, inputs: [sums, scale, zero] });
  else {
    const before = site.emit({ ...real, id: site.fresh(`${node.id}_real`), op, inputs: [sums, scale, zero] });
    site.emit({ ...real, id: node.id, op: { kind: 'unary', fn: activation as 'relu' }, inputs: [before] });
  }
  return true;
}
