/** What build and inspect tell of layers, in exact numbers and words. */
import { expect, test } from 'vitest';
import type { Constant, Graph, Node } from '../src/graph/graph.ts';
import type { Kernel } from '../src/plan/kernel.ts';
import { lower } from '../src/plan/lower.ts';
import type { Work } from '../src/plan/offers.ts';
import { macsOf, offersFor, typesOf, workOf } from '../src/plan/offers.ts';
import type { Piece } from '../src/plan/plan.ts';
import { inspect, printEncoding, reportBuild, reportLayers } from '../src/plan/report.ts';
import type { Encoding } from '../src/tensor/type.ts';
import { dense } from '../src/tensor/type.ts';
import { constant, graphOf, input, making } from './plan/graphs.ts';

/** A convolution of 1x1 taps with 2 of 4 weights kept, and a dense layer with 11 of 24 in no pattern. */
function network(conv: Encoding = dense, last: Encoding = dense): Graph {
  const w: Constant = {
    ...constant('w', [2, 1, 1, 4], 1, conv),
    data: Float32Array.of(1, 2, 0, 0, 0, 3, 4, 0),
  };
  const v: Constant = {
    ...constant('v', [3, 8], 1, last),
    data: Float32Array.from([1, 2, 3, 4, 5, 0, 0, 0, 0, 6, 0, 7, 0, 8, 0, 0, 9, 0, 10, 0, 11, 0, 0, 0]),
  };
  const { nodes, call } = making(input('x', [1, 2, 2, 4]), w, constant('b', [2]), v, constant('c', [3]));
  call('conv', { kind: 'conv2d', stride: [1, 1], dilation: [1, 1], pad: [0, 0, 0, 0], groups: 1, activation: 'none' }, [
    'x',
    'w',
    'b',
  ]);
  call('r', { kind: 'reshape', shape: [1, 8] }, ['conv']);
  call('fc', { kind: 'linear', activation: 'none' }, ['r', 'v', 'c']);
  call('s', { kind: 'unary', fn: 'sigmoid' }, ['fc']);
  call('t', { kind: 'unary', fn: 'neg' }, ['s']);
  const named = nodes.map((n): Node => (n.id === 'conv' ? { ...n, origin: 'model/conv "1"\n' } : n));
  return graphOf(named, 't');
}

const price = ({ cost, reuse }: Work): number => cost.multiplies * reuse + cost.bytes;
const csr: Encoding = { format: 'csr', params: { index: 8 } };
const bitmask: Encoding = { format: 'bitmask', params: {} };
const nm: Encoding = { format: 'nm', params: { n: 2, m: 4, rank: 0 } };

test('the layers of a build', () => {
  const graph = network(nm, bitmask);
  const plan = lower(graph, []);
  expect(reportBuild(graph, plan, price)).toEqual({
    layers: [
      {
        name: 'model/conv "1"\n',
        op: 'conv2d',
        format: 'nm n=2 m=4 rank=0',
        // 4 values and 8 bits; each is multiplied at 4 pixels. The bitmask: 2 starts, 8 bits and 4 values.
        reason:
          'costs 33, bitmask 41; punched f=8 c=4: has 1 tap, and blocks share several; ' +
          'pattern patterns=32: has kernels of 1 tap; ' +
          'gs b=8 k=8 scatter=0: row 0 has 1 nonzeros in bank 0 of 8, and 0 in bank 2; ' +
          'union r=1 c=4: has 0 of 4 nonzeros in full blocks of 1x4',
        bytes: 4 * 4 + 1 + 4 * 2,
        macs: 32,
        density: 0.5,
        kernel: null,
        refused: [],
      },
      {
        name: 'fc',
        op: 'linear',
        format: 'bitmask',
        reason:
          'costs 70, csr index=8 82; ' +
          'block r=1 c=2: takes 18 entries for 11 weights: row 0 has 1 nonzero in columns 4..5; ' +
          'nm n=2 m=4 rank=0: row 0 has 4 nonzeros in columns 0..3; ' +
          'vec r=2: takes 18 entries for 11 weights: rows 0 and 1 differ in column 0; ' +
          'punched f=8 c=4: has 1 tap, and blocks share several; ' +
          'pattern patterns=32: has kernels of 1 tap; ' +
          'gs b=8 k=8 scatter=0: row 0 has 1 nonzeros in bank 0 of 8, and 0 in bank 5; ' +
          'union r=1 c=4: takes 92 bytes, and csr alone 82',
        bytes: 4 * 3 + 3 + 4 * 11 + 4 * 3,
        macs: 24,
        density: 11 / 24,
        kernel: null,
        refused: [],
      },
    ],
    arena: { peak: 128, sum: 192, bound: 128 },
  });
});

