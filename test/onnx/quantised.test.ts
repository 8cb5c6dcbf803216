/** Rows on quantised numbers: exactly what onnxruntime gives, and types that say what the numbers stand for. */
import { describe, expect, test } from 'vitest';
import { importTest, node, port, real, reals } from './kit.ts';
import type { Case, Operand } from './numbers.ts';
import {
  bytes,
  drawn,
  floats,
  list,
  modelOf,
  one,
  positive,
  shaped,
  stored,
  tensorOf,
  testAgainstRuntime,
} from './numbers.ts';

const x = drawn([2, 3, 4]);
const scale = (value: number): Operand => stored(one(value));
const zero = (value: number, type: 'uint8' | 'int8' | 'uint16' | 'int16' = 'uint8'): Operand =>
  stored(one(value, type));
const scales = (size: number, seed: number): Operand => stored(positive([size], seed, 0.02));
const none = (size: number): Operand => stored(list('int8', ...Array<number>(size).fill(0)));
const exact = (cases: readonly Case[]): readonly Case[] => cases.map((c) => ({ error: 0, ...c }));
const ranges = [
  ['uint8', 100],
  ['int8', -3],
  ['uint16', 30000],
  ['int16', -3000],
] as const;

describe('quantize and dequantize', () => {
  const blocks = [stored(positive([4, 3], 9, 0.1)), stored(bytes('uint8', [4, 3], 3))];
  const [stored8, given8] = [stored(bytes('uint8', [2, 3, 4])), bytes('uint8', [2, 3, 4])];
  testAgainstRuntime(
    exact([
      ...ranges.flatMap(([type, from]) =>
        [0.05, 0.0001].map((step) => ({
          op: 'QuantizeLinear',
          operands: [x, scale(step), zero(from, type)],
          opset: 21,
        })),
      ),
      { op: 'QuantizeLinear', operands: [x, scale(0.05)], opset: 10 },
      { op: 'QuantizeLinear', operands: [x, one(0.05), one(7, 'uint8')] },
      { op: 'QuantizeLinear', operands: [x, scales(3, 2), stored(list('uint8', 1, 100, 200))] },
      { op: 'QuantizeLinear', operands: [x, scales(4, 2)], attributes: { axis: -1 } },
      { op: 'QuantizeLinear', operands: [x, scale(0.05)], opset: 21, attributes: { output_dtype: 5 } },
      {
        op: 'QuantizeLinear',
        operands: [drawn([4, 6]), ...blocks],
        opset: 21,
        attributes: { axis: 1, block_size: 2 },
      },
      ...[bytes('uint8', [4, 5]), stored(bytes('uint8', [4, 5]))].map((operand) => ({
        op: 'DequantizeLinear',
        operands: [operand, ...blocks],
        opset: 21,
        attributes: { axis: 1, block_size: 2 },
      })),
      ...[given8, stored8].flatMap((operand) => [
        { op: 'DequantizeLinear', operands: [operand, scale(0.05), zero(7)] },
        { op: 'DequantizeLinear', operands: [operand, scale(0.05)] },
        { op: 'DequantizeLinear', operands: [operand, scales(3, 2), stored(list('uint8', 7, 8, 9))] },
      ]),
      { op: 'DequantizeLinear', operands: [list('int32', 100000, -5, 3), scale(0.0005)], opset: 10 },
      ...[x, floats(1, 2, 3), floats(-1, -2), floats(0, 0)].map((operand) => ({
        op: 'DynamicQuantizeLinear',
        operands: [operand],
        outputs: ['y', 'scale', 'zero'],
      })),
    ]),
  );
});

const picture = bytes('uint8', [2, 4, 7, 7]);
const input = [picture, scale(0.02), zero(120)];
const rows = bytes('uint8', [3, 40]);
const columns = stored(bytes('int8', [40, 30], 2));

