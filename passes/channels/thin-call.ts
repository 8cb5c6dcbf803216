/** One call of the graph on the channels that stay. */
import type { Call, Id, Node } from '../../src/graph/graph.ts';
import type { Emitter } from '../../src/graph/rewrite.ts';
import { retyped } from '../../src/graph/rewrite.ts';
import type { Op } from '../../src/ops/index.ts';
import { withQuantity } from '../../src/tensor/quantity.ts';
import { sameShape } from '../../src/tensor/type.ts';
import type { ById, Floats } from '../matching/constants.ts';
import { floats, floatsOf } from '../matching/constants.ts';
import { withoutActivation } from '../matching/unfused.ts';
import { openLinks } from './demand.ts';
import type { Fold } from './fold.ts';
import { contributionOf } from './fold.ts';
import type { Mixing } from './mixing.ts';
import { mixingOf, pickSlopes } from './mixing.ts';
import type { Kept } from './select.ts';
import { everyIndex, selectConstant, selectFloats } from './select.ts';
import type { Static, Statics } from './statics.ts';
import { thinOp } from './thin.ts';

export interface Plan {
  /** The graph as it was. */
  readonly given: ById;
  readonly kept: ReadonlyMap<Id, Kept>;
  readonly folds: ReadonlyMap<Id, Fold>;
  readonly statics: Statics;
}

/** Known planes of at most this many numbers may stand in the graph as constants. */
const mostPlane = 1 << 14;

export function thinCall(call: Call, plan: Plan, emitter: Emitter): Call {
  const { given } = plan;
  const original = given.get(call.id);
  if (original?.kind !== 'call') return call;
  const mixing = mixingOf(original, given);
  if (mixing) return thinLayer(call, mixing, plan, emitter);
  return openLinks(original, given) ? thinLinked(call, original, plan, emitter) : call;
}

function thinLinked(call: Call, original: Call, plan: Plan, emitter: Emitter): Call {
  const { given, kept } = plan;
  const to = kept.get(call.id) ?? [];
  const wanted = new Set(to);
  const operands = original.inputs.map((id) => given.get(id));
  const from = new Map(
    openLinks(original, given)?.map((l) => [l.operand, indices(l.from.filter((_, i) => wanted.has(l.to[i])))]),
  );
  const count = (node: Node | undefined): number => node?.type.shape.at(-1) ?? 1;
  const whole = [original, ...operands].every(
    (node) => (kept.get(node?.id ?? '')?.length ?? count(node)) === count(node),
  );
  const inputs = call.inputs.flatMap((id, operand) => {
    const constant = floatsOf(original.inputs[operand], given);
    if (!constant) return knownOperand(original, operand, to, plan, emitter) ?? id;
    const rows = from.get(operand) ?? to;
    const axis = from.has(operand) ? constant.type.shape.length - 1 : 0;
    if (constant.data.length === 1 || rows.length === constant.type.shape[axis]) return id;
    if (rows.length === 0) return [];
    return emitter.emit(selectConstant({ ...constant, id: emitter.fresh(constant.id) }, axis, rows));
  });
  const moved = inputs.length !== call.inputs.length || inputs.some((id, i) => id !== call.inputs[i]);
  if (whole && !moved) return call;
  const shape = operands[0]?.type.shape ?? [];
  const thin = thinOp(call.op, { shape, from: kept.get(original.inputs[0]) ?? from.get(0) ?? [], to });
  const op: Op = thin.kind === 'concat' ? { ...thin, count: inputs.length } : thin;
  return retyped({ ...call, op, inputs }, emitter.byId);
}

const indices = (channels: readonly number[]): Kept => [...new Set(channels)].sort((a, b) => a - b);

