/** Values that are never below zero. */
import type { Call, Id } from '../../src/graph/graph.ts';
import type { Activation, BinaryName } from '../../src/ops/scalar.ts';
import type { ById } from './constants.ts';

const activations: ReadonlySet<Activation> = new Set<Activation>([
  'relu',
  'relu6',
  'sigmoid',
  'hard-sigmoid',
  'softplus',
  'exp',
  'sqrt',
  'rsqrt',
  'square',
  'abs',
]);

const closed: ReadonlySet<BinaryName> = new Set<BinaryName>(['add', 'mul', 'max', 'min']);

/** Whether every element is at least 0, or NaN, as far as the calls before tell. */
export function isNonNegative(id: Id, byId: ById): boolean {
  const known = new Map<Id, boolean>();
  const ask = (each: Id): boolean => {
    const found = known.get(each);
    if (found !== undefined) return found;
    const node = byId.get(each);
    const answer =
      node?.kind === 'constant' ? node.data.every((v) => !(v < 0)) : node?.kind === 'call' && keepsSign(node, ask);
    known.set(each, answer);
    return answer;
  };
  return ask(id);
}

function keepsSign({ op, inputs }: Call, isKnown: (id: Id) => boolean): boolean {
  switch (op.kind) {
    case 'unary':
      return activations.has(op.fn);
    case 'conv2d':
    case 'conv-transpose2d':
    case 'linear':
      return activations.has(op.activation);
    case 'softmax':
      return true;
    case 'binary':
      if (op.fn === 'max') return inputs.some(isKnown);
      return closed.has(op.fn) && inputs.every(isKnown);
    case 'pad':
      return op.value >= 0 && inputs.every(isKnown);
    case 'concat':
    case 'depth-to-space':
    case 'pool2d':
    case 'reduce':
    case 'relayout':
    case 'reshape':
    case 'resize':
    case 'slice':
    case 'space-to-depth':
    case 'tile':
    case 'transpose':
      return inputs.every(isKnown);
    default:
      return false;
  }
}