test('a layer in a format that is not the cheapest, and one that nobody else wants', () => {
  const graph = network(dense, csr);
  const plan = lower(graph, []);
  expect(reportLayers(graph, plan, price)[0].reason).toMatch(/^costs 64, nm n=2 m=4 rank=0 33 for this layer alone; /);
  const only = reportLayers(graph, plan, (work) => (work.encoding.format === 'dense' ? price(work) : Infinity));
  expect(only[0].reason).toMatch(/^the only one wanted; /);
});

test('a layer of which nothing is pruned', () => {
  const graph = network();
  const nodes = graph.nodes.map(
    (n): Node => (n.id === 'w' ? ({ ...n, data: new Float32Array(8).fill(1) } as Node) : n),
  );
  const full = { ...graph, nodes };
  const [{ reason, density }] = reportLayers(full, lower(full, []), price);
  expect([reason, density]).toEqual(['costs 64, bitmask 73; no weight is pruned', 1]);
});

test('a layer that a kernel computes, with weights stored smaller', () => {
  const routine = { name: 'scale', template: 'scale.hbs', view: {}, needs: [] };
  const never: Kernel = { name: 'never', doc: 'takes nothing', match: () => 'is not in the mood' };
  const some: Kernel = {
    name: 'some',
    doc: 'takes dense layers',
    match({ call, arrays, result, pack }) {
      if (call.op.kind !== 'linear') return 'takes dense layers';
      const pieces: readonly Piece[] = [{ kind: 'halves', bytes: new Uint8Array(48) }];
      const halves = { pieces, expand: () => ({ routine, args: [] }) };
      const { array } = pack('w', new Float32Array(24), halves);
      return { calls: [{ routine, args: [arrays.x, array, arrays.bias, result.array] }] };
    },
  };
  const graph = network();
  const [conv, fc] = reportLayers(graph, lower(graph, [never, some]), price);
  expect([conv.kernel, conv.refused]).toEqual([
    null,
    [
      { kernel: 'never', reason: 'is not in the mood' },
      { kernel: 'some', reason: 'takes dense layers' },
    ],
  ]);
  expect([fc.kernel, fc.refused]).toEqual(['some', [{ kernel: 'never', reason: 'is not in the mood' }]]);
  expect(fc.bytes).toBe(2 * 24 + 4 * 3);
});

