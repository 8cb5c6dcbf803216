/** Layers that a model has in whole numbers already: their sums, scaled as real numbers and rounded, as one step of whole ones. */
import type { Call, Constant, Id } from '../graph/graph.ts';
import type { Bounds, Form, Target } from './form.ts';
import { boundedBy, boundsOf, unbounded } from './form.ts';
import type { LayerOp } from './rows-layers.ts';
import { sumsOf } from './rows-layers.ts';
import type { Row, Site } from './site.ts';
import { land } from './site.ts';
import type { Source } from './source.ts';
import { targetOf } from './source.ts';

/** Products that are exact in 15 bits of weights. */
const mostWeight = 2 ** 15 - 1;

export const ownLayer: Row = (node, site) => {
  const found = layerIn(node, site);
  if (typeof found === 'string') return found;
  const { op, x, weights, bias } = found;
  if (weights.data.some((w) => Math.abs(w) > mostWeight)) return `has weights beyond ${mostWeight}`;
  const tail = tailOf(node, bias.length, site.source);
  if (!tail) return 'has sums that nothing rounds';
  const { factors, adds, aim, absorbed, bounds, id } = tail;
  const biases = bias.map((b, r) => b + Math.round(adds[r] / factors[r]));
  const wholes = Int32Array.from(weights.data);
  // The whole numbers that x is in the source graph are those here less `minus`.
  const made = sumsOf(site, node, { op, x, wholes, biases, zero: x.minus, like: weights });
  if (typeof made === 'string') return made;
  const { sums, bits } = made;
  return land(site, node, { id, absorbed, bounds }, { sums, scales: factors, aim }, { bits });
};

interface OwnLayer {
  readonly op: LayerOp;
  readonly x: Form;
  readonly weights: Constant;
  readonly bias: readonly number[];
}

function layerIn({ op, inputs, type }: Call, { form, source }: Site): OwnLayer | string {
  const [x, weights, bias] = [form(inputs[0]), source.constant(inputs[1]), source.constant(inputs[2] ?? '')];
  if (!x) return 'is given whole numbers that are not quantised here';
  if (!weights) return 'computes its weights';
  if (op.kind === 'matmul') {
    const turned = weights.type.shape.length === 2 && !op.transposeA ? rowsOf(weights, op.transposeB) : undefined;
    const none = Array<number>(type.shape.at(-1) ?? 1).fill(0);
    return turned
      ? { op: { kind: 'linear', activation: 'none' }, x, weights: turned, bias: none }
      : 'multiplies by more than one matrix';
  }
  if (op.kind !== 'conv2d' && op.kind !== 'linear') return 'is no layer of whole numbers';
  if (!bias || op.activation !== 'none' || (op.kind === 'conv2d' && op.residual)) return 'adds something to its sums';
  return { op, x, weights, bias: Array.from(bias.data) };
}

/** A matrix with a row for each output. */
function rowsOf(matrix: Constant, transposed: boolean): Constant {
  if (transposed) return matrix;
  const [columns, rows] = matrix.type.shape;
  const data = new Int32Array(matrix.data.length);
  for (let r = 0; r < rows; r++) for (let c = 0; c < columns; c++) data[r * columns + c] = matrix.data[c * rows + r];
  const { mask: _mask, ...rest } = matrix;
  return { ...rest, type: { ...matrix.type, shape: [rows, columns] }, data };
}

interface Tail {
  /** What a step of the sums is worth, before it is quantised: one number for each output. */
  readonly factors: readonly number[];
  /** What is added after that. */
  readonly adds: readonly number[];
  readonly aim: Target;
  readonly bounds: Bounds;
  readonly absorbed: readonly Id[];
  readonly id: Id;
}

/** Cast, factor, bias, bounds and quantisation, each the only reader of the one before. */
function tailOf(node: Call, rows: number, source: Source): Tail | undefined {
  let [factors, adds]: (readonly number[])[] = [Array<number>(rows).fill(1), Array<number>(rows).fill(0)];
  let bounds = unbounded;
  const absorbed: Id[] = [];
  for (let id = node.id, user = source.reader(id); user; id = user.id, user = source.reader(id)) {
    absorbed.push(id);
    const { op } = user;
    const known = user.inputs.map((i) => source.constant(i)?.data).find((data) => data !== undefined);
    const numbers = known && known.length === rows ? Array.from(known) : Array<number>(rows).fill(known?.[0] ?? NaN);
    const isKnown = known !== undefined && (known.length === 1 || known.length === rows) && bounds === unbounded;
    if (op.kind === 'binary' && op.fn === 'mul' && isKnown && numbers.every((v) => v > 0)) {
      factors = factors.map((f, r) => f * numbers[r]);
      adds = adds.map((a, r) => a * numbers[r]);
    } else if (op.kind === 'binary' && op.fn === 'add' && isKnown) adds = adds.map((a, r) => a + numbers[r]);
    else if (op.kind === 'unary' && (op.fn === 'relu' || op.fn === 'relu6'))
      bounds = boundedBy(bounds, boundsOf[op.fn]);
    else if (op.kind !== 'cast') {
      const aim = targetOf(user, source);
      return aim && { factors, adds, aim, bounds, absorbed, id: user.id };
    }
  }
  return undefined;
}

/** Whole numbers less a known one, as a zero is taken off before a product: the same ones, whose zero moves. */
export const lessZero: Row = (node, site) => {
  const { op, inputs } = node;
  if (op.kind !== 'binary' || op.fn !== 'sub') return 'computes with whole numbers';
  const x = site.form(inputs[0]);
  const known = site.source.constant(inputs[1])?.data;
  if (!x || !known?.every((v) => v === known[0])) return 'computes with whole numbers';
  site.hold(node.id, { ...x, minus: x.minus + known[0] });
  return true;
};
