/** In which order of axes whoever uses a value would like to have it: what decides where a choice costs nothing now. */
import type { Call, Graph, Id, Node } from '../../graph/graph.ts';
import { nodesById, operandsOf } from '../../graph/graph.ts';
import type { Order } from './order.ts';
import { imageOrder, plainOrder, sameOrder } from './order.ts';
import { splitReshape } from './splits.ts';

/** By id; plain where nothing is said. Of several users the first counts. */
export function wantsOf(graph: Graph): (id: Id) => Order | undefined {
  const wants = new Map<Id, Order>();
  const byId = nodesById(graph);
  for (const { id } of graph.outputs) wants.set(id, plainOrder(byId.get(id)?.type.shape.length ?? 0));
  for (const node of graph.nodes.toReversed()) {
    if (node.kind !== 'call') continue;
    const own = wants.get(node.id);
    for (const operand of Object.values(operandsOf(node, byId))) {
      const want = wantOf(node, operand, own);
      // From the last user to the first, so that the first is what stays.
      if (want && want.length === operand.type.shape.length) wants.set(operand.id, want);
    }
  }
  return (id) => wants.get(id);
}

/** How a call would like to have an operand when its own result is wanted in the order `own`. */
function wantOf({ op, type }: Call, operand: Node, own: Order | undefined): Order | undefined {
  const rank = operand.type.shape.length;
  switch (op.kind) {
    case 'conv2d':
    case 'conv-transpose2d':
    case 'pool2d':
    case 'resize':
    case 'depth-to-space':
    case 'space-to-depth':
      return rank === 4 ? imageOrder : undefined;
    case 'batch-norm':
      return rank > 1 ? [0, rank - 1, ...plainOrder(rank).slice(1, -1)] : undefined;
    case 'transpose':
      return own?.map((axis) => op.perm[axis]);
    case 'reshape':
      return own && splitReshape(operand.type.shape, type.shape, own, 'result')?.from;
    case 'linear':
      return isPixel(operand) ? own : plainOrder(rank);
    case 'attention':
    case 'layer-norm':
    case 'matmul':
    case 'gather':
    case 'top-k':
      return plainOrder(rank);
    case 'reduce':
      return op.keep ? own : undefined;
    default:
      return rank === type.shape.length ? own : undefined;
  }
}

/** A picture of one pixel: its order says only how it looks. */
export const isPixel = ({ type: { shape } }: Pick<Node, 'type'>): boolean =>
  shape.length === 4 && shape[1] * shape[2] === 1;

/** Whether an order is that of pictures. */
export const isImage = (order: Order | undefined): boolean => order !== undefined && sameOrder(order, imageOrder);