test('an inspection', () => {
  expect(inspect(network())).toEqual({
    inputs: [{ name: 'the "x"', dtype: 'f32', shape: [1, 2, 2, 4] }],
    outputs: [{ name: 'result 0', dtype: 'f32', shape: [1, 3] }],
    operators: [
      { op: 'unary', count: 2 },
      { op: 'conv2d', count: 1 },
      { op: 'linear', count: 1 },
      { op: 'reshape', count: 1 },
    ],
    layers: [
      {
        name: 'model/conv "1"\n',
        op: 'conv2d',
        shape: [2, 1, 1, 4],
        output: [1, 2, 2, 2],
        parameters: 10,
        macs: 32,
        zeros: 4,
        formats: [
          { format: 'dense', bytes: 32 },
          { format: 'csr index=16', bytes: 12 + 4 * 6 },
          { format: 'csr index=8', bytes: 12 + 4 * 5 },
          { format: 'bitmask', bytes: 8 + 1 + 16 },
          { format: 'block r=1 c=2', bytes: 12 + 3 * 2 + 6 * 4 },
          { format: 'block r=2 c=1', bytes: 8 + 3 * 2 + 6 * 4 },
          { format: 'nm n=2 m=4 rank=0', bytes: 16 + 1 },
          { format: 'nm n=2 m=4 rank=1', bytes: 16 + 2 + 12 },
          { format: 'vec r=2', bytes: 2 * 2 + 8 + 3 * 2 + 6 * 4 },
          { format: 'block r=1 c=4', reason: 'takes 8 entries for 4 weights: row 0 has 2 nonzeros in columns 0..3' },
          {
            format: 'block r=2 c=2',
            reason: 'takes 8 entries for 4 weights: rows 0..1 have 3 nonzeros in columns 0..1',
          },
          { format: 'nm n=1 m=4 rank=0', reason: 'row 0 has 2 nonzeros in columns 0..3' },
          { format: 'nm n=4 m=8 rank=0', reason: 'has runs of 4 columns, and a group takes 8' },
          { format: 'nm n=1 m=16 rank=0', reason: 'has runs of 4 columns, and a group takes 16' },
          { format: 'punched f=8 c=4', reason: 'has 1 tap, and blocks share several' },
          { format: 'pattern patterns=32', reason: 'has kernels of 1 tap' },
          { format: 'gs b=8 k=8 scatter=0', reason: 'row 0 has 1 nonzeros in bank 0 of 8, and 0 in bank 2' },
          { format: 'gs b=8 k=1 scatter=0', reason: 'has 2 rows, and a group takes 8' },
          { format: 'gs b=8 k=2 scatter=0', reason: 'has 2 rows, and a group takes 4' },
          { format: 'gs b=16 k=1 scatter=0', reason: 'has 2 rows, and a group takes 16' },
          { format: 'union r=1 c=4', reason: 'has 0 of 4 nonzeros in full blocks of 1x4' },
        ],
      },
      {
        name: 'fc',
        op: 'linear',
        shape: [3, 8],
        output: [1, 3],
        parameters: 27,
        macs: 24,
        zeros: 13,
        formats: [
          { format: 'dense', bytes: 96 },
          { format: 'csr index=16', bytes: 16 + 11 * 6 },
          { format: 'csr index=8', bytes: 16 + 11 * 5 },
          { format: 'bitmask', bytes: 12 + 3 + 11 * 4 },
          { format: 'block r=1 c=2', reason: 'takes 18 entries for 11 weights: row 0 has 1 nonzero in columns 4..5' },
          { format: 'block r=2 c=1', reason: 'takes 18 entries for 11 weights: rows 0..1 have 1 nonzero in column 0' },
          { format: 'nm n=2 m=4 rank=0', reason: 'row 0 has 4 nonzeros in columns 0..3' },
          { format: 'nm n=1 m=4 rank=0', reason: 'row 0 has 4 nonzeros in columns 0..3' },
          { format: 'nm n=4 m=8 rank=0', reason: 'row 0 has 5 nonzeros in columns 0..7' },
          { format: 'nm n=1 m=16 rank=0', reason: 'has runs of 8 columns, and a group takes 16' },
          { format: 'vec r=2', reason: 'takes 18 entries for 11 weights: rows 0 and 1 differ in column 0' },
          { format: 'punched f=8 c=4', reason: 'has 1 tap, and blocks share several' },
          { format: 'pattern patterns=32', reason: 'has kernels of 1 tap' },
          { format: 'gs b=8 k=8 scatter=0', reason: 'row 0 has 1 nonzeros in bank 0 of 8, and 0 in bank 5' },
          { format: 'gs b=8 k=1 scatter=0', reason: 'has 3 rows, and a group takes 8' },
          { format: 'gs b=8 k=2 scatter=0', reason: 'has 3 rows, and a group takes 4' },
          { format: 'gs b=16 k=1 scatter=0', reason: 'has 3 rows, and a group takes 16' },
          { format: 'union r=1 c=4', reason: 'takes 92 bytes, and csr alone 82' },
        ],
      },
    ],
  });
});

test('kept zeros are weights, and weights under a mask are not', () => {
  const graph = network();
  const nodes = graph.nodes.map(
    (n): Node => (n.id === 'w' ? ({ ...n, mask: Uint8Array.of(1, 1, 1, 1, 0, 0, 0, 1) } as Node) : n),
  );
  expect(inspect({ ...graph, nodes }).layers[0].zeros).toBe(3);
});

test('what a target prices', () => {
  const graph = network();
  const byId = new Map(graph.nodes.map((n) => [n.id, n]));
  const call = byId.get('conv');
  if (call?.kind !== 'call') throw new Error('no convolution');
  const types = typesOf(call, byId);
  expect([macsOf(call, types), Object.keys(types)]).toEqual([32, ['x', 'weights', 'bias']]);
  const cost = { bytes: 1, multiplies: 2, lookups: 3, tests: 4 };
  expect(workOf(call, { encoding: csr, cost }, byId)).toEqual({ call, types, encoding: csr, cost, reuse: 4 });
});

test('offers come in the order of the formats', () => {
  const matrix = { rows: 1, columns: 4, run: 4, data: Float32Array.of(1, 0, 0, 0) };
  expect(offersFor({ matrix }).offers.map(({ encoding }) => printEncoding(encoding))).toEqual([
    'dense',
    'csr index=16',
    'csr index=8',
    'bitmask',
    'nm n=1 m=4 rank=0',
  ]);
});
