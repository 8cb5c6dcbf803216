/** The weights of a graph, as the matrices that formats store. */
import { rulesOf } from '../ops/index.ts';
import type { Matrix } from '../tensor/matrix.ts';
import { mostWhole } from '../tensor/matrix.ts';
import type { Numbers } from '../tensor/numbers.ts';
import type { TensorType } from '../tensor/type.ts';
import type { Call, Constant, Graph, Id, Node } from './graph.ts';
import { nodesById, operandsOf } from './graph.ts';

export interface Weights {
  readonly call: Call;
  readonly constant: Constant;
  readonly matrix: Matrix;
}

/** The weights of one call, if it has any and they are known. */
export function weightsOfCall(call: Call, byId: ReadonlyMap<Id, Node>): Weights | undefined {
  const { operands, columns, plane } = rulesOf(call.op);
  const constant = byId.get(call.inputs[operands(call.op).indexOf('weights')]);
  if (!columns || constant?.kind !== 'constant') return undefined;
  const view = columns(call.op, constant.type);
  const { mask } = constant;
  const data = floatsOf(constant.data);
  if (!data) return undefined;
  const rows = data.length / view.columns;
  const types = Object.entries(operandsOf(call, byId)).map(([name, { type }]) => [name, type] as const);
  const read = plane?.(call.op, Object.fromEntries(types));
  const matrix = { rows, ...view, data, ...(mask && { mask }), ...(read && { plane: read }) };
  return { call, constant, matrix: { ...matrix, ...meaningOf(constant.type) } };
}

/** What a format needs to know of weights beside their sizes: what their numbers are. */
export function meaningOf({ dtype, quantity }: TensorType): Pick<Matrix, 'quantity' | 'units' | 'whole'> {
  if (dtype === 'i32') return { whole: true };
  const units = quantity?.decomposition && { ...quantity.decomposition, scale: quantity.scale };
  return { ...(quantity && quantity.axis <= 0 && { quantity }), ...(units && { units }) };
}

/** Whole numbers as f32, unless one is too far from zero. */
function floatsOf(data: Numbers): Float32Array<ArrayBuffer> | undefined {
  if (data instanceof Float32Array) return data;
  for (let i = 0; i < data.length; i++) if (Math.abs(data[i]) > mostWhole) return undefined;
  return new Float32Array(data);
}

/** The weights of each call that has any, by the call's id. */
export function weightsOf(graph: Graph): ReadonlyMap<Id, Weights> {
  const byId = nodesById(graph);
  return new Map(
    graph.nodes.flatMap((node) => {
      const found = node.kind === 'call' ? weightsOfCall(node, byId) : undefined;
      return found ? [[node.id, found]] : [];
    }),
  );
}