describe('products', () => {
  const kernels = stored(bytes('int8', [8, 4, 3, 3], 2));
  const bias = stored({ ...list('int32', ...Array.from({ length: 8 }, (_, i) => i * 900 - 3000)) });
  testAgainstRuntime(
    exact([
      { op: 'MatMulInteger', operands: [rows, columns] },
      { op: 'MatMulInteger', operands: [rows, bytes('uint8', [40, 5], 3), zero(12), zero(100)] },
      {
        op: 'MatMulInteger',
        operands: [
          bytes('uint8', [2, 3, 4]),
          stored(bytes('int8', [4, 3], 2)),
          zero(12),
          stored(list('int8', 1, 2, 3)),
        ],
      },
      { op: 'ConvInteger', operands: [picture, kernels, zero(12)], attributes: { pads: [1, 1, 1, 1] } },
      {
        op: 'ConvInteger',
        operands: [picture, stored(bytes('uint8', [4, 2, 3, 3], 2)), zero(12), zero(100)],
        attributes: { group: 2, strides: [2, 2] },
      },
      {
        op: 'QLinearMatMul',
        operands: [rows, scale(0.02), zero(120), columns, scale(0.01), zero(9, 'int8'), scale(0.9), zero(110)],
      },
      {
        op: 'QLinearMatMul',
        operands: [rows, scale(0.02), zero(120), columns, scales(30, 5), none(30), scale(0.9), zero(110)],
      },
      {
        op: 'QLinearMatMul',
        operands: [
          bytes('int8', [2, 3, 40]),
          scale(0.02),
          zero(5, 'int8'),
          bytes('int8', [2, 40, 6], 2),
          scale(0.01),
          zero(9, 'int8'),
          scale(0.9),
          zero(-10, 'int8'),
        ],
      },
      ...[undefined, bias].flatMap((b) => [
        {
          op: 'QLinearConv',
          operands: [...input, kernels, scale(0.01), zero(0, 'int8'), scale(0.7), zero(100), b],
          attributes: { pads: [1, 1, 0, 0], strides: [2, 1] },
        },
        { op: 'QLinearConv', operands: [...input, kernels, scales(8, 4), none(8), scale(1.7), zero(100), b] },
      ]),
      {
        op: 'QLinearConv',
        operands: [...input, stored(bytes('uint8', [8, 2, 3, 3], 2)), scale(0.01), zero(128), scale(0.7), zero(100)],
        attributes: { group: 2 },
      },
    ]),
  );

  test('with a scale of the result for each column are refused', () => {
    const operands = [rows, scale(0.02), zero(120), columns, scale(0.01), zero(9, 'int8'), scales(30, 2), zero(110)];
    expect(importTest(modelOf({ op: 'QLinearMatMul', operands })).messages).toEqual([
      'import/layer QLinearMatMul_y: "QLinearMatMul" has a result with scales of shape [30]; one scale is read',
    ]);
  });

  test.each([
    [{ operands: [x, scales(5, 2)] }, 'has scales of shape [5] for axis 1 of [2, 3, 4]'],
    [{ operands: [x, scales(3, 2), zero(1)] }, 'has scales of shape [3] and zeros of []'],
    [{ operands: [x, scale(1)], opset: 23, attributes: { output_dtype: 17 } }, 'gives float8e4m3fn'],
    [{ operands: [x, scale(1)], attributes: { output_dtype: 7 } }, 'gives int64'],
  ])('refusal %#', (details, message) => {
    const { messages } = importTest(modelOf({ op: 'QuantizeLinear', ...details }));
    expect(messages.map((m) => m.split(';')[0])).toEqual([
      `import/layer QuantizeLinear_y: "QuantizeLinear" ${message}`,
    ]);
  });
});

