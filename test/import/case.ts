/** What the tables of operators are made of. */
import type { Attr, Tensor, TestModel } from './kit.ts';
import { noise, str, whole } from './kit.ts';

/** One operator on its own. */
export interface Case {
  readonly op: string;
  /** What is special about it. */
  readonly what?: string | undefined;
  /** Operands in order: values of the input, or constants. */
  readonly operands: readonly (Tensor | { readonly constant: Tensor })[];
  readonly attr?: Readonly<Record<string, Attr>> | undefined;
  /** How many outputs; 1 unless given. */
  readonly outputs?: number | undefined;
  /** The largest error; 1e-5 unless given. */
  readonly within?: number | undefined;
  /** What must come out, for what TensorFlow.js does not run. */
  readonly expected?: readonly Tensor[] | undefined;
}

export const constant = (tensor: Tensor) => ({ constant: tensor });
export const sizes = (...values: number[]) => constant(whole(values));
export const one = (value: number) => constant(whole([value], []));

export const nhwc = { data_format: str('NHWC') };
export const image = noise(1, 1, 6, 5, 4);
export const positive = (t: Tensor): Tensor => ({ ...t, data: Float32Array.from(t.data, (v) => Math.abs(v) + 0.1) });
export const unary = (op: string, x: Tensor = noise(2, 2, 3, 4), extra: Partial<Case> = {}): Case => ({
  op,
  operands: [x],
  ...extra,
});

export function modelOf({ op, operands, attr = {}, outputs = 1 }: Case): TestModel {
  const inputs: Record<string, Tensor> = {};
  const constants: Record<string, Tensor> = {};
  const names = operands.map((operand, i) => {
    const isConstant = 'constant' in operand;
    (isConstant ? constants : inputs)[`x${i}`] = isConstant ? operand.constant : operand;
    return `x${i}`;
  });
  return {
    inputs,
    constants,
    nodes: [{ name: 'y', op, input: names, attr }],
    outputs: Array.from({ length: outputs }, (_, i) => `y:${i}`),
  };
}
