/** Rules of simplify-shapes for slices, picks and concatenations. */
import type { Call, Id } from '../../src/graph/graph.ts';
import type { Concat } from '../../src/ops/concat.ts';
import type { Gather } from '../../src/ops/gather.ts';
import type { Slice } from '../../src/ops/slice.ts';
import { sameShape } from '../../src/tensor/type.ts';
import type { Rewriting } from './rewriting.ts';

export function simplifySlice(node: Call, op: Slice, rewriting: Rewriting): Call | undefined {
  const [x] = node.inputs;
  const slice = rewriting.call(x, 'slice');
  if (slice) {
    const begin = slice.op.begin.map((b, axis) => b + op.begin[axis] * slice.op.step[axis]);
    const step = slice.op.step.map((s, axis) => s * op.step[axis]);
    return { ...node, op: { ...op, begin, step }, inputs: slice.inputs };
  }
  const concat = rewriting.call(x, 'concat');
  if (concat) return sliceOfConcat(node, op, concat.op, concat.inputs, rewriting);
  const pad = rewriting.call(x, 'pad');
  if (pad?.op.mode !== 'constant') return undefined;
  const begin = op.begin.map((b, axis) => b - pad.op.before[axis]);
  const inside = rewriting.shapeOf(pad.inputs[0]).every((size, axis) => isInside({ ...op, begin }, axis, 0, size));
  return inside ? { ...node, op: { ...op, begin }, inputs: pad.inputs } : undefined;
}

/** A slice that reads one part of a concatenation alone is a slice of that part. */
function sliceOfConcat(
  node: Call,
  op: Slice,
  { axis }: Concat,
  parts: readonly Id[],
  { shapeOf }: Rewriting,
): Call | undefined {
  let start = 0;
  for (const part of parts) {
    const size = shapeOf(part)[axis];
    if (isInside(op, axis, start, start + size)) {
      const begin = op.begin.map((b, i) => (i === axis ? b - start : b));
      return { ...node, op: { ...op, begin }, inputs: [part] };
    }
    start += size;
  }
  return undefined;
}

/** Slices picked by numbers that are known and evenly spaced are one slice. */
export function simplifyGather(
  node: Call,
  { axis }: Gather,
  { byId, emit, fresh, shapeOf }: Rewriting,
): Call | undefined {
  const [x, list] = node.inputs;
  const indices = byId.get(list);
  if (indices?.kind !== 'constant') return undefined;
  const { data } = indices;
  const shape = shapeOf(x);
  const distance = data.length > 1 ? data[1] - data[0] : 1;
  const isEven = data.every((i, k) => i === data[0] + k * distance && i >= 0 && i < shape[axis]);
  if (!isEven || distance === 0) return undefined;
  const op: Slice = {
    kind: 'slice',
    begin: shape.map((_, i) => (i === axis ? data[0] : 0)),
    size: shape.with(axis, data.length),
    step: shape.map((_, i) => (i === axis ? distance : 1)),
  };
  if (sameShape(op.size, node.type.shape)) return { ...node, op, inputs: [x] };
  const type = { ...node.type, shape: op.size };
  const part = emit({ ...node, id: fresh(node.id), op, inputs: [x], type });
  return { ...node, op: { kind: 'reshape', shape: node.type.shape }, inputs: [part] };
}

/** Whether all that a slice reads along an axis lies from `low` to just before `high`. */
function isInside({ begin, size, step }: Slice, axis: number, low: number, high: number): boolean {
  const ends = [begin[axis], begin[axis] + (size[axis] - 1) * step[axis]];
  return ends.every((i) => i >= low && i < high);
}

/** A concatenation that another one alone reads becomes part of it. */
export function simplifyConcat(node: Call, op: Concat, { call, uses }: Rewriting): Call | undefined {
  const inner = node.inputs.map((id) => {
    const part = call(id, 'concat');
    return part?.op.axis === op.axis && uses.get(id) === 1 ? part.inputs : [id];
  });
  const inputs = inner.flat();
  return inputs.length === op.count ? undefined : { ...node, op: { ...op, count: inputs.length }, inputs };
}