describe('what onnxruntime’s optimiser writes', () => {
  const ms = (op: string, operands: Case['operands'], attributes: Case['attributes'] = {}, error = 2e-5): Case => ({
    op,
    operands,
    attributes,
    error,
    domain: 'com.microsoft',
  });
  const [hidden, skip] = [drawn([2, 3, 8]), drawn([2, 3, 8], 3)];
  const [images, kernels] = [drawn([1, 3, 6, 6]), stored(drawn([4, 3, 3, 3], 2))];
  const other = [bytes('uint8', picture.shape, 5), scale(0.03), zero(130)];
  const out = [scale(0.05), zero(90)];
  testAgainstRuntime([
    ms('Gelu', [x]),
    ms('BiasGelu', [x, drawn([4], 2)]),
    ms('FastGelu', [x, drawn([4], 2)]),
    ms('QuickGelu', [x]),
    ms('FusedMatMul', [drawn([2, 3, 4]), drawn([2, 5, 4], 2)], { transB: 1, alpha: real(0.3) }),
    ms('FusedMatMul', [drawn([2, 4, 3]), drawn([2, 4, 5], 2)], { transA: 1 }),
    {
      ...ms('SkipLayerNormalization', [hidden, skip, drawn([8]), drawn([8], 4), drawn([8], 5)]),
      outputs: ['y', '', '', 'sum'],
    },
    {
      ...ms('SkipSimplifiedLayerNormalization', [hidden, skip, drawn([8]), drawn([8], 5)], { epsilon: real(1e-5) }),
      outputs: ['y', '', '', 'sum'],
    },
    ms('FusedConv', [images, kernels, stored(drawn([4], 3)), drawn([1, 4, 4, 4], 4)], { activation: 'Relu' }, 1e-4),
    ms('FusedConv', [images, kernels], { activation: 'Clip', activation_params: reals(-1, 2) }, 1e-4),
    ms('FusedConv', [images, kernels], { activation: 'LeakyRelu', activation_params: reals(0.2) }, 1e-4),
    ms('QLinearAdd', [...input, ...other, ...out], {}, 1),
    ms('QLinearMul', [...input, ...other, ...out], {}, 1),
    ms('QLinearSigmoid', [...input, scale(1 / 256), zero(0)], {}, 0),
    ms('QLinearLeakyRelu', [...input, ...out], { alpha: real(0.1) }, 0),
    ms('QLinearGlobalAveragePool', [...input, scale(0.01), zero(90)], {}, 0),
    ms('QLinearGlobalAveragePool', [...input, scale(0.01), zero(90)], { channels_last: 1 }, 0),
    ms('QLinearConcat', [...out, ...input, ...other], { axis: 1 }, 0),
    ms(
      'QGemm',
      [rows, scale(0.02), zero(120), columns, scales(30, 6), none(30), undefined, scale(0.9), zero(100)],
      {},
      0,
    ),
    ms(
      'QGemm',
      [rows, scale(0.02), zero(120), stored(bytes('int8', [5, 40])), scale(0.1), zero(3, 'int8')],
      { transB: 1, alpha: real(0.5) },
      1e-3,
    ),
    ms('MatMulIntegerToFloat', [rows, columns, scale(0.02), scales(30, 6), zero(120), none(30), drawn([30])], {}, 1e-4),
    ms('QuantizeLinear', [x, scale(0.05), zero(7)], {}, 0),
    ms('DequantizeLinear', [bytes('uint8', [9]), scale(0.05), zero(7)], {}, 0),
  ]);

  test('others are unknown', () => {
    const nodes = [node('Attention', ['x'], ['y'], {}, 'com.microsoft')];
    const { messages } = importTest({
      inputs: [port('x', [2])],
      outputs: ['y'],
      nodes,
      opsets: { 'com.microsoft': 1 },
    });
    expect(messages).toEqual([
      'import/unknown-op Attention_y: there is no reader for the operator "com.microsoft.Attention" of the domain "com.microsoft"',
    ]);
  });
});

describe('types say what whole numbers stand for', () => {
  const tensors = {
    w: bytes('int8', [4, 6]),
    s: shaped([6], positive([6], 2, 0.01)),
    z: list('int8', 0, 1, 2, 3, -1, -2),
  };
  const initializers = Object.entries(tensors).map(([name, operand]) => tensorOf({ ...operand, name }));

  test('weights are real numbers with the quantity of the whole ones, along their own axis', () => {
    const nodes = [node('DequantizeLinear', ['w', 's', 'z'], ['d'], { axis: 1 }), node('MatMul', ['x', 'd'], ['y'])];
    const { graph } = importTest({ inputs: [port('x', [1, 4])], outputs: ['y'], nodes, initializers });
    const weights = graph?.nodes.find((n) => n.kind === 'constant' && n.type.shape.join() === '6,4');
    expect(weights?.type.dtype).toBe('f32');
    expect(weights?.type.quantity).toEqual({ scale: tensors.s.data, zero: tensors.z.data, axis: 0 });
  });

  test('results of a product have the quantity that the operands say', () => {
    const operands = [
      ...input,
      stored(bytes('int8', [8, 4, 3, 3])),
      scale(0.01),
      zero(0, 'int8'),
      scale(0.5),
      zero(100),
    ];
    const { graph } = importTest(modelOf({ op: 'QLinearConv', operands }));
    const result = graph?.nodes.find((n) => n.id === graph.outputs[0].id);
    expect(result?.type.dtype).toBe('i32');
    expect(result?.type.quantity).toEqual({ scale: [0.5], zero: [100], axis: -1 });
  });
});
