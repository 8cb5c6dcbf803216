/** Passes leave whole numbers alone, and keep quantities only where they still say what the numbers are. */
import { describe, expect, test } from 'vitest';
import { pipeline } from '../passes/index.ts';
import { evaluate } from '../src/graph/evaluate.ts';
import type { Constant, Graph } from '../src/graph/graph.ts';
import { parse } from '../src/graph/parse.ts';
import { print } from '../src/graph/print.ts';
import { verify } from '../src/graph/verify.ts';
import { runPasses } from '../src/pass.ts';
import { wholesOf } from '../src/tensor/quantity.ts';
import { elements } from '../src/tensor/type.ts';
import { cpuTarget } from '../targets/cpu/target.ts';
import { wasmTarget } from '../targets/wasm/target.ts';
import { fakeTarget } from './passes/fake-target.ts';

const graphOf = (...lines: readonly string[]): Graph =>
  parse(['graph g of "model.onnx"', ...lines, 'return "y"=%y'].join('\n'));

/** Whole numbers, so that every sum is exact. */
const inputsOf = ({ nodes }: Graph) =>
  Object.fromEntries(
    nodes.flatMap((n) =>
      n.kind === 'input'
        ? [[n.name, Float32Array.from({ length: elements(n.type.shape) }, (_, i) => (i % 7) - 3)]]
        : [],
    ),
  );

/** The graph after all passes; it computes the same, bit for bit, and reads back from its text. */
function compiled(graph: Graph, target = fakeTarget): Graph {
  verify(graph, ({ message }) => expect.unreachable(message));
  const after = runPasses(graph, pipeline(target), () => {});
  expect(evaluate(after, inputsOf(graph))).toEqual(evaluate(graph, inputsOf(graph)));
  const { text, sidecar } = print(after);
  expect(print(parse(text, sidecar)).text).toBe(text);
  return after;
}

/** Constants with a quantity. Each keeps the law. */
function quantised({ nodes }: Graph): readonly Constant[] {
  const found = nodes.filter((n): n is Constant => n.kind === 'constant' && n.type.quantity !== undefined);
  for (const { type, data } of found)
    if (type.quantity)
      expect(
        wholesOf(type.quantity, type.shape, data),
        print({ name: 'g', file: '', nodes: found, outputs: [] }).text,
      ).toBeDefined();
  return found;
}

const opsOf = ({ nodes }: Graph): readonly string[] => nodes.flatMap((n) => (n.kind === 'call' ? [n.op.kind] : []));

const conv = 'stride=[1 1] dilation=[1 1] pad=[0 0 0 0] groups=1 activation=none';
const depthwise = conv.replace('groups=1', 'groups=2');

describe('whole numbers', () => {
  const lines = [
    '%x = input "x" : f32[1x2x3x2]',
    // The second channel is never read, and the first is scaled and shifted on its way.
    '%w = constant [1 2 3 4] : f32[2x1x1x2]',
    '%b = constant [1 -1] : f32[2]',
    `%c = conv2d(%x, %w, %b) ${conv} : f32[1x2x3x2]`,
    '%i = cast(%c) to=i32 : i32[1x2x3x2]',
    '%k = constant [5 7] : i32[2]',
    '%s = binary(%i, %k) fn=mul : i32[1x2x3x2]',
    '%a = binary(%s, %k) fn=add : i32[1x2x3x2]',
    '%wd = constant [3 -2] : i32[2x1x1x1]',
    '%bd = constant [0 1] : i32[2]',
    `%d = conv2d(%a, %wd, %bd) ${depthwise} : i32[1x2x3x2]`,
    '%p = pool2d(%d) fn=max window=[2 1] stride=[1 1] pad=[0 0 0 0] countPad=false : i32[1x1x3x2]',
    '%wi = constant [1 0 -2 0] : i32[2x1x1x2]',
    `%e = conv2d(%p, %wi, %bd) ${conv} : i32[1x1x3x2]`,
    '%r = unary(%e) fn=relu : i32[1x1x3x2]',
  ];

  test.each([fakeTarget, cpuTarget([]), wasmTarget([])])('between real ones: $name', (target) => {
    const real = [
      '%f = cast(%r) to=f32 : f32[1x1x3x2]',
      '%ws = constant [2 0 1 0] : f32[2x1x1x2]',
      '%bs = constant [0 0] : f32[2]',
      `%y = conv2d(%f, %ws, %bs) ${conv} : f32[1x1x3x2]`,
    ];
    const after = compiled(graphOf(...lines, ...real), target);
    expect(opsOf(after).filter((kind) => kind === 'conv2d')).toHaveLength(4);
  });

  test.each([
    ['arithmetic', '%d = binary(%i, %k) fn=mul : i32[1x2x3x2]'],
    ['a depthwise layer', `%d = conv2d(%i, %v, %k) ${depthwise} : i32[1x2x3x2]`],
    ['nothing but moves', '%d = pad(%i) before=[0 0 0 0] after=[0 0 0 0] mode=constant value=0 : i32[1x2x3x2]'],
  ])('in channels that nobody reads: %s', (_title, between) => {
    compiled(
      graphOf(
        ...lines.slice(0, 6),
        '%v = constant [3 -2] : i32[2x1x1x1]',
        between,
        '%f = cast(%d) to=f32 : f32[1x2x3x2]',
        '%ws = constant [2 0 1 0] : f32[2x1x1x2]',
        '%bs = constant [0 0] : f32[2]',
        `%y = conv2d(%f, %ws, %bs) ${conv} : f32[1x2x3x2]`,
      ),
    );
  });

  test('a product that a matrix of whole numbers makes stays one', () => {
    const after = compiled(
      graphOf(
        '%x = input "x" : f32[2x2]',
        '%i = cast(%x) to=i32 : i32[2x2]',
        '%w = constant [1 2 3 4] : i32[2x2]',
        '%m = matmul(%i, %w) transposeA=false transposeB=false : i32[2x2]',
        '%k = constant [5 7] : i32[2]',
        '%y = binary(%m, %k) fn=add : i32[2x2]',
      ),
    );
    expect(opsOf(after)).toEqual(['cast', 'matmul', 'binary']);
  });
});

