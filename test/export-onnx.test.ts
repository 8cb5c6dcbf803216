/** What is in the ONNX files that are written: operators as people expect them, names, masks, and what cannot be written. */
import { describe, expect, test } from 'vitest';
import type { Diagnostic } from '../src/diagnostic.ts';
import type { ExportOptions } from '../src/export/exporter.ts';
import { exportGraph } from '../src/export/index.ts';
import { evaluate } from '../src/graph/evaluate.ts';
import type { Constant, Graph } from '../src/graph/graph.ts';
import { parse } from '../src/graph/parse.ts';
import { importModel } from '../src/import/index.ts';
import type { ModelProto } from '../src/import/onnx/schema.ts';
import { decode } from '../src/import/onnx/schema.ts';
import { tensor } from '../src/tensor/type.ts';
import { runOnnx, runtime } from './export/runtime.ts';

interface Wrote {
  readonly bytes: Uint8Array;
  readonly model: ModelProto;
  readonly graph: NonNullable<ModelProto['graph']>;
  readonly said: readonly Diagnostic[];
}

function write(from: Graph | string, options: Partial<ExportOptions> = {}): Wrote {
  const said: Diagnostic[] = [];
  const graph = typeof from === 'string' ? parse(from) : from;
  const files = exportGraph(graph, {
    file: 'dir/net.onnx',
    report: (d) => void said.push(d),
    options: { version: '1.2.3', ...options },
  });
  if (!files) throw new Error(said.map((d) => d.message).join('\n'));
  expect(files.map((f) => f.path)).toEqual(['net.onnx']);
  const [{ contents: bytes }] = files;
  const model = decode<ModelProto>('ModelProto', bytes);
  if (!model.graph) throw new Error('no graph');
  return { bytes, model, graph: model.graph, said };
}

function readBack({ bytes }: Wrote): Graph {
  const said: string[] = [];
  const read = (): Uint8Array<ArrayBuffer> => new Uint8Array(bytes);
  const graph = importModel('net.onnx', { read, report: (d) => void said.push(d.message), options: {} });
  expect(said).toEqual([]);
  if (!graph) throw new Error('nothing was read');
  return graph;
}

/** Each node as `output = Operator(inputs)`. */
const lines = ({ graph }: Wrote): readonly string[] =>
  graph.node.map(({ opType, input, output }) => `${output.join(', ')} = ${opType}(${input.join(', ')})`);

const operators = ({ graph }: Wrote): string => graph.node.map((n) => n.opType).join(' ');

const shapesOf = ({ graph }: Wrote): Readonly<Record<string, readonly number[]>> =>
  Object.fromEntries(graph.initializer.map(({ name, dims }) => [name, dims.map(Number)]));

/** Two layers with a sum, as they come from a model of pictures that are [n, h, w, c]. */
const pictures = `graph net of "net.json"
  %x = input "picture" : f32[1x8x8x2]
  %w = constant [1 2 3 4 5 6 7 8] : f32[4x1x1x2] from "first/kernel"
  %b = constant [1 0 0 0] : f32[4]
  %v = conv2d(%x, %w, %b) stride=[1 1] dilation=[1 1] pad=[0 0 0 0] groups=1 activation=relu6 : f32[1x8x8x4] from "first"
  %m = pool2d(%v) fn=max window=[2 2] stride=[2 2] pad=[0 0 0 0] countPad=false : f32[1x4x4x4] from "pool"
  %k = constant [1 2 3 4] : f32[4]
  %s = binary(%m, %k) fn=add : f32[1x4x4x4] from "sum"
  %g = reduce(%s) fn=mean axes=[1 2] keep=true : f32[1x1x1x4] from "mean"
  %r = reshape(%g) shape=[1 4] : f32[1x4] from "flat"
  %w2 = constant [1 1 1 1 2 2 2 2] : f32[2x4]
  %b2 = constant [0 0] : f32[2]
  %y = linear(%r, %w2, %b2) activation=none : f32[1x2] from "scores"
return "scores"=%y`;

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

