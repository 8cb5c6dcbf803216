/** Per-channel constants added to a layer become its bias. */
import type { Call, Id } from '../src/graph/graph.ts';
import { useCounts } from '../src/graph/graph.ts';
import type { Emitter } from '../src/graph/rewrite.ts';
import { rewriteNodes } from '../src/graph/rewrite.ts';
import type { Pass } from '../src/pass.ts';
import { sameShape } from '../src/tensor/type.ts';
import { channelValues, floatsOf } from './matching/constants.ts';
import type { Layer } from './matching/layers.ts';
import { addToBias, openLayer } from './matching/layers.ts';

export const fuseBias: Pass = {
  name: 'fuse-bias',
  doc: 'adds per-channel constants to the bias of the layer before them, past a residual sum as well',

  run(graph) {
    const uses = useCounts(graph);
    return rewriteNodes(graph, (node, emitter) => {
      if (node.kind !== 'call') return node;
      const added = addedConstant(node, emitter);
      if (!added) return node;
      const layer = openLayer(added.to, emitter.byId, uses);
      if (layer) return addToBias(layer, node.id, added.numbers, emitter);
      return pastSum(node, added, uses, emitter) ?? node;
    });
  },
};

interface Added {
  readonly to: Id;
  /** One for each channel. */
  readonly numbers: Float32Array<ArrayBuffer>;
}

/** value + constant, constant + value or value − constant, with one number a channel and no broadcast of the value. */
function addedConstant({ op, inputs: [a, b], type }: Call, { byId }: Emitter): Added | undefined {
  if (op.kind !== 'binary' || (op.fn !== 'add' && op.fn !== 'sub')) return undefined;
  const channels = type.shape.at(-1);
  if (channels === undefined) return undefined;
  const toLeft = floatsOf(b, byId);
  const toRight = op.fn === 'add' ? floatsOf(a, byId) : undefined;
  const [to, constant] = toLeft ? [a, toLeft] : [b, toRight];
  const numbers = constant && channelValues(constant, channels);
  const value = byId.get(to);
  if (!numbers || !value || value.kind === 'constant' || !sameShape(value.type.shape, type.shape)) return undefined;
  return { to, numbers: op.fn === 'add' ? numbers : numbers.map((v) => -v) };
}

/** (layer + y) + constant = (layer + constant) + y. */
function pastSum(node: Call, added: Added, uses: ReadonlyMap<Id, number>, emitter: Emitter): Call | undefined {
  const sum = emitter.byId.get(added.to);
  if (sum?.kind !== 'call' || sum.op.kind !== 'binary' || sum.op.fn !== 'add' || uses.get(sum.id) !== 1)
    return undefined;
  for (const [side, id] of sum.inputs.entries()) {
    const layer: Layer | undefined = openLayer(id, emitter.byId, uses);
    if (!layer || !sameShape(layer.call.type.shape, sum.type.shape)) continue;
    const biased = emitter.emit(addToBias(layer, emitter.fresh(id), added.numbers, emitter));
    return { ...sum, id: node.id, inputs: sum.inputs.map((input, i) => (i === side ? biased : input)) };
  }
  return undefined;
}
