/** Activations spelled in several calls become one. */
import type { Call, Constant } from '../src/graph/graph.ts';
import { rewriteNodes } from '../src/graph/rewrite.ts';
import type { Pass } from '../src/pass.ts';
import type { Recognised } from './matching/activation.ts';
import { recognise, recogniseScaled } from './matching/activation.ts';
import type { Cone } from './matching/cone.ts';
import { conesOf } from './matching/cone.ts';
import { floats } from './matching/constants.ts';

/**
 * A group of elementwise calls is recognised by the function that it computes, so every spelling counts:
 * min and max in either order, x · relu6(x + 3) / 6 with any of its factors first, max(x, a · x), and so on.
 * A multiple of such a function, longer than the two calls that it takes, becomes these.
 * NaN aside: max(0, x) drops it and relu keeps it.
 */
export const recogniseActivations: Pass = {
  name: 'recognise-activations',
  doc: 'replaces elementwise calls that together compute a known function of one value by that function',

  run(graph) {
    const order = new Map(graph.nodes.map((n, i) => [n.id, i]));
    return rewriteNodes(graph, (node, { byId, emit, fresh }) => {
      if (node.kind !== 'call' || node.type.dtype !== 'f32') return node;
      const cones = conesOf(node, byId, order).filter(({ base }) => base !== node.inputs[0] || !isCanonical(node));
      for (const cone of cones) {
        const found = recognise(cone);
        if (!found) continue;
        if (found.kind === 'identity') return cone.base;
        if (found.kind === 'unary') return { ...node, op: found, inputs: [cone.base] };
        if (found.kind === 'prelu')
          return preluCall(node, cone, emit(slopesOf(`${node.id}_slope`, found.slopes, cone, node, fresh)));
      }
      for (const cone of cones) {
        const scaled = recogniseScaled(cone);
        if (!scaled) continue;
        const { fn, factor } = scaled;
        const call: Call = {
          ...node,
          id: fresh(`${node.id}_${underscored(fn)}`),
          op: { kind: 'unary', fn },
          inputs: [cone.base],
        };
        const constant = floats(fresh(`${node.id}_factor`), [1], [factor], node);
        return { ...node, op: { kind: 'binary', fn: 'mul' }, inputs: [emit(call), emit(constant)] };
      }
      return node;
    });
  },
};

const underscored = (name: string): string => name.replaceAll('-', '_');

/** A call that is its own name: nothing to gain at its own operand. */
const isCanonical = ({ op }: Call): boolean =>
  (op.kind === 'unary' && op.fn !== undefined) || (op.kind === 'binary' && op.fn === 'prelu');

const preluCall = (node: Call, { base }: Cone, slopes: string): Call => ({
  ...node,
  op: { kind: 'binary', fn: 'prelu' },
  inputs: [base, slopes],
});

function slopesOf(
  stem: string,
  slopes: Extract<Recognised, { readonly kind: 'prelu' }>['slopes'],
  { positions }: Cone,
  node: Call,
  fresh: (stem: string) => string,
): Constant {
  const alike = slopes.every((v) => v === slopes[0]);
  return floats(fresh(stem), alike ? [1] : positions, alike ? [slopes[0]] : slopes, node);
}
