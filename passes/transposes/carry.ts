/** What a call becomes when its operands come with their axes in another order. */
import type { Call } from '../../src/graph/graph.ts';
import type { Op } from '../../src/ops/index.ts';
import type { Reshape } from '../../src/ops/reshape.ts';
import { alikeIn, identity, isIdentity, movesOnlyOnes, samePerm } from '../matching/axes.ts';
import { throughReshape } from './blocks.ts';
import type { Perm, Values } from './roots.ts';

/** The same call on operands transposed by `inputs`, its result transposed by `result`. */
export interface Carried {
  readonly op: Op;
  /** One for each operand; longer than the operand's rank where that first gets leading axes of size one. */
  readonly inputs: readonly Perm[];
  readonly result: Perm;
}

export interface Wish {
  /** The order of the axes that the call works along: those of its first operand, or of all that broadcast. */
  readonly along: Perm;
  /** The order wanted of the result, where `along` leaves a choice. */
  readonly result?: Perm | undefined;
}

/** The call as wished; undefined where it cannot be, as for all that read images. */
export function carry(call: Call, { along, result }: Wish, values: Values): Carried | undefined {
  const { op, inputs } = call;
  const shape = values.shapeOf(inputs[0] ?? '');
  const rank = along.length;
  if (op.kind === 'binary' || op.kind === 'select') return broadcast(call, along, values);
  if (op.kind === 'matmul') return keepsLast(along, 2) ? broadcast(call, along, values) : undefined;
  if (shape.length !== rank) return undefined;
  const all = (next: Op): Carried => ({ op: next, inputs: inputs.map(() => along), result: along });
  const first = (next: Op, given: Perm): Carried => ({
    op: next,
    inputs: inputs.map((id, i) => (i === 0 ? along : identity(values.shapeOf(id).length))),
    result: given,
  });
  const moved = <T>(list: readonly T[]): readonly T[] => along.map((axis) => list[axis]);
  switch (op.kind) {
    case 'unary':
    case 'cast':
      return all(op);
    case 'concat':
    case 'softmax':
      return all({ ...op, axis: along.indexOf(op.axis) });
    case 'quantize':
    case 'dequantize':
      return first(op.axis < 0 ? op : { ...op, axis: along.indexOf(op.axis) }, along);
    case 'slice':
      return all({ ...op, begin: moved(op.begin), size: moved(op.size), step: moved(op.step) });
    case 'pad':
      return all({ ...op, before: moved(op.before), after: moved(op.after) });
    case 'tile':
      return all({ ...op, repeats: moved(op.repeats) });
    case 'reduce': {
      const axes = op.axes.map((axis) => along.indexOf(axis)).sort((a, b) => a - b);
      const next: Op = { ...op, axes };
      return op.keep ? all(next) : first(next, renumbered(along.filter((axis) => !op.axes.includes(axis))));
    }
    case 'gather': {
      const more = values.shapeOf(inputs[1]).length - 1;
      const given = along.flatMap((axis) => {
        if (axis === op.axis) return Array.from({ length: more + 1 }, (_, i) => axis + i);
        return axis < op.axis ? [axis] : [axis + more];
      });
      return first({ ...op, axis: along.indexOf(op.axis) }, given);
    }
    case 'reshape':
      return reshaped(call, op, { along, result }, values);
    case 'linear':
      return dense(call, { along, result }, values);
    case 'batch-norm':
    case 'top-k':
      return keepsLast(along, 1) ? first(op, along) : undefined;
    default:
      return undefined;
  }
}

const keepsLast = (perm: Perm, count: number): boolean =>
  perm.slice(-count).every((a, i) => a === perm.length - count + i);
const keepsFirst = (perm: Perm, count: number): boolean => perm.slice(0, count).every((a, i) => a === i);

/** Axes that are left of more, counted anew. */
const renumbered = (left: Perm): Perm => {
  const order = left.toSorted((a, b) => a - b);
  return left.map((axis) => order.indexOf(axis));
};