describe('quantities', () => {
  const q = 'quantity scale=[0.5 0.25] zero=[1 0]';
  const layer = (after: readonly string[], weights = `%w = constant [1 2 3 4] : f32[2x1x1x2, ${q} axis=0]`) =>
    graphOf(
      '%x = input "x" : f32[1x2x3x2]',
      weights,
      '%b = constant [1 -1] : f32[2]',
      `%c = conv2d(%x, %w, %b) ${conv} : f32[1x2x3x2]`,
      ...after,
    );

  test('stay on weights that stay', () => {
    const after = compiled(layer(['%y = unary(%c) fn=relu : f32[1x2x3x2]']));
    expect(quantised(after)).toHaveLength(1);
  });

  test('go where weights are scaled: rows, columns, whole values', () => {
    const k = '%k = constant [3 -5] : f32[2]';
    const rows = quantised(compiled(layer([k, '%y = binary(%c, %k) fn=mul : f32[1x2x3x2]'])));
    expect(rows.map(({ type, data }) => [type.quantity, [...data]])).toEqual([
      [{ scale: [1.5, 1.25], zero: [1, 0], axis: 0 }, [3, 6, -15, -20]],
    ]);
    const before = graphOf(
      '%x = input "x" : f32[1x2x3x2]',
      k,
      '%s = binary(%x, %k) fn=mul : f32[1x2x3x2]',
      `%w = constant [1 2 3 4] : f32[2x1x1x2, ${q} axis=0]`,
      '%b = constant [1 -1] : f32[2]',
      `%y = conv2d(%s, %w, %b) ${conv} : f32[1x2x3x2]`,
    );
    expect(quantised(compiled(before))).toHaveLength(0);
    const sunk = graphOf(
      '%x = input "x" : f32[1x2x3x2]',
      '%k = constant [3] : f32[1]',
      '%s = binary(%x, %k) fn=mul : f32[1x2x3x2]',
      '%p = pool2d(%s) fn=max window=[1 2] stride=[1 1] pad=[0 0 0 0] countPad=false : f32[1x2x2x2]',
      `%w = constant [1 2 3 4] : f32[2x1x1x2, ${q} axis=0]`,
      '%b = constant [1 -1] : f32[2]',
      `%y = conv2d(%p, %w, %b) ${conv} : f32[1x2x2x2]`,
    );
    expect(opsOf(compiled(sunk))).not.toContain('binary');
    expect(quantised(compiled(sunk)).map(({ type }) => type.quantity)).toEqual([
      { scale: [1.5, 0.75], zero: [1, 0], axis: 0 },
    ]);
  });

  test('lose the channels that weights lose', () => {
    // Row 1 of the first layer has no weights, and column 1 of the second is not read.
    const after = compiled(
      layer(
        [
          `%w2 = constant [1 0 3 0] : f32[2x1x1x2, ${q.replace('[1 0]', '[0 3]')} axis=3]`,
          `%y = conv2d(%c, %w2, %b) ${conv} : f32[1x2x3x2]`,
        ],
        `%w = constant [1 2 3 4] : f32[2x1x1x2, ${q} axis=0]`,
      ),
    );
    expect(quantised(after).map(({ type }) => [type.shape, type.quantity])).toEqual([
      [[1, 1, 1, 2], { scale: [0.5], zero: [1], axis: 0 }],
      [[2, 1, 1, 1], { scale: [0.5], zero: [0], axis: 3 }],
    ]);
  });

  test('follow their axis where weights are turned, put in another shape, or computed from whole ones', () => {
    const turned = graphOf(
      '%x = input "x" : f32[2x2]',
      `%w = constant [1 2 3 4] : f32[2x2, ${q} axis=1]`,
      '%y = matmul(%x, %w) transposeA=false transposeB=false : f32[2x2]',
    );
    expect(quantised(compiled(turned)).map(({ type }) => type.quantity?.axis)).toEqual([0]);
    const whole = graphOf(
      '%x = input "x" : f32[1x2x2x2]',
      '%q = constant [1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16] : i32[2x8]',
      '%s = constant [0.5 0.25] : f32[2]',
      '%z = constant [1 0] : i32[2]',
      '%d = dequantize(%q, %s, %z) axis=0 : f32[2x8]',
      '%w = reshape(%d) shape=[2 2 2 2] : f32[2x2x2x2]',
      '%b = constant [1 -1] : f32[2]',
      `%y = conv2d(%x, %w, %b) ${conv} : f32[1x1x1x2]`,
    );
    const [weights] = quantised(compiled(whole));
    expect(weights.type.quantity).toEqual({ scale: [0.5, 0.25], zero: [1, 0], axis: 0 });
    expect(weights.type.shape).toEqual([2, 8]);
  });
});
