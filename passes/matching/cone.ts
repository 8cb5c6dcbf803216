/**
 * Cones: elementwise calls that together compute one function of one value. A cone is known by what it computes,
 * not by how it is spelled.
 */
import type { Call, Id, Node } from '../../src/graph/graph.ts';
import { broadcast, broadcastStrides } from '../../src/ops/broadcast.ts';
import { binaryFunction, unaryFunction } from '../../src/ops/scalar.ts';
import type { Shape } from '../../src/tensor/type.ts';
import { elements, sameShape } from '../../src/tensor/type.ts';
import type { ById } from './constants.ts';

/** A function of a number, at one of the positions where the cone's constants differ. */
export type Function = (x: number, position: number) => number;

export interface Cone {
  readonly base: Id;
  /** How many there are. */
  readonly calls: number;
  /** What the cone's constants broadcast to: one function for each element. */
  readonly positions: Shape;
  /** In double precision. */
  readonly exact: Function;
  /** Rounded to float32 after each step, as a target computes it. */
  readonly rounded: Function;
}

/** Calls of one cone, at most. */
const reach = 12;
/** Larger constants are weights, not parameters of an activation. */
const mostPositions = 1 << 16;

/** The cones whose tip is `root`, the deepest first. */
export function conesOf(root: Call, byId: ById, order: ReadonlyMap<Id, number>): readonly Cone[] {
  const inside = new Set<Id>();
  const bases = new Set<Id>();
  const pending = [root.id];
  for (let id = pending.shift(); id !== undefined && inside.size < reach; id = pending.shift()) {
    const node = id === root.id ? root : byId.get(id);
    if (!node || node.kind === 'constant' || inside.has(id)) continue;
    if (id !== root.id) bases.add(id);
    if (node.kind !== 'call' || !isElementwise(node) || !sameShape(node.type.shape, root.type.shape)) continue;
    inside.add(id);
    pending.push(...node.inputs);
  }
  const place = (id: Id): number => order.get(id) ?? 0;
  return [...bases].sort((a, b) => place(a) - place(b)).flatMap((base) => coneOver(root, base, inside, byId) ?? []);
}

function isElementwise({ op, type }: Call): boolean {
  if (op.kind === 'cast') return op.to === 'f32';
  if (op.kind === 'unary') return type.dtype === 'f32';
  return op.kind === 'binary' || op.kind === 'select';
}

function coneOver(root: Call, base: Id, inside: ReadonlySet<Id>, byId: ById): Cone | undefined {
  const from = byId.get(base);
  if (from?.type.dtype !== 'f32' || !sameShape(from.type.shape, root.type.shape)) return undefined;
  const constants: Shape[] = [];
  let calls = 1;
  const reached = new Set<Id>();
  const closed = (node: Node | undefined): boolean => {
    if (!node) return false;
    if (node.id === base || reached.has(node.id)) return true;
    if (node.kind === 'constant') constants.push(node.type.shape);
    else if (node.kind !== 'call' || !inside.has(node.id) || !node.inputs.every((id) => closed(byId.get(id))))
      return false;
    else calls++;
    reached.add(node.id);
    return true;
  };
  if (!root.inputs.every((id) => closed(byId.get(id)))) return undefined;
  const positions = constants.reduce<Shape | undefined>((shape, c) => shape && broadcast(shape, c), []);
  if (!positions || elements(positions) > mostPositions) return undefined;
  const compiled = (round: (x: number) => number): Function => compile(root, { base, byId, positions, round });
  return { base, calls, positions, exact: compiled((x) => x), rounded: compiled(Math.fround) };
}

interface Compiling {
  readonly base: Id;
  readonly byId: ById;
  readonly positions: Shape;
  readonly round: (x: number) => number;
}

function compile(node: Node | undefined, given: Compiling): Function {
  const { base, byId, positions, round } = given;
  if (!node || node.id === base) return (x) => x;
  if (node.kind === 'constant') return readConstant(node.data, node.type.shape, positions);
  if (node.kind === 'input') return (x) => x;
  const { op } = node;
  const [f, g, h] = node.inputs.map((id) => compile(byId.get(id), given));
  if (op.kind === 'unary') {
    const { evaluate } = unaryFunction(op.fn);
    return (x, p) => round(evaluate(f(x, p)));
  }
  if (op.kind === 'binary') {
    const { evaluate, integers = evaluate } = binaryFunction(op.fn);
    if (byId.get(node.inputs[0])?.type.dtype === 'i32') return (x, p) => integers(f(x, p), g(x, p)) | 0;
    return (x, p) => round(evaluate(f(x, p), g(x, p)));
  }
  return op.kind === 'select' ? (x, p) => (f(x, p) !== 0 ? g(x, p) : h(x, p)) : f;
}

/** The element of a constant at a flat position of the shape that it broadcasts to. */
function readConstant(data: ArrayLike<number>, shape: Shape, positions: Shape): Function {
  if (data.length === 1) return () => data[0];
  const strides = broadcastStrides(shape, positions);
  return (_x, position) => {
    let [rest, at] = [position, 0];
    for (let axis = positions.length - 1; axis >= 0; axis--) {
      at += (rest % positions[axis]) * strides[axis];
      rest = Math.floor(rest / positions[axis]);
    }
    return data[at];
  };
}
