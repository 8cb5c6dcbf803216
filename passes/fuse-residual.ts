/** Sums of two values move into the convolution that computes one of them. */
import type { Call, Id } from '../src/graph/graph.ts';
import { useCounts } from '../src/graph/graph.ts';
import { rewriteNodes } from '../src/graph/rewrite.ts';
import type { Conv2d } from '../src/ops/conv2d.ts';
import type { Pass } from '../src/pass.ts';
import { elements, sameShape } from '../src/tensor/type.ts';
import type { ById } from './matching/constants.ts';
import { openLayer } from './matching/layers.ts';
import { resizeBefore } from './matching/resized.ts';

/**
 * Where both operands are convolutions, the one computed last takes the other in. A known operand is left alone, since
 * constants of layers stay plain. So are pictures of one pixel, which are dense layers by another name, and convolutions
 * that may yet come before a resize, which a residual of the larger size would keep behind it.
 */
export const fuseResidual: Pass = {
  name: 'fuse-residual',
  doc: 'adds the other operand of a sum in the convolution that alone feeds it',

  run(graph) {
    const uses = useCounts(graph);
    const place = new Map(graph.nodes.map(({ id }, i) => [id, i]));
    return rewriteNodes(graph, (node, { byId }) => {
      if (node.kind !== 'call' || node.op.kind !== 'binary' || node.op.fn !== 'add') return node;
      const found = sidesOf(node, byId, uses).toSorted((a, b) => (place.get(b.id) ?? 0) - (place.get(a.id) ?? 0));
      if (found.length === 0) return node;
      const [{ call, op, other }] = found;
      return { ...call, id: node.id, op: { ...op, residual: true }, inputs: [...call.inputs, other] };
    });
  },
};

interface Side {
  readonly id: Id;
  readonly call: Call;
  readonly op: Conv2d;
  /** The other operand of the sum. */
  readonly other: Id;
}

/** The operands of a sum that are convolutions which may add the other one. */
function sidesOf({ inputs, type }: Call, byId: ById, uses: ReadonlyMap<Id, number>): readonly Side[] {
  return inputs.flatMap((id, side) => {
    const layer = openLayer(id, byId, uses);
    if (!layer || resizeBefore(layer, byId, uses)) return [];
    const { call } = layer;
    const other = byId.get(inputs[1 - side]);
    if (call.op.kind !== 'conv2d' || call.op.residual || elements(call.type.shape.slice(1, 3)) === 1) return [];
    if (!other || other.kind === 'constant' || !sameShape(other.type.shape, type.shape)) return [];
    return sameShape(call.type.shape, type.shape) ? [{ id, call, op: call.op, other: other.id }] : [];
  });
}