/** An operand of arithmetic of which everything is known, as a constant: one number a channel, or a small plane. */
function knownOperand(call: Call, operand: number, to: Kept, plan: Plan, { emit, fresh }: Emitter): Id | undefined {
  const id = call.inputs[operand];
  const node = plan.given.get(id);
  const known = plan.statics.get(id);
  const other = plan.given.get(call.inputs[1 - operand]);
  if (call.op.kind !== 'binary' || node?.kind !== 'call' || !known || !other) return undefined;
  const { shape } = node.type;
  const channels = shape.at(-1) ?? 1;
  const varies = other.kind !== 'constant' && plan.statics.get(other.id)?.kept.length !== other.type.shape.at(-1);
  if (known.kept.length !== channels || !varies || !sameShape(other.type.shape, call.type.shape)) return undefined;
  const rows = channels === call.type.shape.at(-1) ? to : everyIndex(channels);
  const data = selectFloats(known.data, [known.data.length / channels, channels], 1, rows);
  const even = data.every((v, i) => v === data[i % rows.length]);
  if (!even && data.length > mostPlane) return undefined;
  const stem = `${id}_known`;
  return emit(
    even
      ? floats(fresh(stem), [rows.length], data.slice(0, rows.length), node)
      : floats(fresh(stem), [...shape.slice(0, -1), rows.length], data, node),
  );
}

function thinLayer(call: Call, layer: Mixing, plan: Plan, emitter: Emitter): Call {
  const rows = plan.kept.get(call.id) ?? everyIndex(layer.outputs);
  const columns = plan.kept.get(layer.x) ?? everyIndex(layer.inputs);
  if (rows.length === layer.outputs && columns.length === layer.inputs) return call;
  const { emit, fresh } = emitter;
  const { weights, bias, slope } = layer;
  const stays = new Set(columns);
  const fold = plan.folds.get(call.id);
  const merge = fold?.merge;
  const merged = new Set(merge?.factors.keys());
  const lost = everyIndex(layer.inputs).filter((c) => !stays.has(c) && !merged.has(c) && fold?.reads(c));
  const known: Static | undefined = plan.statics.get(layer.x);
  const added = known && lost.length > 0 ? contributionOf(layer, known, lost, rows, plan.given) : undefined;
  const sums = Float32Array.from(rows, (o, i) => bias.data[o] + (added?.bias[i] ?? 0));

  const all = merge ? withMerged(layer, stays, merge) : weights;
  const last = weights.type.shape.length - 1;
  const thin = selectConstant(selectConstant({ ...all, id: fresh(weights.id) }, 0, rows), last, columns);
  const slopes =
    slope && emit(floats(fresh(slope.id), [slope.data.length === 1 ? 1 : rows.length], pickSlopes(slope, rows), slope));
  const inputs = [call.inputs[0], emit(thin), emit(floats(fresh(bias.id), [rows.length], sums, bias))];
  if (!added?.map) return retyped({ ...call, inputs: slopes ? [...inputs, slopes] : inputs }, emitter.byId);

  const fused = layer.call.op.activation !== 'none';
  const { bare, activate } = withoutActivation({ ...call, inputs: slopes ? [...inputs, slopes] : inputs });
  const thinned = retyped({ ...bare, id: fresh(`${call.id}_thin`) }, emitter.byId);
  const map = emit(floats(fresh(`${call.id}_map`), thinned.type.shape, added.map, call));
  const sum: Call = {
    ...thinned,
    id: fused ? fresh(`${call.id}_mapped`) : call.id,
    op: { kind: 'binary', fn: 'add' },
    inputs: [emit(thinned), map],
  };
  return fused ? activate(emit(sum), { ...sum, id: call.id }) : sum;
}

/** Weights in which the channel that stays has taken on those that are merged into it. */
function withMerged(
  { weights, inputs }: Mixing,
  stays: ReadonlySet<number>,
  { into, factors }: NonNullable<Fold['merge']>,
): Floats {
  const data = Float64Array.from(weights.data);
  const mask = weights.mask && Uint8Array.from(weights.mask);
  for (let first = 0; first < data.length; first += inputs)
    for (const [c, factor] of factors) {
      if (stays.has(c)) continue;
      data[first + into] += factor * weights.data[first + c];
      if (mask && mask[first + c] === 1) mask[first + into] = 1;
    }
  const type = withQuantity(weights.type);
  return { ...weights, type, data: Float32Array.from(data), ...(mask && { mask }) };
}
