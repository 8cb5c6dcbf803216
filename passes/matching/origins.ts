/** Where the elements of a value come from, through calls that only move them: a view of an earlier value. */
import type { Id, Node } from '../../src/graph/graph.ts';
import type { View } from '../../src/ops/strides.ts';
import { stridesOf } from '../../src/ops/strides.ts';
import type { Shape } from '../../src/tensor/type.ts';
import { elements } from '../../src/tensor/type.ts';
import type { ById } from './constants.ts';
import { floatsOf } from './constants.ts';

export interface Traced {
  /** The earlier value, plain. */
  readonly base: Id;
  /** Which of its elements these are. */
  readonly view: View;
  /** What they are multiplied with on the way. */
  readonly factor: number;
}

const whole = (id: Id, shape: Shape): Traced => ({
  base: id,
  view: { shape, from: 0, strides: stridesOf(shape) },
  factor: 1,
});

/** As far back as moves and multiplications by one known number go. */
export function traced(id: Id, byId: ById): Traced {
  const node = byId.get(id);
  const shape = node?.type.shape ?? [];
  if (node?.kind !== 'call') return whole(id, shape);
  const { op, inputs } = node;
  const before = (): Traced => traced(inputs[0], byId);
  switch (op.kind) {
    case 'transpose': {
      const { view, ...rest } = before();
      const order = <T>(of: readonly T[]): readonly T[] => op.perm.map((axis) => of[axis]);
      return { ...rest, view: { from: view.from, shape: order(view.shape), strides: order(view.strides) } };
    }
    case 'reshape': {
      const { view, ...rest } = before();
      const reshaped = reshapedView(view, shape);
      return reshaped ? { ...rest, view: reshaped } : whole(id, shape);
    }
    case 'slice': {
      const { view, ...rest } = before();
      const from = op.begin.reduce((sum, begin, axis) => sum + begin * view.strides[axis], view.from);
      return { ...rest, view: { shape, from, strides: view.strides.map((step, axis) => step * op.step[axis]) } };
    }
    case 'gather': {
      const indices = byId.get(inputs[1]);
      const picked = indices?.kind === 'constant' && indices.data.length === 1 ? indices.data[0] : -1;
      const { view, ...rest } = before();
      if (picked < 0 || picked >= view.shape[op.axis]) return whole(id, shape);
      const ones = indices?.type.shape ?? [];
      return {
        ...rest,
        view: {
          shape,
          from: view.from + picked * view.strides[op.axis],
          strides: view.strides.toSpliced(op.axis, 1, ...ones.map(() => 0)),
        },
      };
    }
    case 'binary': {
      const scaled = scaling(node, byId);
      if (!scaled) return whole(id, shape);
      const inner = traced(scaled.of, byId);
      return { ...inner, factor: inner.factor * scaled.factor };
    }
    default:
      return whole(id, shape);
  }
}

/** A product with one known number, or a quotient by it, as what is multiplied with what. */
export function scaling(node: Node, byId: ById): { readonly of: Id; readonly factor: number } | undefined {
  if (node.kind !== 'call' || node.op.kind !== 'binary') return undefined;
  const { fn } = node.op;
  if (fn !== 'mul' && fn !== 'div') return undefined;
  for (const [side, id] of node.inputs.entries()) {
    const constant = floatsOf(id, byId);
    const of = node.inputs[1 - side];
    if (constant?.data.length !== 1 || (fn === 'div' && side === 0)) continue;
    // With more axes than the other operand the constant gives the result some of its own.
    if (byId.get(of)?.type.shape.length !== node.type.shape.length) continue;
    const factor = fn === 'mul' ? constant.data[0] : 1 / constant.data[0];
    if (Number.isFinite(factor)) return { of, factor };
  }
  return undefined;
}

/** Elements of a view in row-major order as another shape, if that is a view as well. */
export function reshapedView({ shape, from, strides }: View, to: Shape): View | undefined {
  const old = shape.flatMap((size, axis) => (size === 1 ? [] : [{ size, stride: strides[axis] }]));
  const made: number[] = [];
  let [at, next] = [0, 0];
  while (next < to.length) {
    if (to[next] === 1) {
      made.push(0);
      next++;
      continue;
    }
    // A group of old axes that holds as much as a group of new ones.
    let [count, first, end] = [old[at].size, next, next + 1];
    let last = at;
    let want = to[next];
    while (count !== want) {
      if (count < want) {
        last++;
        if (last >= old.length || old[last - 1].stride !== old[last].stride * old[last].size) return undefined;
        count *= old[last].size;
      } else {
        if (end >= to.length) return undefined;
        want *= to[end++];
      }
    }
    let step = old[last].stride * want;
    for (; first < end; first++) {
      step /= to[first];
      made.push(to[first] === 1 ? 0 : step);
    }
    at = last + 1;
    next = end;
  }
  return elements(to) === elements(shape) ? { shape: to, from, strides: made } : undefined;
}

/** Axes that are one: how far apart its elements lie; 0 where there is one element, undefined where they are no one axis. */
export function mergedStride(shape: Shape, strides: readonly number[]): number | undefined {
  const merged = reshapedView({ shape, from: 0, strides }, [elements(shape)]);
  return merged?.strides[0];
}
