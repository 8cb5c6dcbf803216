/** Every invariant that opens src/graph/verify.ts is checked, and its breach named word for word. */
import { describe, expect, test } from 'vitest';
import type { Diagnostic } from '../src/diagnostic.ts';
import type { Graph, Node } from '../src/graph/graph.ts';
import { parse } from '../src/graph/parse.ts';
import { verify } from '../src/graph/verify.ts';
import { tensor } from '../src/tensor/type.ts';

function faultsOf(graph: Graph): readonly Diagnostic[] {
  const faults: Diagnostic[] = [];
  verify(graph, (d) => faults.push(d));
  return faults;
}

const messages = (graph: Graph): readonly string[] => faultsOf(graph).map((d) => d.message);

/** A graph of these lines after an input %x of shape 2x3, with %y for its output. */
const graphOf = (...lines: readonly string[]): Graph =>
  parse(['graph g of "model.json"', '%x = input "x" : f32[2x3]', ...lines, 'return "y"=%y'].join('\n'));

const relu = '%y = unary(%x) fn=relu : f32[2x3]';

test('a sound graph has no faults', () => {
  const graph = graphOf(
    '%w = constant [1 0 0 2 0 0] mask [1 0 1 1 0 0] : f32[2x3, csr index=16]',
    '%b = constant [0.5 -0] : f32[2]',
    '%l = linear(%x, %w, %b) activation=none : f32[2x2]',
    '%r = reshape(%l) shape=[1 2 1 2] : f32[1x2x1x2]',
    '%y = relayout(%r) : f32[1x2x1x2, panel 4]',
  );
  expect(messages(graph)).toEqual([]);
});

describe('names the breach', () => {
  test.each<[string, readonly string[]]>([
    ['%y is defined twice', [relu, relu]],
    ['%y uses %z before it is defined', ['%y = unary(%z) fn=relu : f32[2x3]']],
    ['%y uses %y before it is defined', ['%y = unary(%y) fn=relu : f32[2x3]']],
    ['%y has a size that is not a whole number above zero: f32[2x0]', ['%y = input "y" : f32[2x0]']],
    ['%y has over 8 axes: f32[1x1x1x1x1x1x1x1x1]', ['%y = input "y" : f32[1x1x1x1x1x1x1x1x1]']],
    ['%y is too large: f32[65536x32768]', ['%y = input "y" : f32[65536x32768]']],
    // Few elements, but each row of lanes is full length.
    ['%y is too large: f32[1x1x1x64, panel 67108864]', ['%y = input "y" : f32[1x1x1x64, panel 67108864]']],
    ['%y cannot be laid out in panels: f32[6, panel 4]', ['%y = input "y" : f32[6, panel 4]']],
    ['%y cannot be laid out in panels: f32[1x2x2x1, panel 0]', ['%y = input "y" : f32[1x2x2x1, panel 0]']],
    ['%y has 2 inputs; "unary" takes x', ['%y = unary(%x, %x) fn=relu : f32[2x3]']],
    ['%y has 2 inputs; "conv2d" takes x, weights, bias', ['%y = conv2d(%x, %x) stride=[1 1] : f32[2x3]']],
    ['%y cannot be typed: "reshape" cannot make [5] of [2, 3]', ['%y = reshape(%x) shape=[5] : f32[5]']],
    ['%y is declared f32[3x2] but computes f32[2x3]', ['%y = unary(%x) fn=relu : f32[3x2]']],
    ['%y is declared i32[2x3] but computes f32[2x3]', ['%y = unary(%x) fn=relu : i32[2x3]']],
    ['%c holds 3 numbers, and its type f32[2] needs 2', [relu, '%c = constant [1 2 3] : f32[2]']],
    ['%c has a mask of 1 for 2 numbers', [relu, '%c = constant [1 2] mask [1] : f32[2]']],
    ['%y is sparse but not a constant', ['%y = unary(%x) fn=relu : f32[2x3, csr index=16]']],
    ['%c is stored in an unknown format "zip"', [relu, '%c = constant [1 2] : f32[2, zip]']],
    ['two inputs are named "x"', [relu, '%x2 = input "x" : f32[1]']],
    ['output "y" is %y, which is not defined', []],
  ])('%s', (message, lines) => expect(messages(graphOf(...lines))).toEqual([message]));

  const node: Node = { kind: 'input', id: 'y', type: tensor('f32', [1]), name: 'y' };
  const graph: Graph = { name: 'g', file: 'model.json', nodes: [node], outputs: [{ name: 'y', id: 'y' }] };

  test('ids that are no identifiers', () => {
    const bad: Graph = { ...graph, nodes: [{ ...node, id: 'a b' }], outputs: [{ name: 'y', id: 'a b' }] };
    expect(messages(bad)).toEqual(['%a b has an id that is not an identifier']);
  });

  test('sizes that are no numbers', () => {
    const bad = { ...graph, nodes: [{ ...node, type: tensor('f32', [1, Number.NaN, 2.5]) }] };
    expect(messages(bad)).toEqual(['%y has a size that is not a whole number above zero: f32[1xNaNx2.5]']);
  });

  test('numbers of another element type', () => {
    const constant: Node = { kind: 'constant', id: 'c', type: tensor('f32', [1]), data: Int32Array.of(1) };
    expect(messages({ ...graph, nodes: [node, constant] })).toEqual(['%c holds numbers of another type than f32']);
  });

  test('outputs of one name, and none at all', () => {
    expect(messages({ ...graph, outputs: [...graph.outputs, ...graph.outputs] })).toEqual([
      'two outputs are named "y"',
    ]);
    expect(messages({ ...graph, outputs: [] })).toEqual(['there is no output']);
  });
});

test('every fault is found in one go, each with where it came from', () => {
  const graph = graphOf(
    '%a = unary(%x) fn=frobnicate : f32[2x3] from "layer/one"',
    '%y = binary(%a, %q) fn=add : f32[2x3]',
  );
  expect(faultsOf(graph)).toEqual([
    {
      severity: 'error',
      code: 'graph/invalid',
      message: expect.stringContaining('%a cannot be typed: "unary" takes one of'),
      origin: { file: 'model.json', name: 'layer/one' },
    },
    {
      severity: 'error',
      code: 'graph/invalid',
      message: '%y uses %q before it is defined',
      origin: { file: 'model.json', name: undefined },
    },
  ]);
});
