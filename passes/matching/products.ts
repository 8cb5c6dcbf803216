/** Products of matrices one of which is known: dense layers. */
import type { Call, Id } from '../../src/graph/graph.ts';
import type { Emitter } from '../../src/graph/rewrite.ts';
import { retyped } from '../../src/graph/rewrite.ts';
import type { MatMul } from '../../src/ops/matmul.ts';
import { reshapedQuantity, withQuantity } from '../../src/tensor/quantity.ts';
import { elements } from '../../src/tensor/type.ts';
import { transposed } from '../transposes/constants.ts';
import { identity } from './axes.ts';
import type { Floats } from './constants.ts';
import { floats, floatsOf } from './constants.ts';

/** Rows and columns that make it worth while to turn what they are multiplied with. */
const enough = 8;

/**
 * x · constant is a dense layer without bias, and so is constant · x = (xᵀ · constantᵀ)ᵀ, where a matrix is large enough
 * for its products to outweigh two transposes. Transposes that are made here may cancel others.
 */
export function denseLayer(node: Call, op: MatMul, emitter: Emitter): Call | undefined {
  const [a, b] = node.inputs;
  const right = matrixOf(b, a, emitter);
  if (right)
    return layer({ node, x: turned(a, op.transposeA, emitter), constant: right, isTurned: op.transposeB }, emitter);
  const left = matrixOf(a, b, emitter);
  if (!left || emitter.byId.get(b)?.kind === 'constant') return undefined;
  const pays = left.type.shape.every((size) => size >= enough) || node.type.shape.at(-1) === 1;
  if (!pays) return undefined;
  const x = turned(b, !op.transposeB, emitter);
  const { byId, emit, fresh } = emitter;
  const product = emit(
    retyped(
      layer({ node: { ...node, id: fresh(node.id) }, x, constant: left, isTurned: !op.transposeA }, emitter),
      byId,
    ),
  );
  return { ...node, op: swapLast(node.type.shape.length), inputs: [product] };
}

const swapLast = (rank: number): Call['op'] => ({
  kind: 'transpose',
  perm: [...identity(rank).slice(0, -2), rank - 1, rank - 2],
});

/** A constant that is one matrix, whatever axes of size one come before. */
function matrixOf(id: Id, other: Id, { byId }: Emitter): Floats | undefined {
  const constant = floatsOf(id, byId);
  const shape = constant?.type.shape ?? [];
  if (!constant || shape.length < 2 || elements(shape.slice(0, -2)) !== 1) return undefined;
  if (shape.length === 2) return constant;
  // With more axes than the other operand it gives the result some of its own.
  if (shape.length > (byId.get(other)?.type.shape.length ?? 0)) return undefined;
  const flat = shape.slice(-2);
  const quantity = constant.type.quantity && reshapedQuantity(constant.type.quantity, shape, flat);
  return { ...constant, type: withQuantity({ ...constant.type, shape: flat }, quantity) };
}

/** A value with its last two axes swapped, if they are to be. */
function turned(id: Id, isTurned: boolean, { byId, emit, fresh }: Emitter): Id {
  const x = byId.get(id);
  if (!isTurned || !x) return id;
  const { type, origin } = x;
  const op = swapLast(type.shape.length);
  const call: Call = { kind: 'call', id: fresh(`${id}_turned`), op, inputs: [id], type };
  return emit(retyped(origin === undefined ? call : { ...call, origin }, byId));
}

interface Product {
  readonly node: Call;
  readonly x: Id;
  readonly constant: Floats;
  /** Whether the constant has a row for each output already. */
  readonly isTurned: boolean;
}

function layer({ node, x, constant, isTurned }: Product, { byId, emit, fresh }: Emitter): Call {
  const [rows, columns] = constant.type.shape;
  const outputs = isTurned ? rows : columns;
  const isThere = isTurned && byId.get(constant.id)?.type.shape.length === 2;
  const made = (): Id => {
    const id = fresh(constant.id);
    return emit(isTurned ? { ...constant, id } : transposed(constant, [1, 0], id));
  };
  const bias = floats(fresh(`${node.id}_bias`), [outputs], new Float32Array(outputs), node);
  const weights = isThere ? constant.id : made();
  return { ...node, op: { kind: 'linear', activation: 'none' }, inputs: [x, weights, emit(bias)] };
}
