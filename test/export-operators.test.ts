/** Operators in the ONNX files that are written: those that people expect, and no transposes that nobody needs. */
import { describe, expect, test } from 'vitest';
import { evaluate } from '../src/graph/evaluate.ts';
import type { Graph } from '../src/graph/graph.ts';
import { parse } from '../src/graph/parse.ts';
import { runOnnx, runtime } from './export/runtime.ts';
import { lines, operators, pictures, shapesOf, write } from './export/written.ts';
import { largestError } from './passes/compare.ts';

describe('operators', () => {
  test('are those of the standard, pictures lying as [n, c, h, w] from the first layer to the last', () => {
    const wrote = write(pictures);
    expect(lines(wrote)).toEqual([
      'picture/Transpose = Transpose(picture)',
      'first/Conv = Conv(picture/Transpose, first/kernel, first/bias)',
      'first = Clip(first/Conv, constant_0, constant_6)',
      'pool = MaxPool(first)',
      'sum = Add(pool, sum/b)',
      'mean = GlobalAveragePool(sum)',
      'flat = Reshape(mean, shape)',
      'scores = Gemm(flat, scores/weights)',
    ]);
    expect(shapesOf(wrote)).toMatchObject({ 'first/kernel': [4, 2, 1, 1], 'first/bias': [4], 'sum/b': [4, 1, 1] });
    expect(shapesOf(wrote)).not.toHaveProperty('scores/bias');
    const { model } = wrote;
    expect(model).toMatchObject({ producerName: 'espalier', producerVersion: '1.2.3' });
    expect([Number(model.irVersion), model.opsetImport.map((o) => [o.domain, Number(o.version)])]).toEqual([
      8,
      [['', 17]],
    ]);
  });

  test('a model of pictures that are [n, c, h, w] has no transpose at all', () => {
    const wrote = write(
      `graph net of "net.onnx"
  %x = input "x" : f32[1x2x8x8]
  %p = transpose(%x) perm=[0 2 3 1] : f32[1x8x8x2]
  %w = constant [1 2 3 4] : f32[2x1x1x2]
  %b = constant [1 2] : f32[2]
  %v = conv2d(%p, %w, %b) stride=[1 1] dilation=[1 1] pad=[0 0 0 0] groups=1 activation=none : f32[1x8x8x2]
  %q = transpose(%v) perm=[0 3 1 2] : f32[1x2x8x8]
  %s = binary(%q, %x) fn=add : f32[1x2x8x8]
  %t = transpose(%s) perm=[0 2 3 1] : f32[1x8x8x2]
  %u = conv2d(%t, %w, %b) stride=[1 1] dilation=[1 1] pad=[0 0 0 0] groups=1 activation=prelu : f32[1x8x8x2]
  %y = transpose(%u) perm=[0 3 1 2] : f32[1x2x8x8]
return "y"=%y`.replace('%u = conv2d(%t, %w, %b)', '%u = conv2d(%t, %w, %b, %b)'),
    );
    expect(operators(wrote)).toBe('Conv Add Conv PRelu');
  });

  test('truth values, numbers of picks and bytes go from node to node as they are', () => {
    const wrote = write(`graph net of "net.onnx"
  %x = input "x" : f32[2x8]
  %z = constant [0] : f32[]
  %a = binary(%x, %z) fn=greater : i32[2x8]
  %n = unary(%a) fn=not : i32[2x8]
  %o = binary(%a, %n) fn=or : i32[2x8]
  %s = select(%o, %x, %z) : f32[2x8]
  %f = cast(%a) to=f32 : f32[2x8]
  %t = binary(%s, %f) fn=add : f32[2x8]
  %scale = constant [0.5] : f32[1]
  %zero = constant [3] : i32[1]
  %q = quantize(%t, %scale, %zero) axis=-1 low=-128 high=127 : i32[2x8]
  %d = dequantize(%q, %scale, %zero) axis=-1 : f32[2x8]
return "d"=%d`);
    expect(operators(wrote)).toBe('Greater Not Or Where Cast Add QuantizeLinear DequantizeLinear');
  });

  test('a convolution of bytes is one, and one of wider numbers a product for each tap', async () => {
    const convolution = (low: number, high: number): Graph =>
      parse(`graph net of "net.onnx"
  %x = input "x" : f32[1x1x4x4]
  %scale = constant [0.1] : f32[1]
  %zero = constant [3] : i32[1]
  %z = constant [3] : i32[]
  %q = quantize(%x, %scale, %zero) axis=-1 low=${low} high=${high} : i32[1x1x4x4]
  %s = binary(%q, %z) fn=sub : i32[1x1x4x4]
  %t = transpose(%s) perm=[0 2 3 1] : i32[1x4x4x1]
  %w = constant [1 -2 3 -4] : i32[1x2x2x1]
  %b = constant [7] : i32[1]
  %c = conv2d(%t, %w, %b) stride=[1 1] dilation=[1 1] pad=[1 1 0 0] groups=1 activation=relu : i32[1x4x4x1]
  %y = transpose(%c) perm=[0 3 1 2] : i32[1x1x4x4]
return "y"=%y`);
    const wrote = new Map([255, 1000].map((high) => [high, write(convolution(0, high))]));
    expect([...wrote.values()].map(operators)).toEqual([
      'QuantizeLinear ConvInteger Add Relu',
      expect.stringMatching(/^Div Round Add Clip Cast Sub Pad (Slice |Reshape |MatMul |Add )*Relu$/),
    ]);
    if (!runtime) return;
    const inputs = { x: Float32Array.from({ length: 16 }, (_, i) => 6 * i - 30) };
    for (const [high, { bytes }] of wrote) {
      const graph = convolution(0, high);
      expect(await runOnnx(bytes, graph, inputs)).toEqual(evaluate(graph, inputs));
    }
  });

  test('one of two numbers after the other bounds a value: Clip', () => {
    const bounded = (inner: string): string => `graph net of "net.onnx"
  %x = input "x" : f32[4]
  %low = constant [-1] : f32[]
  %high = constant [2] : f32[]
  %a = ${inner} : f32[4]
  %y = binary(%a, %high) fn=min : f32[4]
return "y"=%y`;
    expect(operators(write(bounded('binary(%x, %low) fn=max')))).toBe('Clip');
    expect(operators(write(bounded('unary(%x) fn=relu')))).toBe('Clip');
    expect(operators(write(bounded('binary(%x, %low) fn=add')))).toBe('Add Min');
  });

  test('arithmetic that normalises a layer is one operator, with its scale and its offset', async () => {
    const normalising = (axis: number, last: string): Graph =>
      parse(`graph net of "net.onnx"
  %x = input "x" : f32[2x3x3]
  %m = reduce(%x) fn=mean axes=[${axis}] keep=true : f32[${axis === 2 ? '2x3x1' : '2x1x3'}]
  %d = binary(%x, %m) fn=sub : f32[2x3x3]
  %q = unary(%d) fn=square : f32[2x3x3]
  %v = reduce(%q) fn=mean axes=[${axis}] keep=true : f32[${axis === 2 ? '2x3x1' : '2x1x3'}]
  %e = constant [0.01] : f32[]
  %p = binary(%v, %e) fn=add : f32[${axis === 2 ? '2x3x1' : '2x1x3'}]
  ${last}
  %k = constant [1 2 3] : f32[3]
  %s = binary(%n, %k) fn=mul : f32[2x3x3]
  %o = constant [4 5 6] : f32[3]
  %y = binary(%s, %o) fn=add : f32[2x3x3]
return "y"=%y`);
    const quotient = (small: string): string =>
      `%r = unary(%p) fn=sqrt : f32[${small}]\n  %n = binary(%d, %r) fn=div : f32[2x3x3]`;
    const product = `%r = unary(%p) fn=rsqrt : f32[2x3x1]\n  %n = binary(%d, %r) fn=mul : f32[2x3x3]`;
    const graphs = [normalising(2, quotient('2x3x1')), normalising(2, product), normalising(1, quotient('2x1x3'))];
    const wrote = graphs.map((graph) => write(graph));
    const arithmetic = 'ReduceMean Sub Mul ReduceMean Add Sqrt Div Mul Add';
    expect(wrote.map(operators)).toEqual(['LayerNormalization', 'LayerNormalization', arithmetic]);
    if (!runtime) return;
    const inputs = { x: Float32Array.from({ length: 18 }, (_, i) => (i * i) % 7) };
    for (const [i, graph] of graphs.entries())
      expect(largestError(evaluate(graph, inputs), await runOnnx(wrote[i].bytes, graph, inputs)).error).toBeLessThan(
        1e-6,
      );
  });

  test('channels are shuffled as they lie, and a picture of one pixel keeps its convolutions', () => {
    const shuffled = write(`graph net of "net.onnx"
  %i = input "x" : f32[1x4x8x8]
  %x = transpose(%i) perm=[0 2 3 1] : f32[1x8x8x4]
  %a = reshape(%x) shape=[1 8 8 2 2] : f32[1x8x8x2x2]
  %b = transpose(%a) perm=[0 1 2 4 3] : f32[1x8x8x2x2]
  %c = reshape(%b) shape=[1 8 8 4] : f32[1x8x8x4]
  %p = pool2d(%c) fn=avg window=[8 8] stride=[1 1] pad=[0 0 0 0] countPad=false : f32[1x1x1x4]
  %w = constant [1 2 3 4 5 6 7 8 9 1 2 3 4 5 6 7] : f32[4x4]
  %k = constant [1 2 3 4] : f32[4]
  %l = linear(%p, %w, %k) activation=sigmoid : f32[1x1x1x4]
  %m = binary(%c, %l) fn=mul : f32[1x8x8x4]
  %y = transpose(%m) perm=[0 3 1 2] : f32[1x4x8x8]
return "y"=%y`);
    expect(operators(shuffled)).toBe('Reshape Transpose Reshape GlobalAveragePool Conv Sigmoid Mul');
  });

  test('bits of whole numbers ask for a newer set', () => {
    const { model } = write(`graph net of "net.onnx"
  %x = input "x" : i32[4]
  %y = binary(%x, %x) fn=bit-xor : i32[4]
return "y"=%y`);
    expect(Number(model.opsetImport[0].version)).toBe(18);
  });
});
