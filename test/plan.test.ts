/** Plans without kernels, run with no target: they compute what their graphs mean, and every array has its place. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Graph, Node } from '../src/graph/graph.ts';
import type { Kernel } from '../src/plan/kernel.ts';
import { lower } from '../src/plan/lower.ts';
import { ownPorts } from '../src/plan/ports.ts';
import { runPlan } from '../src/plan/run.ts';
import { layOut, takeIn } from '../src/tensor/layout.ts';
import { bytesPer, dense, elements, panel, storedLength, tensor } from '../src/tensor/type.ts';
import { check, checkPlaces } from './plan/check.ts';
import { anyGraph, constant, graphOf, input, making } from './plan/graphs.ts';

test('any graph: the plan computes what the graph means', () => {
  fc.assert(
    fc.property(anyGraph, (graph) => {
      const plan = check(graph);
      checkPlaces(plan, graph);
      for (const [array, offset] of plan.arena.places) {
        expect(offset % 64).toBe(0);
        expect(offset + array.length * bytesPer[array.dtype]).toBeLessThanOrEqual(plan.arena.peak);
      }
    }),
    { numRuns: 300 },
  );
});

test('the same graph gives the same plan', () => {
  fc.assert(
    fc.property(anyGraph, (graph) => {
      expect(lower(graph, [])).toEqual(lower(structuredClone(graph), []));
    }),
    { numRuns: 30 },
  );
});

describe('ports', () => {
  const copies = (graph: Graph): readonly string[] =>
    ownPorts(graph)
      .nodes.slice(graph.nodes.length)
      .map((n) => n.id);

  test('a value that is two outputs, an input and a constant are copied', () => {
    const { nodes, call } = making(input('x', [3]), constant('k', [4]));
    call('x_out', { kind: 'unary', fn: 'neg' }, ['x']);
    const graph = graphOf(nodes, 'x_out', 'x_out', 'x', 'k', 'k');
    expect(copies(graph)).toEqual(['x_out_out', 'x_out_1', 'k_out', 'k_out_1']);
    checkPlaces(check(graph), graph);
  });

  test('nothing is done where nothing is to be done', () => {
    const { nodes, call } = making(input('x', [3]));
    call('a', { kind: 'unary', fn: 'neg' }, ['x']);
    const graph = graphOf(nodes, 'a');
    expect(ownPorts(graph)).toBe(graph);
  });

  test('inputs and outputs in panels are plain for the caller', () => {
    const x: Node = { ...input('x', [1, 2, 3, 2]), type: tensor('f32', [1, 2, 3, 2], panel(4)) };
    const { nodes, call } = making(x);
    call('a', { kind: 'unary', fn: 'neg' }, ['x'], panel(4));
    const graph = graphOf(nodes, 'a', 'x');
    const plan = check(graph);
    checkPlaces(plan, graph);
    expect(plan.steps.map((s) => s.line)).toEqual([
      '%x = relayout(%x_in) : f32[1x2x3x2, panel 4]',
      '%a = unary(%x) fn=neg : f32[1x2x3x2, panel 4]',
      '%a_out = relayout(%a) : f32[1x2x3x2]',
      '%x_out = relayout(%x) : f32[1x2x3x2]',
    ]);
  });

  test('inputs of the wrong length are refused', () => {
    const { nodes, call } = making(input('x', [3]));
    call('a', { kind: 'unary', fn: 'neg' }, ['x']);
    const plan = lower(graphOf(nodes, 'a'), []);
    expect(() => runPlan(plan, {})).toThrow('no value for input "the "x""');
    expect(() => runPlan(plan, { 'the "x"': new Float32Array(2) })).toThrow('takes 3 numbers and is given 2');
  });
});

describe('constants', () => {
  const linear = { kind: 'linear', activation: 'none' } as const;

  test('in panels are laid out', () => {
    const k: Node = { ...constant('k', [1, 2, 3, 2]), type: tensor('f32', [1, 2, 3, 2], panel(4)) };
    const { nodes, call } = making(input('x', [1, 2, 3, 2]), k);
    call('a', { kind: 'relayout' }, ['x'], panel(4));
    call('z', { kind: 'binary', fn: 'add' }, ['a', 'k'], panel(4));
    expect(check(graphOf(nodes, 'z')).constants.map((c) => c.data.length)).toEqual([2 * 2 * 4]);
  });

  test('that two layers share are packed once', () => {
    const w = constant('w', [4, 4], 1, { format: 'csr', params: { index: 16 } });
    const { nodes, call } = making(input('x', [1, 4]), w, constant('b', [4]));
    call('a', linear, ['x', 'w', 'b']);
    call('z', linear, ['a', 'w', 'b']);
    expect(
      check(graphOf(nodes, 'z'))
        .constants.map((c) => c.array.name)
        .sort(),
    ).toEqual(['v_b', 'v_w_idx', 'v_w_pos', 'v_w_val']);
  });

  test('without entries still have one', () => {
    const w = { ...constant('w', [4, 4], 1, { format: 'csr', params: { index: 16 } }), data: new Float32Array(16) };
    const { nodes, call } = making(input('x', [1, 4]), w, constant('b', [4]));
    call('z', linear, ['x', 'w', 'b']);
    const plan = check(graphOf(nodes, 'z'));
    expect(plan.constants.map(({ array }) => array.length).sort()).toEqual([1, 1, 4, 5]);
  });

  test('weights may be computed', () => {
    const { nodes, call } = making(input('x', [1, 4]), input('w', [3, 4]), constant('b', [3]));
    call('z', linear, ['x', 'w', 'b']);
    check(graphOf(nodes, 'z'));
  });

  test('layouts are inverse to each other', () => {
    fc.assert(
      fc.property(
        fc.tuple(
          fc.integer({ min: 1, max: 2 }),
          fc.integer({ min: 1, max: 5 }),
          fc.integer({ min: 1, max: 5 }),
          fc.integer({ min: 1, max: 4 }),
        ),
        fc.integer({ min: 1, max: 9 }),
        (shape, lanes) => {
          const type = tensor('f32', shape, panel(lanes));
          const data = Float32Array.from({ length: elements(shape) }, (_, i) => i + 1);
          const stored = layOut(type, data);
          expect(stored.length).toBe(storedLength(type));
          expect(takeIn(type, stored)).toEqual(data);
          const [n, h, w, c] = shape;
          const panels = Math.ceil((h * w) / lanes);
          for (let b = 0; b < n; b++)
            for (let p = 0; p < h * w; p++)
              for (let k = 0; k < c; k++)
                expect(stored[((b * panels + Math.floor(p / lanes)) * c + k) * lanes + (p % lanes)]).toBe(
                  data[(b * h * w + p) * c + k],
                );
        },
      ),
    );
    const data = Float32Array.of(1, 2);
    expect(layOut(tensor('f32', [2]), data)).toBe(data);
    expect(takeIn(tensor('f32', [2]), data)).toBe(data);
  });
});

describe('kernels', () => {
  const routine = { name: 'neg', template: 'neg.hbs', view: {}, needs: [] };
  const busy: Kernel = {
    name: 'busy',
    doc: 'refuses after asking for everything',
    match(site) {
      site.pack('lost', Float32Array.of(1));
      site.scratch('lost', 'f32', 1000);
      return 'takes nothing';
    },
  };
  const taking: Kernel = {
    name: 'taking',
    doc: 'takes negations',
    match({ call, arrays, result, pack, scratch }) {
      if (call.op.kind !== 'unary') return 'takes negations only';
      pack('unused', Float32Array.of(1));
      const table = pack('table', new Float32Array(0));
      const room = scratch('room', 'f32', 100);
      scratch('forgotten', 'f32', 5000);
      return { calls: [{ routine, args: [arrays.x, result.array, table.array, room, 3, { f32: 0.5 }] }] };
    },
  };
  const { nodes, call } = making(input('x', [3]));
  call('a', { kind: 'unary', fn: 'neg' }, ['x']);
  call('r', { kind: 'softmax', axis: 0 }, ['a']);
  const plan = lower(graphOf(nodes, 'r'), [busy, taking]);

  test('the first that takes a step has it, and the others say why not', () => {
    expect(plan.steps.map((s) => (s.work.kind === 'routines' ? s.work.kernel : 'loops'))).toEqual(['taking', 'loops']);
    expect(plan.steps.map((s) => s.refused)).toEqual([
      [{ kernel: 'busy', reason: 'takes nothing' }],
      [
        { kernel: 'busy', reason: 'takes nothing' },
        { kernel: 'taking', reason: 'takes negations only' },
      ],
    ]);
  });

  test('only what is passed to a routine is kept', () => {
    const [{ reads, writes }] = plan.steps;
    expect(reads.map((a) => a.name)).toEqual(['v_x', 'v_a_table']);
    expect(writes.map((a) => a.name)).toEqual(['v_a', 'v_a_room']);
    expect(plan.constants.map(({ array, data }) => [array.name, array.length, data.length])).toEqual([
      ['v_a_table', 1, 1],
    ]);
    expect(plan.arena).toMatchObject({ sum: 64 + 448, bound: 64 + 448, peak: 64 + 448 });
  });

  test('kernels have no loops to run', () => {
    expect(() => runPlan(plan, { 'the "x"': new Float32Array(3) })).toThrow('a kernel has no loops to run');
  });
});

test('names of arrays are identifiers and apart', () => {
  const { nodes, call } = making(input('a', [3]), constant('a_out', [3]));
  call('a_out_1', { kind: 'binary', fn: 'add' }, ['a', 'a_out']);
  const { inputs, constants, outputs } = lower(graphOf(nodes, 'a_out_1', 'a'), []);
  const names = [...inputs, ...constants, ...outputs].map(({ array }) => array.name);
  expect(names).toEqual(['v_a', 'v_a_out', 'v_a_out_1', 'v_a_out_2']);
  expect(nodes[0].type.encoding).toEqual(dense);
});
