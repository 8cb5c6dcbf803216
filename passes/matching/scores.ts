/** The scores of an attention: products of queries and keys, scaled, with masks added. */
import type { Call, Id, Node } from '../../src/graph/graph.ts';
import { expand } from '../../src/ops/broadcast.ts';
import type { MatMul } from '../../src/ops/matmul.ts';
import type { Shape } from '../../src/tensor/type.ts';
import { elements, sameShape, tensor } from '../../src/tensor/type.ts';
import type { ById } from './constants.ts';
import { floatsOf } from './constants.ts';
import { scaling } from './origins.ts';

export interface Scores {
  readonly product: Call;
  readonly op: MatMul;
  readonly scale: number;
  readonly masks: readonly Mask[];
}

/** What is added to scores of a shape. */
export interface Mask {
  readonly id: Id;
  readonly to: Shape;
}

/** A value as scores, if that is what it is. Nothing else may read what is on the way. */
export function scoresOf(id: Id, byId: ById, uses: ReadonlyMap<Id, number>): Scores | undefined {
  const node = byId.get(id);
  if (node?.kind !== 'call' || uses.get(id) !== 1) return undefined;
  const { op, inputs, type } = node;
  if (op.kind === 'matmul') return { product: node, op, scale: 1, masks: [] };
  if (op.kind === 'reshape') {
    const given = byId.get(inputs[0])?.type.shape ?? [];
    return sameShape(given.slice(-2), type.shape.slice(-2)) ? scoresOf(inputs[0], byId, uses) : undefined;
  }
  if (op.kind !== 'binary') return undefined;
  const scaled = scaling(node, byId);
  if (scaled) {
    const inner = scoresOf(scaled.of, byId, uses);
    return inner?.masks.length === 0 ? { ...inner, scale: inner.scale * scaled.factor } : undefined;
  }
  if (op.fn !== 'add') return undefined;
  for (const [side, of] of inputs.entries()) {
    if (!sameShape(byId.get(of)?.type.shape ?? [], type.shape)) continue;
    const inner = scoresOf(of, byId, uses);
    if (inner) return { ...inner, masks: [...inner.masks, { id: inputs[1 - side], to: type.shape }] };
  }
  return undefined;
}

/** Numbers that a mask which is written out may have. */
const mostNumbers = 2 ** 24;

/** A known mask for scores of [n, heads, t, s], as small as it repeats. */
export function knownMask({ id, to }: Mask, [n, heads, t, s]: Shape, byId: ById) {
  const constant = floatsOf(id, byId);
  if (!constant || elements(to) > mostNumbers || elements(to) !== n * heads * t * s) return undefined;
  const all = expand(constant, to);
  const [apart, between] = [heads * t * s, t * s];
  const alongImages = n > 1 && all.some((v, i) => !Object.is(v, all[i % apart]));
  const alongHeads = heads > 1 && all.some((v, i) => !Object.is(v, all[Math.floor(i / apart) * apart + (i % between)]));
  const shape = [alongImages ? n : 1, alongHeads ? heads : 1, t, s];
  const data = new Float32Array(elements(shape));
  for (let at = 0; at < data.length; at++) {
    const [image, rest] = [Math.floor(at / (shape[1] * between)), at % (shape[1] * between)];
    data[at] = all[image * apart + rest];
  }
  return { type: tensor('f32', shape), data };
}

/** The shape of an unknown mask for scores of [n, heads, t, s], if it is one without being written out. */
export function maskShape({ to }: Mask, given: Node, [n, heads]: Shape): Shape | undefined {
  const shape = [...Array<number>(Math.max(to.length - given.type.shape.length, 0)).fill(1), ...given.type.shape];
  const [outer, own] = [to.slice(0, -2), shape.slice(0, -2)];
  if (own.every((d) => d === 1)) return [1, 1, ...shape.slice(-2)];
  if (sameShape(outer, [n, heads])) return shape;
  if (sameShape(outer, [heads]) && n === 1) return [1, ...shape];
  return sameShape(own, outer) && elements(outer) === n * heads ? [n, heads, ...shape.slice(-2)] : undefined;
}