/** Operands of a lower rank get leading axes of size one; what is not known yet can only be reshaped to them. */
function broadcast({ op, inputs, type }: Call, along: Perm, values: Values): Carried | undefined {
  const rank = type.shape.length;
  if (along.length !== rank) return undefined;
  const perms = inputs.map((id) => {
    const shape = values.shapeOf(id);
    if (shape.length >= rank) return along;
    const wide = [...Array.from({ length: rank - shape.length }, () => 1), ...shape];
    if (!movesOnlyOnes(along, wide)) return values.isConstant(id) ? along : undefined;
    return along.every((axis, i) => wide[axis] === wide[i]) ? identity(shape.length) : along;
  });
  return perms.every((perm) => perm !== undefined) ? { op, inputs: perms, result: along } : undefined;
}

function reshaped(call: Call, op: Reshape, { along, result }: Wish, values: Values): Carried | undefined {
  const [from, to] = [values.shapeOf(call.inputs[0]), values.shapeOf(call.id)];
  const natural = throughReshape(from, to, along);
  const given = natural && result && alikeIn(to, natural, result) ? result : natural;
  if (!given || !fitsRow(call.id, given, values) || !fitsRow(call.inputs[0], along, values)) return undefined;
  const shape = values.isViewed(call.id) ? op.shape : given.map((axis) => to[axis]);
  return { op: { ...op, shape }, inputs: [along], result: given };
}

/** Whether a row for a picture is a row still: the axes before it stay where they are. */
function fitsRow(id: string, perm: Perm, values: Values): boolean {
  return !values.isViewed(id) || keepsFirst(perm, (values.byId.get(id)?.type.shape.length ?? 1) - 1);
}

/** A dense layer keeps its channels last, unless its columns or rows follow a picture. */
function dense(call: Call, { along, result }: Wish, values: Values): Carried | undefined {
  const [x] = call.inputs;
  const inputs = call.inputs.map((id, i) => (i === 0 ? along : identity(values.shapeOf(id).length)));
  const rank = values.shapeOf(call.id).length;
  if (values.isViewed(x))
    return fitsRow(x, along, values) ? { op: call.op, inputs, result: identity(rank) } : undefined;
  if (!values.isViewed(call.id)) return keepsLast(along, 1) ? { op: call.op, inputs, result: along } : undefined;
  const given = result ?? identity(rank);
  return isIdentity(along) && fitsRow(call.id, given, values) ? { op: call.op, inputs, result: given } : undefined;
}

/** The call when operand `operand` comes transposed by `perm`. */
export function carryDown(call: Call, operand: number, perm: Perm, values: Values): Carried | undefined {
  const shape = values.shapeOf(call.inputs[operand] ?? '');
  const swapped = call.op.kind === 'matmul' ? [perm, swapLast(perm)] : [perm];
  for (const along of swapped) {
    const found = carry(call, { along }, values);
    if (found?.inputs[operand] && (call.op.kind === 'matmul' || alikeIn(shape, found.inputs[operand], perm)))
      return found;
  }
  return undefined;
}

/** The call when its result is to be transposed by `perm`, trying the orders that a model likes where there is a choice. */
export function carryUp(call: Call, perm: Perm, liked: readonly Perm[], values: Values): Carried | undefined {
  const shape = values.shapeOf(call.id);
  const back = call.op.kind === 'reshape' ? throughReshape(shape, values.shapeOf(call.inputs[0]), perm) : undefined;
  const rank = values.shapeOf(call.inputs[0] ?? '').length;
  for (const along of back ? [back] : [perm, identity(rank), ...liked]) {
    const found = carry(call, { along, result: perm }, values);
    if (found && alikeIn(shape, found.result, perm) && samePerm(found.result, perm)) return found;
  }
  return undefined;
}

/** The last two axes the other way round. */
export const swapLast = (perm: Perm): Perm => [...perm.slice(0, -2), ...perm.slice(-2).toReversed()];
