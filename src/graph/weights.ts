/** The weights of a graph, as the matrices that formats store. */
import { rulesOf } from '../ops/index.ts';
import type { Matrix } from '../tensor/matrix.ts';
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
  if (!columns || constant?.kind !== 'constant' || !(constant.data instanceof Float32Array)) return undefined;
  const view = columns(call.op, constant.type);
  const { data, mask } = constant;
  const rows = data.length / view.columns;
  const types = Object.entries(operandsOf(call, byId)).map(([name, { type }]) => [name, type] as const);
  const read = plane?.(call.op, Object.fromEntries(types));
  const { quantity } = constant.type;
  const units = quantity?.decomposition && { ...quantity.decomposition, scale: quantity.scale };
  return {
    call,
    constant,
    matrix: { rows, ...view, data, ...(mask && { mask }), ...(read && { plane: read }), ...(units && { units }) },
  };
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
