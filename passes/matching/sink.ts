/** Rules of simplify-shapes that move a reshape below the arithmetic that does not mind it, towards where it can cancel. */
import type { Call, Id } from '../../src/graph/graph.ts';
import { retyped } from '../../src/graph/rewrite.ts';
import type { Shape } from '../../src/tensor/type.ts';
import { elements, sameShape } from '../../src/tensor/type.ts';
import type { Rewriting } from './rewriting.ts';

/** f(reshape(x)) = reshape(f(x)), where only f reads the reshape. */
export function sinkReshape(node: Call, rewriting: Rewriting): Call | undefined {
  const { byId, emit, fresh, uses, shapeOf, call } = rewriting;
  const side = node.inputs.findIndex((id) => call(id, 'reshape') && uses.get(id) === 1);
  const reshape = call(node.inputs[side] ?? '', 'reshape');
  if (!reshape || !mayPass(node, side, shapeOf(reshape.inputs[0]), shapeOf(reshape.id), rewriting)) return undefined;
  const inputs = node.inputs.map((id, i) => (i === side ? reshape.inputs[0] : id));
  const above = retyped({ ...node, id: fresh(node.id), inputs }, byId);
  return { ...node, op: { kind: 'reshape', shape: node.type.shape }, inputs: [emit(above)] };
}

function mayPass({ op, type, inputs }: Call, side: number, from: Shape, to: Shape, rewriting: Rewriting): boolean {
  if (op.kind === 'unary' || op.kind === 'cast') return true;
  const keepsLast = from.length > 0 && from.at(-1) === to.at(-1);
  if (op.kind === 'linear') return side === 0 && keepsLast;
  if (op.kind === 'batch-norm') return side === 0 && keepsLast;
  if (op.kind !== 'binary' || !sameShape(type.shape, to)) return false;
  return broadcastsAlike(inputs[1 - side], keepsLast, from, rewriting);
}

/** Whether a constant pairs with the same elements on both sides of the reshape. */
function broadcastsAlike(other: Id, keepsLast: boolean, from: Shape, { byId, shapeOf }: Rewriting): boolean {
  const shape = shapeOf(other);
  if (byId.get(other)?.kind !== 'constant' || shape.length > from.length) return false;
  const count = elements(shape);
  return count === 1 || (keepsLast && count === shape.at(-1) && count === from.at(-1));
}
