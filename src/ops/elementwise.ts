/** unary(x) and binary(a, b): one function applied element by element, with broadcasting. */
import { zeros } from '../tensor/numbers.ts';
import type { DType } from '../tensor/type.ts';
import { elements } from '../tensor/type.ts';
import { broadcast, elementwiseLoops, expand } from './broadcast.ts';
import { attributeFault, oneOf, printSizes, resultType } from './check.ts';
import type { Rules } from './rules.ts';
import type { BinaryName, UnaryName } from './scalar.ts';
import { binaryFunction, binaryFunctions, unaryFunction, unaryFunctions } from './scalar.ts';

export interface Unary {
  readonly kind: 'unary';
  readonly fn: UnaryName;
}

/** Shapes broadcast as in numpy: aligned at the last axis, sizes of 1 repeat. */
export interface Binary {
  readonly kind: 'binary';
  readonly fn: BinaryName;
}

const isTaken = (dtype: DType, integers: unknown): boolean =>
  dtype === 'f32' || (dtype === 'i32' && integers !== undefined);

export const unary: Rules<Unary> = {
  doc: 'one function of each element',
  operands: () => ['x'],

  infer(op, { x }) {
    const fault = attributeFault(op, { fn: oneOf(...Object.keys(unaryFunctions)) });
    if (fault) return fault;
    const { integers, test } = unaryFunction(op.fn);
    if (!isTaken(x.dtype, integers)) return `takes f32 for "${op.fn}" and is given ${x.dtype}`;
    return resultType(test ? 'i32' : x.dtype, x.shape);
  },

  evaluate({ fn }, { x }, { dtype }) {
    const { evaluate, integers = evaluate } = unaryFunction(fn);
    const compute = x.type.dtype === 'f32' ? evaluate : integers;
    const out = zeros(dtype, x.data.length);
    for (let i = 0; i < out.length; i++) out[i] = compute(x.data[i]);
    return out;
  },

  lower: ({ fn }, site) => elementwiseLoops(site, ['x'], ([x]) => unaryFunction(fn).lower(x)),
};

export const binary: Rules<Binary> = {
  doc: 'one function of each pair of elements, broadcast as in numpy',
  operands: () => ['a', 'b'],

  infer(op, { a, b }) {
    const fault = attributeFault(op, { fn: oneOf(...Object.keys(binaryFunctions)) });
    if (fault) return fault;
    const shape = broadcast(a.shape, b.shape);
    if (!shape) return `cannot broadcast ${printSizes(a.shape)} with ${printSizes(b.shape)}`;
    if (a.dtype !== b.dtype) return `takes two values of one type and is given ${a.dtype} and ${b.dtype}`;
    const { integers, test, wholeOnly } = binaryFunction(op.fn);
    if (wholeOnly && a.dtype !== 'i32') return `takes i32 for "${op.fn}" and is given ${a.dtype}`;
    if (!isTaken(a.dtype, integers)) return `takes f32 for "${op.fn}" and is given ${a.dtype}`;
    return resultType(test ? 'i32' : a.dtype, shape);
  },

  evaluate({ fn }, { a, b }, { dtype, shape }) {
    const { evaluate, integers = evaluate } = binaryFunction(fn);
    const compute = a.type.dtype === 'f32' ? evaluate : integers;
    const out = zeros(dtype, elements(shape));
    const [left, right] = [expand(a, shape), expand(b, shape)];
    for (let i = 0; i < out.length; i++) out[i] = compute(left[i], right[i]);
    return out;
  },

  lower: ({ fn }, site) => elementwiseLoops(site, ['a', 'b'], ([a, b]) => binaryFunction(fn).lower(a, b)),
};
