/** Which whole numbers a value can be: what its call says, or what the values say that it takes its numbers from. */
import { stepsOf } from '../ops/resize-sums.ts';
import type { Numbers } from '../tensor/numbers.ts';
import type { Call, Graph, Id, Node } from './graph.ts';
import { nodesById, operandsOf } from './graph.ts';

export interface Bounds {
  readonly low: number;
  readonly high: number;
}

/** By id; undefined where nothing is known, and for real numbers. */
export const boundsIn = (graph: Graph): ((id: Id) => Bounds | undefined) => boundsOfAll(nodesById(graph));

/** Of nodes in the order of a graph. */
export function boundsOfAll(byId: ReadonlyMap<Id, Node>): (id: Id) => Bounds | undefined {
  const known = new Map<Id, Bounds | undefined>();
  // Nodes stand after what they use.
  for (const node of byId.values()) if (node.type.dtype === 'i32') known.set(node.id, boundsOf(node));
  return (id) => known.get(id);

  function boundsOf(node: Node): Bounds | undefined {
    if (node.kind === 'input') return undefined;
    return node.kind === 'constant' ? most(node.data) : ofCall(node);
  }

  function ofCall(call: Call): Bounds | undefined {
    const { op } = call;
    const operand = (name: string): Bounds | undefined => known.get(operandsOf(call, byId)[name].id);
    switch (op.kind) {
      case 'quantize':
      case 'requantize':
        return { low: op.low, high: op.high };
      case 'lookup':
        return operand('table');
      case 'pad':
        return op.mode === 'constant' ? both(operand('x'), { low: op.value, high: op.value }) : operand('x');
      case 'concat':
        return Array.from({ length: op.count }, (_, i) => operand(`x${i}`)).reduce(both);
      case 'binary':
        return op.fn === 'max' || op.fn === 'min' ? both(operand('a'), operand('b')) : undefined;
      case 'pool2d':
        return op.fn === 'max' ? operand('x') : undefined;
      case 'resize':
        return op.method === 'nearest' ? operand('x') : undefined;
      case 'resize-sums': {
        const { x } = operandsOf(call, byId);
        const [down, across] = stepsOf(op, x.type.shape);
        const bounds = operand('x');
        return bounds && { low: bounds.low * down * across, high: bounds.high * down * across };
      }
      case 'slice':
      case 'tile':
      case 'transpose':
      case 'reshape':
      case 'relayout':
      case 'depth-to-space':
      case 'space-to-depth':
        return operand('x');
      default:
        return undefined;
    }
  }
}

function most(data: Numbers): Bounds {
  let [low, high] = [Infinity, -Infinity];
  for (const x of data) {
    low = Math.min(low, x);
    high = Math.max(high, x);
  }
  return { low, high };
}

const both = (a: Bounds | undefined, b: Bounds | undefined): Bounds | undefined =>
  a && b && { low: Math.min(a.low, b.low), high: Math.max(a.high, b.high) };
