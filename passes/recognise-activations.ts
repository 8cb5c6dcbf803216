/** Activations spelled in several calls become one. */
import type { Call, Graph, Id, Node } from '../src/graph/graph.ts';
import type { Emitter } from '../src/graph/rewrite.ts';
import { rewriteNodes } from '../src/graph/rewrite.ts';
import type { Pass } from '../src/pass.ts';
import { recognise, recogniseScaled } from './matching/activation.ts';
import type { Cone } from './matching/cone.ts';
import { conesOf } from './matching/cone.ts';
import { floats } from './matching/constants.ts';
import { untilStable } from './matching/stable.ts';

/**
 * A group of elementwise calls is recognised by the function that it computes, so every spelling counts: min and max in
 * either order, x · relu6(x + 3) / 6 with any of its factors first, max(x, a · x), and so on. A multiple of such a
 * function, longer than the two calls that it takes, becomes these. NaN aside: max(0, x) drops it and relu keeps it.
 */
export const recogniseActivations: Pass = {
  name: 'recognise-activations',
  doc: 'replaces elementwise calls that together compute a known function of one value by that function',

  run: (graph) => untilStable(graph, recogniseOnce),
};

function recogniseOnce(graph: Graph): Graph {
  const order = new Map(graph.nodes.map((n, i) => [n.id, i]));
  return rewriteNodes(graph, (node, emitter) => {
    if (node.kind !== 'call' || node.type.dtype !== 'f32') return node;
    const cones = conesOf(node, emitter.byId, order).filter(({ base }) => !isCanonical(node, base));
    for (const cone of cones) {
      const known = named(node, cone, emitter);
      if (known !== undefined) return known;
    }
    for (const cone of cones) {
      const known = multiple(node, cone, emitter);
      if (known) return known;
    }
    return node;
  });
}

/** Whether a call is its own name: there is nothing to gain as long as its operand stays the same. */
const isCanonical = ({ op, inputs }: Call, base: Id): boolean =>
  base === inputs[0] && (op.kind === 'unary' || (op.kind === 'binary' && op.fn === 'prelu'));

/** The cone as one call of its base, or as the base itself. */
function named(node: Call, cone: Cone, { emit, fresh }: Emitter): Node | Id | undefined {
  const found = recognise(cone);
  if (!found) return undefined;
  if (found.kind === 'identity') return cone.base;
  if (found.kind === 'unary') return { ...node, op: found, inputs: [cone.base] };
  const { slopes } = found;
  const alike = slopes.every((v) => v === slopes[0]);
  const [shape, values] = alike ? [[1], slopes.slice(0, 1)] : [cone.positions, slopes];
  const slope = emit(floats(fresh(`${node.id}_slope`), shape, values, node));
  return { ...node, op: { kind: 'binary', fn: 'prelu' }, inputs: [cone.base, slope] };
}

/** The cone as a call of its base, and a factor. */
function multiple(node: Call, cone: Cone, { emit, fresh }: Emitter): Node | undefined {
  const found = recogniseScaled(cone);
  if (!found) return undefined;
  const { fn, factor } = found;
  const id = fresh(`${node.id}_${fn.replaceAll('-', '_')}`);
  const call = emit({ ...node, id, op: { kind: 'unary', fn }, inputs: [cone.base] });
  const constant = emit(floats(fresh(`${node.id}_factor`), [1], [factor], node));
  return { ...node, op: { kind: 'binary', fn: 'mul' }, inputs: [call, constant] };
}
