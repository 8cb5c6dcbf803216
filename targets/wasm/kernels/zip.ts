/** Functions of two numbers over arrays of one shape, or of two that differ by a repeated row or number. */
import type { Arr } from '../../../src/loop/loop.ts';
import type { BinaryName } from '../../../src/ops/scalar.ts';
import type { Argument, Kernel, Routine, RoutineCall } from '../../../src/plan/kernel.ts';
import type { TensorType } from '../../../src/tensor/type.ts';
import { elements, sameLayout, sameShape, storedLength } from '../../../src/tensor/type.ts';
import { isPanels, lanes } from '../panels.ts';
import { lines } from '../text.ts';
import { binaryVectors } from '../vector.ts';

export const zip: Kernel = {
  name: 'zip',
  doc: 'functions of two numbers',

  match({ call: { op }, types: { a, b }, arrays, result: { type, array } }) {
    if (op.kind !== 'binary') return 'not a function of two numbers';
    if (!binaryVectors[op.fn]) return `there are no vector instructions for "${op.fn}"`;
    const like = (t: TensorType): boolean => sameShape(t.shape, type.shape) && sameLayout(t.layout, type.layout);
    const [whole, other] = like(a) ? (['a', 'b'] as const) : (['b', 'a'] as const);
    const [wholeType, otherType] = whole === 'a' ? [a, b] : [b, a];
    if (!like(wholeType)) return 'neither operand lies as the result does';
    const shared = sharing(type, otherType, like(otherType));
    if (!shared) return 'the operands share their numbers in another way than by rows or one by one';
    const routine = zipOf(op.fn, shared.kind, other);
    return { calls: [{ routine, args: [arrays[whole], arrays[other], array, ...shared.args] }] };
  },
};

/** y = prelu(y, slope) for slopes of each channel, or one of all. */
export function preluCall(slope: Arr, y: Arr, type: TensorType): RoutineCall {
  const c = type.shape[type.shape.length - 1];
  const step = slope.length === 1 ? 0 : 4;
  if (isPanels(type)) {
    const args = [y, slope, y, y.length / (c * lanes), c, lanes, step];
    return { routine: zipOf('prelu', 'splat', 'b'), args };
  }
  if (step === 0) return { routine: zipOf('prelu', 'splat', 'b'), args: [y, slope, y, 1, 1, y.length, 0] };
  return { routine: zipOf('prelu', 'rows', 'b'), args: [y, slope, y, y.length / c, c, 0] };
}

type Sharing = { readonly kind: 'rows' | 'splat'; readonly args: readonly Argument[] };

/** How the numbers of `other` are shared among those of `type`. */
function sharing(type: TensorType, other: TensorType, same: boolean): Sharing | undefined {
  const length = storedLength(type);
  if (same) return { kind: 'rows', args: [1, length, 0] };
  const count = elements(other.shape);
  if (count === 1) return { kind: 'splat', args: [1, 1, length, 0] };
  const padded = [...Array<number>(type.shape.length - other.shape.length).fill(1), ...other.shape];
  const last = type.shape.length - 1;
  if (other.layout.kind !== 'plain') return undefined;
  const channel = padded.every((d, axis) => (axis === last ? d === type.shape[axis] : d === 1));
  if (isPanels(type)) {
    const c = type.shape[3];
    return channel ? { kind: 'splat', args: [length / (c * lanes), c, lanes, 4] } : undefined;
  }
  if (type.layout.kind !== 'plain') return undefined;
  const c = type.shape[last];
  if (channel) return { kind: 'rows', args: [length / c, c, 0] };
  const single = padded.every((d, axis) => (axis === last ? d === 1 : d === type.shape[axis]));
  return single ? { kind: 'splat', args: [1, length / c, c, 4] } : undefined;
}

/** `repeated` is the operand that rows or numbers are taken from. */
function zipOf(fn: BinaryName, kind: Sharing['kind'], repeated: 'a' | 'b'): Routine {
  const { value, needs } = binaryVectors[fn] ?? { value: [], needs: [] };
  const name = `zip-${kind}-${fn}${repeated === 'a' ? '-swapped' : ''}`;
  return {
    name,
    template: `wasm/kernels/zip-${kind}.wat.hbs`,
    view: {
      name: name.replaceAll('-', '_'),
      doc: `${fn}(a, b)`,
      x: repeated === 'a' ? 'b' : 'a',
      other: repeated,
      value: lines(value, ' '.repeat(kind === 'rows' ? 10 : 12)).join('\n'),
    },
    needs,
  };
}
