/** The rule of simplify-shapes that moves a change of shape below what does not mind it, towards where it can cancel. */
import type { Call, Id } from '../../src/graph/graph.ts';
import { retyped } from '../../src/graph/rewrite.ts';
import type { Op } from '../../src/ops/index.ts';
import type { Shape } from '../../src/tensor/type.ts';
import { elements, sameShape } from '../../src/tensor/type.ts';
import { sameAxes } from './axes.ts';
import type { Rewriting } from './rewriting.ts';

/** f(reshape(x)) = reshape(f(x)). A reshape moves nothing, so others may read it as well. */
export function sinkReshape(node: Call, rewriting: Rewriting): Call | undefined {
  const { byId, emit, fresh, shapeOf, call } = rewriting;
  const side = node.inputs.findIndex((id) => call(id, 'reshape'));
  const reshape = call(node.inputs[side] ?? '', 'reshape');
  const op = reshape && opAbove(node, side, shapeOf(reshape.inputs[0]), shapeOf(reshape.id), rewriting);
  if (!op) return undefined;
  const inputs = node.inputs.map((id, i) => (i === side ? reshape.inputs[0] : id));
  const above = retyped({ ...node, id: fresh(node.id), op, inputs }, byId);
  return { ...node, op: { kind: 'reshape', shape: node.type.shape }, inputs: [emit(above)] };
}

/** What `node` becomes above the reshape of one of its operands, if it can be there. */
function opAbove({ op, type, inputs }: Call, side: number, from: Shape, to: Shape, given: Rewriting): Op | undefined {
  const keepsLast = from.length > 0 && from.at(-1) === to.at(-1);
  switch (op.kind) {
    case 'unary':
    case 'cast':
      return op;
    case 'linear':
    case 'batch-norm':
      return side === 0 && keepsLast ? op : undefined;
    case 'binary':
      return sameShape(type.shape, to) && pairsAlike(inputs[1 - side], keepsLast, from, given) ? op : undefined;
    case 'pad': {
      const [before, after] = [moved(op.before, 0, from, to), moved(op.after, 0, from, to)];
      return before && after && { ...op, before, after };
    }
    default:
      return undefined;
  }
}

/** Amounts along the axes of `to`, for the axes of `from`: where only axes of one pixel differ and have none. */
function moved(amounts: readonly number[], none: number, from: Shape, to: Shape): readonly number[] | undefined {
  const axes = sameAxes(from, to);
  if (!axes || amounts.some((n, axis) => n !== none && !axes.includes(axis))) return undefined;
  return axes.map((axis) => (axis === undefined ? none : amounts[axis]));
}

/** Whether a constant meets the same elements on both sides of the reshape. */
function pairsAlike(other: Id, keepsLast: boolean, from: Shape, { byId, shapeOf }: Rewriting): boolean {
  const shape = shapeOf(other);
  if (byId.get(other)?.kind !== 'constant' || shape.length > from.length) return false;
  const count = elements(shape);
  return count === 1 || (keepsLast && count === shape.at(-1) && count === from.at(-1));
}