const scaled = (input: string, output: string, origin = 'layer'): Graph =>
  parse(`graph net of "net.json"
  %x = input ${JSON.stringify(input)} : f32[2]
  %k = constant [2] : f32[] from ${JSON.stringify(origin)}
  %y = binary(%x, %k) fn=mul : f32[2] from ${JSON.stringify(origin)}
  %z = unary(%y) fn=neg : f32[2] from ${JSON.stringify(origin)}
return ${JSON.stringify(output)}=%z`);

describe('names', () => {
  test.each(['a b', '../../x', 'é🌳', '"quoted"\n', 'x:0', '__proto__', '*/ x', 'layer'])(
    'of inputs and outputs are kept, whatever they are: %j',
    async (name) => {
      const graph = scaled(name, `${name}!`);
      const wrote = write(graph);
      expect(wrote.graph.input.map((i) => i.name)).toEqual([name]);
      expect(wrote.graph.output.map((o) => o.name)).toEqual([`${name}!`]);
      expect(wrote.said).toEqual([]);
      if (runtime && name !== '__proto__')
        expect(await runOnnx(wrote.bytes, graph, { [name]: Float32Array.of(1, 2) })).toEqual({
          [`${name}!`]: Float32Array.of(-2, -4),
        });
    },
  );

  test('of all other values differ from them and from each other', () => {
    const { graph } = write(scaled('layer', 'layer_1'));
    const names = [...graph.input, ...graph.initializer].map((v) => v.name).concat(graph.node.flatMap((n) => n.output));
    expect(names).toEqual(['layer', 'layer/b', 'layer_2', 'layer_1']);
    expect(new Set(names).size).toBe(names.length);
  });

  test('an output that is called as an input is, and is another value, gets another name and a warning', () => {
    const { graph, said } = write(scaled('same', 'same'));
    expect(graph.output.map((o) => o.name)).toEqual(['same_1']);
    expect(said).toMatchObject([{ severity: 'warning', code: 'export/name' }]);
  });

  test('that are no text are made text, with a warning', () => {
    const { graph, said } = write(scaled('\ud800', '', '\udc00'));
    expect([graph.input[0].name, graph.output[0].name]).toEqual(['\ufffd', 'value']);
    expect(said.map((d) => d.code)).toEqual(['export/name', 'export/name']);
  });

  test('outputs may be inputs, constants, and one value twice', async () => {
    const graph = parse(`graph net of "net.json"
  %x = input "x" : f32[2]
  %i = input "i" : i32[2]
  %k = constant [5 6] : f32[2]
  %y = unary(%x) fn=neg : f32[2]
return "x"=%x, "copy"=%x, "k"=%k, "y"=%y, "again"=%y, "i2"=%i`);
    const wrote = write(graph);
    expect(wrote.graph.output.map((o) => o.name)).toEqual(['x', 'copy', 'k', 'y', 'again', 'i2']);
    const inputs = { x: Float32Array.of(1, 2), i: Int32Array.of(3, 4) };
    expect(evaluate(readBack(wrote), inputs)).toEqual(evaluate(graph, inputs));
    if (runtime) expect(await runOnnx(wrote.bytes, graph, inputs)).toEqual(evaluate(graph, inputs));
  });
});

/** A layer whose weights are mostly 0, one of which is kept. */
function pruned(mask: boolean): Graph {
  const data = Float32Array.from({ length: 100 }, (_, i) => (i % 10 === 0 ? i + 1 : 0));
  const kept = Uint8Array.from(data, (v, i) => Number(v !== 0 || i === 5));
  const weights: Constant = {
    kind: 'constant',
    id: 'w',
    type: tensor('f32', [5, 2, 2, 5]),
    data,
    origin: 'w',
    ...(mask && { mask: kept }),
  };
  const graph = parse(`graph net of "net.json"
  %x = input "x" : f32[1x3x3x5]
  %w = constant [${[...data].slice(0, 64).join(' ')}] : f32[64]
  %b = constant [0 0 0 0 1] : f32[5]
  %y = conv2d(%x, %w, %b) stride=[1 1] dilation=[1 1] pad=[0 0 0 0] groups=1 activation=none : f32[1x2x2x5]
return "y"=%y`);
  return { ...graph, nodes: graph.nodes.map((node) => (node.id === 'w' ? weights : node)) };
}

