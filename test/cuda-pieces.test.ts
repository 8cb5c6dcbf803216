/** Values between layers in the numbers that tensor cores multiply: where they lie so, and what networks then compute. */
import { expect, test } from 'vitest';
import { explain } from '../src/explain/explain.ts';
import { lower } from '../src/plan/lower.ts';
import { printLayout } from '../src/tensor/type.ts';
import { cuda } from '../targets/cuda/target.ts';
import { installed } from './cpu-build.ts';
import { arranged, kernelsOf, piecesGraph, runPieces } from './cuda-pieces.ts';

const layoutsOf = (arithmetic: string): Readonly<Record<string, string>> =>
  Object.fromEntries(
    arranged(piecesGraph(), arithmetic).nodes.flatMap(({ kind, id, type }) =>
      kind === 'call' ? [[id, printLayout(type.layout)]] : [],
    ),
  );

const namesIn = (layouts: Readonly<Record<string, string>>, layout: string): readonly string[] =>
  Object.keys(layouts).filter((id) => layouts[id] === layout);

test('chains of layers stay in pieces, and what callers and others read is wide', () => {
  const layouts = layoutsOf('f16');
  expect(namesIn(layouts, 'pieces f16')).toEqual([
    ...['stem', 'filtered', 'wide', 'added', 'pooled', 'few', 'back', 'both', 'gated', 'odd'],
    // A softmax knows wide numbers alone, and is joined with what is narrow.
    ...['shares_pieces', 'joined', 'first', 'huge'],
  ]);
  // Each conversion once, whoever reads it.
  expect(namesIn(layouts, 'plain')).toEqual([
    ...['mean', 'gate', 'heads', 'added_plain', 'shares', 'mixed', 'second', 'sum', 'turned', 'less', 'huge_out'],
  ]);
  expect(namesIn(layoutsOf('bf16'), 'pieces bf16')).toEqual(namesIn(layouts, 'pieces f16'));
  // Others have planes, and numbers made narrow in front of each layer.
  for (const arithmetic of ['f32', 'tf32'])
    expect(Object.values(layoutsOf(arithmetic)).filter((layout) => layout.startsWith('pieces'))).toEqual([]);
});

test('numbers are made narrow where a network begins, and where something wide is read', () => {
  const { steps } = lower(arranged(piecesGraph(), 'f16'), kernelsOf('f16'));
  const narrowing = steps.flatMap(({ call, work }) =>
    work.kind === 'routines'
      ? work.calls.flatMap(({ routine }) => (routine.name.startsWith('narrow') ? [`${call.id}: ${routine.name}`] : []))
      : [],
  );
  expect(narrowing).toEqual([
    'stem: narrow-f16',
    'shares_pieces: narrow-f16',
    'first: narrow-f16',
    // Columns that are gathered are rows of pixels.
    'turned: narrow-turned-f16-from-f16',
  ]);
});

test('explanations count launches', () => {
  const graph = arranged(piecesGraph(), 'f16');
  const target = cuda.target({ arithmetic: 'f16', arch: 'sm_80' });
  const plan = lower(graph, target.kernels);
  const calls = plan.steps.reduce((sum, { work }) => sum + (work.kind === 'routines' ? work.calls.length : 1), 0);
  expect(explain(graph, plan, target).totals.launches).toBe(calls);
});

test.skipIf(!installed('g++'))('a network computes what it means, and holds what no f16 holds at the largest', () => {
  const { huge, less, ...others } = runPieces('f16', ['-O0']);
  const limit = cuda.target({ arithmetic: 'f16' }).error ?? 0;
  expect(Object.entries(others).filter(([, { apart }]) => !(apart <= limit))).toEqual([]);
  expect(huge.largest).toBe(65504);
  expect(less.largest).toBeGreaterThan(0.01);
});
