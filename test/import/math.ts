/** Operators that work element by element. */
import type { Case } from './case.ts';
import { constant, image, nhwc, positive, sizes, unary } from './case.ts';
import type { Tensor } from './kit.ts';
import { float, int, noise, real, str, type, whole } from './kit.ts';

const flags = whole([1, 0, 0, 1, 1, 0], [2, 3]);
const binary = (op: string, a: Tensor = noise(3, 2, 3), b: Tensor = noise(4, 3)): Case => ({ op, operands: [a, b] });

export const math: readonly Case[] = [
  ...[
    'Abs',
    'Ceil',
    'Cos',
    'Cosh',
    'Elu',
    'Erf',
    'Exp',
    'Expm1',
    'Floor',
    'Neg',
    'Reciprocal',
    'Relu',
    'Relu6',
    'Round',
  ].map((op) => unary(op)),
  ...['Selu', 'Sigmoid', 'Sign', 'Sin', 'Sinh', 'Softplus', 'Square', 'Tan', 'Tanh', 'Asinh', 'Atanh'].map((op) =>
    unary(op),
  ),
  ...['Log', 'Log1p', 'Rsqrt', 'Sqrt'].map((op) => unary(op, positive(noise(12, 3, 4)))),
  unary('Acosh', real([1, 1.5, 2, 7])),
  ...['IsNan', 'IsInf', 'IsFinite'].map((op) =>
    unary(op, real([1, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0])),
  ),
  ...['Identity', 'Snapshot', 'StopGradient', 'ZerosLike', 'OnesLike', 'FakeQuantWithMinMaxVars'].map((op) =>
    unary(op),
  ),
  {
    op: 'Print',
    operands: [noise(2, 3), sizes(1)],
    attr: { message: str(''), summarize: int(3) },
    expected: [noise(2, 3)],
  },
  { op: 'IdentityN', operands: [noise(1, 2), whole([3, 4])], outputs: 2 },
  { op: 'LeakyRelu', operands: [noise(1, 9)], attr: { alpha: float(0.25) } },
  { op: 'Prelu', operands: [image, constant(noise(2, 4))] },
  { op: 'ClipByValue', operands: [noise(1, 9), constant(real([-0.5], [])), constant(real([0.25], []))] },
  ...['Add', 'AddV2', 'Sub', 'Mul', 'Maximum', 'Minimum', 'SquaredDifference', 'RealDiv', 'Div'].map((op) =>
    binary(op),
  ),
  ...['DivNoNan', 'FloorDiv', 'FloorMod', 'Mod'].map((op) => binary(op, noise(3, 2, 3), real([0.5, -0.25, 0.75]))),
  ...['Equal', 'NotEqual', 'Greater', 'GreaterEqual', 'Less', 'LessEqual'].map((op) =>
    binary(op, real([1, 2, 3, 4], [2, 2]), real([1, 5])),
  ),
  ...['FloorDiv', 'FloorMod', 'Mul', 'Maximum'].map((op) => ({
    ...binary(op, whole([7, -7, 9]), whole([2, 2, -4])),
    what: 'of whole numbers',
  })),
  binary('Pow', positive(noise(3, 2, 3)), noise(4, 3)),
  { op: 'AddN', operands: [noise(1, 2, 3), noise(2, 2, 3), noise(3, 2, 3)] },
  { op: 'BiasAdd', operands: [image, constant(noise(2, 4))], attr: nhwc },
  { op: 'LogicalAnd', operands: [flags, whole([1, 1, 0], [3])], expected: [whole([1, 0, 0, 1, 1, 0], [2, 3])] },
  { op: 'LogicalOr', operands: [flags, whole([1, 0, 0], [3])], expected: [whole([1, 0, 0, 1, 1, 0], [2, 3])] },
  { op: 'LogicalNot', operands: [flags], expected: [whole([0, 1, 1, 0, 0, 1], [2, 3])] },
  {
    op: 'Select',
    operands: [flags, real([1, 2, 3, 4, 5, 6], [2, 3]), real([-1, -2, -3, -4, -5, -6], [2, 3])],
    expected: [real([1, -2, -3, 4, 5, -6], [2, 3])],
  },
  {
    op: 'Select',
    what: 'by rows',
    operands: [whole([1, 0]), real([1, 2, 3, 4], [2, 2]), real([5, 6, 7, 8], [2, 2])],
    expected: [real([1, 2, 7, 8], [2, 2])],
  },
  {
    op: 'SelectV2',
    operands: [whole([1, 0]), real([1, 2, 3, 4], [2, 2]), real([9], [])],
    expected: [real([1, 9, 3, 9], [2, 2])],
  },
  { op: 'Cast', operands: [real([1.7, -1.7, 3])], attr: { DstT: type('DT_INT32') } },
  { op: 'Cast', what: 'to float', operands: [whole([1, -2])], attr: { DstT: type('DT_FLOAT') } },
  { op: 'Cast', what: 'to bool', operands: [real([0, 0.5, -2])], attr: { DstT: type('DT_BOOL') } },
];