const input = { x: Float32Array.from({ length: 45 }, (_, i) => i - 20) };

/** The mask of the only constant that has one, brought back to [o, kh, kw, i]. */
const masksOf = (graph: Graph): readonly string[] =>
  graph.nodes.flatMap((n) => (n.kind === 'constant' && n.mask ? [`${n.type.shape}: ${[...n.mask].join('')}`] : []));

describe('weights that are not kept', () => {
  test('are zeros like others, and no more is said', () => {
    const wrote = write(pruned(true));
    expect(Object.keys(shapesOf(wrote))).toEqual(['w', 'y/bias']);
    expect(masksOf(readBack(wrote))).toEqual([]);
  });

  test('are told from zeros that are kept by a mask, where that is wanted', () => {
    const wrote = write(pruned(true), { masks: true });
    expect(shapesOf(wrote)).toMatchObject({ w: [5, 5, 2, 2], w_mask: [5, 5, 2, 2] });
    const kept = pruned(true).nodes.flatMap((n) => (n.kind === 'constant' && n.mask ? [[...n.mask].join('')] : []));
    expect(masksOf(readBack(wrote)).join()).toContain(kept[0]);
  });

  test('are left out of a sparse_initializer, and come back with the mask that they had', async () => {
    for (const mask of [true, false]) {
      const graph = pruned(mask);
      const wrote = write(graph, { sparse: true });
      expect(Object.keys(shapesOf(wrote))).toEqual(['y/bias']);
      const [sparse] = wrote.graph.sparseInitializer;
      expect([sparse.values?.name, sparse.dims.map(Number)]).toEqual(['w', [5, 5, 2, 2]]);
      expect(sparse.values?.dims.map(Number)).toEqual([mask ? 11 : 10]);
      expect(wrote.bytes.length).toBeLessThan(write(graph).bytes.length);
      const again = readBack(wrote);
      expect(evaluate(again, input)).toEqual(evaluate(graph, input));
      expect(masksOf(again)).toHaveLength(1);
      if (runtime) expect(await runOnnx(wrote.bytes, graph, input)).toEqual(evaluate(graph, input));
    }
  });

  test('are written out where they are few', () => {
    const graph = parse(pictures);
    expect(write(graph, { sparse: true }).bytes).toEqual(write(graph).bytes);
  });

  test('a weight whose name is that of a mask does not become one', () => {
    const graph = parse(`graph net of "net.json"
  %x = input "x" : f32[2]
  %a = constant [1 0] : f32[2] from "w_mask"
  %b = constant [3 4] mask [1 0] : f32[2] from "w"
  %s = binary(%x, %a) fn=add : f32[2]
  %t = binary(%s, %b) fn=add : f32[2]
return "t"=%t`);
    const wrote = write(graph, { masks: true });
    expect(wrote.graph.initializer.map((i) => i.name)).toEqual(['w_mask', 'w_1', 'w_1_mask']);
  });
});

test('a file that would be over 2 GiB is refused before anything is made', () => {
  const data = new Float32Array(2 ** 26);
  const constants = Array.from(
    { length: 9 },
    (_, i): Constant => ({ kind: 'constant', id: `k${i}`, type: tensor('f32', [data.length]), data }),
  );
  const graph: Graph = {
    name: 'huge',
    file: 'huge.json',
    nodes: constants,
    outputs: constants.map(({ id }) => ({ name: id, id })),
  };
  const said: Diagnostic[] = [];
  const files = exportGraph(graph, {
    file: 'huge.onnx',
    report: (d) => void said.push(d),
    options: { version: '1.2.3' },
  });
  expect(files).toBeNull();
  expect(said).toMatchObject([{ severity: 'error', code: 'export/too-large', origin: { file: 'huge.onnx' } }]);
});
