/** What else is in the ONNX files that are written: names, masks, and what cannot be written. */
import { describe, expect, test } from 'vitest';
import { portable } from '../passes/index.ts';
import type { Diagnostic } from '../src/diagnostic.ts';
import { exportGraph } from '../src/export/index.ts';
import { evaluate } from '../src/graph/evaluate.ts';
import type { Constant, Graph } from '../src/graph/graph.ts';
import { parse } from '../src/graph/parse.ts';
import { runPasses } from '../src/pass.ts';
import { tensor } from '../src/tensor/type.ts';
import { runOnnx, runtime } from './export/runtime.ts';
import { operators, pictures, readBack, shapesOf, write } from './export/written.ts';

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

test('a residual is written as a sum, which the passes put back where it was', () => {
  const graph = parse(`graph net of "net.json"
  %x = input "x" : f32[1x4x4x2]
  %w = constant [1 -2 3 -4] : f32[2x1x1x2]
  %b = constant [0.5 -1] : f32[2]
  %k = constant [0.25 0.5] : f32[2]
  %c = conv2d(%x, %w, %b, %x) stride=[1 1] dilation=[1 1] pad=[0 0 0 0] groups=1 activation=relu residual=true : f32[1x4x4x2]
  %y = conv2d(%c, %w, %b, %k, %x) stride=[1 1] dilation=[1 1] pad=[0 0 0 0] groups=1 activation=prelu residual=true : f32[1x4x4x2]
return "y"=%y`);
  const wrote = write(graph);
  expect(operators(wrote)).toBe('Transpose Conv Add Relu Conv Add PRelu Transpose');
  const ops = (g: Graph) => g.nodes.flatMap((n) => (n.kind === 'call' ? [n.op] : []));
  expect(ops(runPasses(readBack(wrote), portable, () => {}))).toEqual(ops(graph));
});

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
