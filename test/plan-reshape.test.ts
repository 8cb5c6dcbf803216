/** Reshapes of plain values: the same memory, unless two ports would share it. */
import { expect, test } from 'vitest';
import type { Graph } from '../src/graph/graph.ts';
import { panel } from '../src/tensor/type.ts';
import { check } from './plan/check.ts';
import { constant, graphOf, input, making } from './plan/graphs.ts';

const reshape = (shape: readonly number[]) => ({ kind: 'reshape', shape }) as const;
const relu = { kind: 'unary', fn: 'relu' } as const;
const neg = { kind: 'unary', fn: 'neg' } as const;
const stepsOf = (graph: Graph): readonly string[] => check(graph).steps.map(({ call }) => call.id);

test('between steps take no memory and no step', () => {
  const { nodes, call } = making(input('x', [2, 6]));
  call('a', relu, ['x']);
  call('r', reshape([12]), ['a']);
  call('s', reshape([3, 4]), ['r']);
  call('z', neg, ['s']);
  const plan = check(graphOf(nodes, 'z'));
  expect(plan.steps.map((s) => s.call.id)).toEqual(['a', 'z']);
  expect(plan.steps[1].reads).toEqual(plan.steps[0].writes);
  expect(plan.arena).toMatchObject({ peak: 64, sum: 64, bound: 64 });
});

test('of an input, used inside, take none', () => {
  const { nodes, call } = making(input('x', [2, 6]));
  call('r', reshape([12]), ['x']);
  call('z', neg, ['r']);
  expect(stepsOf(graphOf(nodes, 'z'))).toEqual(['z']);
});

test('of an input that are outputs are copied', () => {
  const { nodes, call } = making(input('x', [2, 6]));
  call('r', reshape([12]), ['x']);
  call('s', reshape([3, 4]), ['r']);
  expect(stepsOf(graphOf(nodes, 'r'))).toEqual(['r']);
  expect(stepsOf(graphOf(nodes, 's'))).toEqual(['s']);
  expect(stepsOf(graphOf(nodes, 'r', 's'))).toEqual(['r', 's']);
});

test('that are outputs write where the value before them is computed', () => {
  const { nodes, call } = making(input('x', [2, 6]));
  call('a', relu, ['x']);
  call('r', reshape([12]), ['a']);
  call('s', reshape([3, 4]), ['r']);
  expect(stepsOf(graphOf(nodes, 's'))).toEqual(['a']);
  expect(stepsOf(graphOf(nodes, 'r'))).toEqual(['a']);
  expect(stepsOf(graphOf(nodes, 'a', 's'))).toEqual(['a', 's']);
});

test('of which two are outputs are two arrays', () => {
  const { nodes, call } = making(input('x', [2, 6]));
  call('a', relu, ['x']);
  call('r', reshape([12]), ['a']);
  call('s', reshape([3, 4]), ['r']);
  expect(stepsOf(graphOf(nodes, 'r', 's'))).toEqual(['a', 's']);
  expect(stepsOf(graphOf(nodes, 's', 'r'))).toEqual(['a', 's']);
  expect(stepsOf(graphOf(nodes, 'a', 'r', 's'))).toEqual(['a', 'r', 's']);
});

test('that are outputs may be used afterwards, and so may what they share', () => {
  const { nodes, call } = making(input('x', [2, 6]));
  call('a', relu, ['x']);
  call('r', reshape([12]), ['a']);
  call('b', neg, ['r']);
  call('c', neg, ['a']);
  call('d', reshape([2, 6]), ['b']);
  call('z', { kind: 'binary', fn: 'add' }, ['c', 'd']);
  expect(stepsOf(graphOf(nodes, 'r', 'z'))).toEqual(['a', 'b', 'c', 'z']);
  expect(stepsOf(graphOf(nodes, 'd', 'b', 'c', 'z', 'a'))).toEqual(['a', 'b', 'c', 'd', 'z']);
});

test('of constants', () => {
  const { nodes, call } = making(input('x', [2, 6]), constant('k', [12]));
  call('r', reshape([2, 6]), ['k']);
  call('z', { kind: 'binary', fn: 'add' }, ['x', 'r']);
  expect(stepsOf(graphOf(nodes, 'z'))).toEqual(['z']);
  expect(stepsOf(graphOf(nodes, 'z', 'r'))).toEqual(['r', 'z']);
});

test('from or to panels are copied', () => {
  const { nodes, call } = making(input('x', [1, 2, 2, 3]));
  call('a', relu, ['x'], panel(3));
  call('r', reshape([2, 6]), ['a']);
  call('s', reshape([1, 3, 2, 2]), ['r'], panel(5));
  call('z', reshape([12]), ['s']);
  expect(stepsOf(graphOf(nodes, 'z'))).toEqual(['a', 'r', 's', 'z']);
});
