/** Calls that scale and shift each channel by constants: batch normalisation, and the arithmetic that it falls into. */
import type { Call, Id, Node } from '../../src/graph/graph.ts';
import { sameShape } from '../../src/tensor/type.ts';
import type { ById } from './constants.ts';
import { channelValues, floatsOf } from './constants.ts';

/** scale · x + shift, one of each for each channel, in double precision. */
export interface Affine {
  readonly x: Id;
  readonly scale: Float64Array;
  readonly shift: Float64Array;
}

export function affineOf(node: Node | undefined, byId: ById): Affine | undefined {
  if (node?.kind !== 'call' || node.type.dtype !== 'f32') return undefined;
  const channels = node.type.shape.at(-1);
  if (channels === undefined) return undefined;
  const found = normalised(node, channels, byId) ?? arithmetic(node, channels, byId);
  const x = found && byId.get(found.x);
  if (!x || x.kind === 'constant' || !sameShape(x.type.shape, node.type.shape)) return undefined;
  return [...found.scale, ...found.shift].every(Number.isFinite) ? found : undefined;
}

function normalised({ op, inputs }: Call, channels: number, byId: ById): Affine | undefined {
  if (op.kind !== 'batch-norm') return undefined;
  const [x, ...rest] = inputs;
  const [gamma, beta, mean, variance] = rest.map((id) => floatsOf(id, byId)?.data);
  if (!gamma || !beta || !mean || !variance) return undefined;
  const scale = Float64Array.from({ length: channels }, (_, c) => gamma[c] / Math.sqrt(variance[c] + op.epsilon));
  return { x, scale, shift: Float64Array.from(scale, (s, c) => beta[c] - mean[c] * s) };
}

function arithmetic({ op, inputs: [a, b] }: Call, channels: number, byId: ById): Affine | undefined {
  const all = (value: (c: number) => number): Float64Array =>
    Float64Array.from({ length: channels }, (_, c) => value(c));
  if (op.kind === 'unary') return op.fn === 'neg' ? { x: a, scale: all(() => -1), shift: all(() => 0) } : undefined;
  if (op.kind !== 'binary') return undefined;
  const values = (id: Id): Float32Array | undefined => {
    const constant = floatsOf(id, byId);
    return constant && channelValues(constant, channels);
  };
  const [left, right] = [values(a), values(b)];
  const k = right ?? left;
  if (!k) return undefined;
  const x = right ? a : b;
  switch (op.fn) {
    case 'mul':
      return { x, scale: all((c) => k[c]), shift: all(() => 0) };
    case 'add':
      return { x, scale: all(() => 1), shift: all((c) => k[c]) };
    case 'sub':
      return { x, scale: all(() => (right ? 1 : -1)), shift: all((c) => (right ? -k[c] : k[c])) };
    case 'div':
      return right ? { x, scale: all((c) => 1 / k[c]), shift: all(() => 0) } : undefined;
    default:
      return undefined;
  }
}

export const isShift = ({ scale }: Affine): boolean => scale.every((s) => s === 1);
