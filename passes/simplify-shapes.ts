/** Moves, copies and changes of shape that do nothing, or that one call can do, go. */
import type { Call, Graph, Id, Node } from '../src/graph/graph.ts';
import { useCounts } from '../src/graph/graph.ts';
import type { Emitter } from '../src/graph/rewrite.ts';
import { rewriteNodes } from '../src/graph/rewrite.ts';
import type { Op } from '../src/ops/index.ts';
import type { Pass } from '../src/pass.ts';
import { sameLayout, sameShape } from '../src/tensor/type.ts';
import { compose, isIdentity, movesOnlyOnes, wrap } from './matching/axes.ts';
import { simplifyConcat, simplifyGather, simplifySlice } from './matching/pieces.ts';
import type { Rewriting } from './matching/rewriting.ts';
import { rewritingOf } from './matching/rewriting.ts';
import { sinkReshape } from './matching/sink.ts';
import { untilStable } from './matching/stable.ts';

export const simplifyShapes: Pass = {
  name: 'simplify-shapes',
  doc: 'removes moves and changes of shape that do nothing, and joins those that follow one another',

  run: (graph) => untilStable(graph, simplifyOnce),
};

function simplifyOnce(graph: Graph): Graph {
  const uses = useCounts(graph);
  return rewriteNodes(graph, (node, emitter) => (node.kind === 'call' ? simplify(node, emitter, uses) : node));
}

function simplify(node: Call, emitter: Emitter, uses: ReadonlyMap<Id, number>): Node | Id {
  const rewriting = rewritingOf(emitter, uses);
  const [x] = node.inputs;
  if (doesNothing(node, emitter.byId.get(x))) return x;
  return simplifyMove(node, rewriting) ?? sinkReshape(node, rewriting) ?? node;
}

/** Whether the result is the first operand, element for element. */
function doesNothing({ op, type }: Call, x: Node | undefined): boolean {
  if (!x || !sameShape(x.type.shape, type.shape)) return false;
  switch (op.kind) {
    case 'reshape':
    case 'tile':
      return true;
    case 'transpose':
      return isIdentity(op.perm);
    case 'slice':
      return op.step.every((s) => s === 1);
    case 'pad':
      return [...op.before, ...op.after].every((n) => n === 0);
    case 'concat':
      return op.count === 1;
    case 'cast':
      return x.type.dtype === op.to;
    case 'relayout':
      return sameLayout(x.type.layout, type.layout);
    case 'resize':
      return true;
    case 'depth-to-space':
    case 'space-to-depth':
      return op.block === 1;
    case 'pool2d':
      return [...op.window, ...op.stride].every((n) => n === 1) && op.pad.every((n) => n === 0);
    case 'reduce':
      return op.axes.every((axis) => x.type.shape[wrap(axis, x.type.shape.length)] === 1);
    default:
      return false;
  }
}

function simplifyMove(node: Call, rewriting: Rewriting): Node | undefined {
  const { op } = node;
  const [x] = node.inputs;
  switch (op.kind) {
    case 'reshape': {
      const inner = rewriting.call(x, 'reshape');
      return inner && { ...node, inputs: inner.inputs };
    }
    case 'transpose': {
      const shape = rewriting.shapeOf(x);
      if (movesOnlyOnes(op.perm, shape)) return reshaped(node);
      const inner = rewriting.call(x, 'transpose');
      return inner && { ...node, op: { ...op, perm: compose(inner.op.perm, op.perm) }, inputs: inner.inputs };
    }
    case 'pad': {
      const inner = rewriting.call(x, 'pad');
      const joins = inner && op.mode === 'constant' && inner.op.mode === 'constant' && op.value === inner.op.value;
      if (!joins) return undefined;
      const sum = (a: readonly number[], b: readonly number[]): readonly number[] => a.map((n, i) => n + b[i]);
      const both: Op = { ...op, before: sum(op.before, inner.op.before), after: sum(op.after, inner.op.after) };
      return { ...node, op: both, inputs: inner.inputs };
    }
    case 'reduce': {
      const shape = rewriting.shapeOf(x);
      return op.axes.every((axis) => shape[wrap(axis, shape.length)] === 1) ? reshaped(node) : undefined;
    }
    case 'slice':
      return simplifySlice(node, op, rewriting);
    case 'gather':
      return simplifyGather(node, op, rewriting);
    case 'concat':
      return simplifyConcat(node, op, rewriting);
    default:
      return undefined;
  }
}

/** The same result by a reshape of the first operand. */
const reshaped = (node: Call): Call => ({
  ...node,
  op: { kind: 'reshape', shape: node.type.shape },
  inputs: node.inputs.slice(0, 1),
});
