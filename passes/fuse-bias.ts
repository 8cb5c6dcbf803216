/** Per-channel constants added to a layer become its bias. */
import type { Call, Id } from '../src/graph/graph.ts';
import { useCounts } from '../src/graph/graph.ts';
import type { Emitter } from '../src/graph/rewrite.ts';
import { rewriteNodes } from '../src/graph/rewrite.ts';
import type { Pass } from '../src/pass.ts';
import { sameShape } from '../src/tensor/type.ts';
import type { Affine } from './matching/affine.ts';
import { affineOf, isShift } from './matching/affine.ts';
import type { Layer } from './matching/layers.ts';
import { addToBias, openLayer } from './matching/layers.ts';

export const fuseBias: Pass = {
  name: 'fuse-bias',
  doc: 'adds per-channel constants to the bias of the layer before them, past a residual sum as well',

  run(graph) {
    const uses = useCounts(graph);
    return rewriteNodes(graph, (node, emitter) => {
      if (node.kind !== 'call') return node;
      const added = affineOf(node, emitter.byId);
      if (!added || !isShift(added)) return node;
      const layer = openLayer(added.x, emitter.byId, uses);
      if (layer) return addToBias(layer, node.id, added.shift, emitter);
      return pastSum(node, added, uses, emitter) ?? node;
    });
  },
};

/** (layer + y) + constant = (layer + constant) + y. */
function pastSum(node: Call, added: Affine, uses: ReadonlyMap<Id, number>, emitter: Emitter): Call | undefined {
  const sum = emitter.byId.get(added.x);
  if (sum?.kind !== 'call' || sum.op.kind !== 'binary' || sum.op.fn !== 'add' || uses.get(sum.id) !== 1)
    return undefined;
  for (const [side, id] of sum.inputs.entries()) {
    const layer: Layer | undefined = openLayer(id, emitter.byId, uses);
    if (!layer || !sameShape(layer.call.type.shape, sum.type.shape)) continue;
    const biased = emitter.emit(addToBias(layer, emitter.fresh(id), added.shift, emitter));
    return { ...sum, id: node.id, inputs: sum.inputs.map((input, i) => (i === side ? biased : input)) };
  }
  return undefined;
}
