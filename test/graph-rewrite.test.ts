/** Rebuilding graphs: identity where nothing changes, replacements followed everywhere, ids kept and fresh. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Call, Graph, Node } from '../src/graph/graph.ts';
import { nodesById, operandsOf, useCounts } from '../src/graph/graph.ts';
import { parse } from '../src/graph/parse.ts';
import { print } from '../src/graph/print.ts';
import { dropUnused, retyped, rewriteNodes } from '../src/graph/rewrite.ts';
import { verify } from '../src/graph/verify.ts';
import { panel } from '../src/tensor/type.ts';

const graph = parse(`graph g of "model.json"
  %x = input "x" : f32[2]
  %unused = input "unused" : f32[1]
  %a = unary(%x) fn=relu : f32[2]
  %b = unary(%a) fn=relu : f32[2]
  %c = binary(%b, %a) fn=add : f32[2]
return "y"=%c, "z"=%b`);

/** The lines between the first and the last. */
const lines = (g: Graph): readonly string[] =>
  print(g)
    .text.trim()
    .split('\n')
    .slice(1)
    .map((l) => l.trim());

describe('rewriteNodes', () => {
  test('gives back the graph itself when nothing changes', () => {
    expect(rewriteNodes(graph, (node) => node)).toBe(graph);
  });

  test('gives back random graphs themselves as well', () => {
    const chain = fc.array(fc.tuple(fc.nat(), fc.nat()), { maxLength: 20 }).map((picks): Graph => {
      const nodes: Node[] = [...graph.nodes];
      for (const [i, [p, q]] of picks.entries()) {
        const of = ['x', 'a', 'b', 'c', ...picks.slice(0, i).map((_, k) => `n${k}`)];
        const inputs = [of[p % of.length], of[q % of.length]];
        nodes.push({ kind: 'call', id: `n${i}`, type: graph.nodes[0].type, op: { kind: 'binary', fn: 'mul' }, inputs });
      }
      return { ...graph, nodes };
    });
    fc.assert(
      fc.property(chain, (g) => {
        expect(rewriteNodes(g, (node) => node)).toBe(g);
      }),
      { seed: 5, numRuns: 200 },
    );
  });

  test('follows what is used instead, through chains and to the outputs, and drops what is left over', () => {
    const isRelu = (node: Node): node is Call => node.kind === 'call' && node.op.kind === 'unary';
    const after = rewriteNodes(graph, (node) => (isRelu(node) ? node.inputs[0] : node));
    expect(lines(after)).toEqual([
      '%x = input "x" : f32[2]',
      '%unused = input "unused" : f32[1]',
      '%c = binary(%x, %x) fn=add : f32[2]',
      'return "y"=%c, "z"=%x',
    ]);
  });

  test('puts emitted nodes before the one that is looked at, under ids that nothing has', () => {
    const after = rewriteNodes(graph, (node, { emit, fresh, byId }) => {
      if (node.id !== 'c' || node.kind !== 'call') return node;
      expect([...byId.keys()]).toEqual(['x', 'unused', 'a', 'b']);
      const negated = (id: string): Call => ({
        ...node,
        id: fresh('a'),
        op: { kind: 'unary', fn: 'neg' },
        inputs: [id],
      });
      const [p, q] = node.inputs.map((id) => emit(negated(id)));
      return { ...node, inputs: [p, q] };
    });
    expect(lines(after).slice(4)).toEqual([
      '%a_1 = unary(%b) fn=neg : f32[2]',
      '%a_2 = unary(%a) fn=neg : f32[2]',
      '%c = binary(%a_1, %a_2) fn=add : f32[2]',
      'return "y"=%c, "z"=%b',
    ]);
    const faults: string[] = [];
    verify(after, (d) => faults.push(d.message));
    expect(faults).toEqual([]);
  });

  test('never changes the graph that it is given', () => {
    const before = print(graph).text;
    rewriteNodes(graph, (node) => (node.kind === 'call' ? { ...node, origin: 'seen' } : node));
    expect(print(graph).text).toBe(before);
  });
});

describe('dropUnused', () => {
  test('gives back a graph without dead nodes itself', () => expect(dropUnused(graph)).toBe(graph));

  test('drops what no output needs, and keeps inputs', () => {
    const after = dropUnused({ ...graph, outputs: [{ name: 'y', id: 'a' }] });
    expect(after.nodes.map((n) => n.id)).toEqual(['x', 'unused', 'a']);
  });
});

test('retyped infers the type anew and keeps the layout', () => {
  const call = nodesById(graph).get('b') as Call;
  const lying: Call = { ...call, type: { ...call.type, shape: [7], layout: panel(4) } };
  expect(retyped(lying, nodesById(graph)).type).toEqual({ ...call.type, layout: panel(4) });
  expect(() => retyped({ ...call, inputs: ['gone'] }, nodesById(graph))).toThrow('%b uses %gone before it is defined');
  const bad: Call = { ...call, op: { kind: 'reshape', shape: [3] } };
  expect(() => retyped(bad, nodesById(graph))).toThrow('%b cannot be typed: "reshape" cannot make [3] of [2]');
});

test('uses are counted, outputs among them', () => {
  expect(Object.fromEntries(useCounts(graph))).toEqual({ x: 1, unused: 0, a: 2, b: 2, c: 1 });
});

test('operands are found by name', () => {
  const call = nodesById(graph).get('c') as Call;
  const { a, b } = operandsOf(call, nodesById(graph));
  expect([a.id, b.id]).toEqual(['b', 'a']);
  expect(() => operandsOf({ ...call, inputs: ['a'] }, nodesById(graph))).toThrow('%c lacks "b"');
});
