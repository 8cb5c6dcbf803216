/** Steps of loops that targets for GPUs make one of: they compute the same, to the last bit, and as much runs side by side. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { reorderLayout } from '../passes/reorder-layout.ts';
import { evaluate } from '../src/graph/evaluate.ts';
import type { Graph, Id } from '../src/graph/graph.ts';
import { dropUnused } from '../src/graph/rewrite.ts';
import { randomInputs } from '../src/graph/samples.ts';
import type { Op } from '../src/ops/index.ts';
import { lower } from '../src/plan/lower.ts';
import type { Plan, Step } from '../src/plan/plan.ts';
import { runPlan } from '../src/plan/run.ts';
import { elements } from '../src/tensor/type.ts';
import { fuse } from '../targets/gpu/fuse.ts';
import { launchesOf } from '../targets/gpu/launches.ts';
import { gridsOf } from '../targets/gpu/parallel.ts';
import { planes } from '../targets/gpu/planes.ts';
import { wish } from '../targets/gpu/wish.ts';
import { kernels } from '../targets/webgpu/kernels/index.ts';
import {
  allChains,
  chain,
  chains,
  channelByChannel,
  concat,
  larger,
  mean,
  neg,
  picture,
  relu,
  reshape,
  sigmoid,
  softmax,
  times,
} from './gpu-fuse-graphs.ts';
import { largestError } from './passes/compare.ts';
import { check } from './plan/check.ts';
import type { Making } from './plan/graphs.ts';
import { constant, graphOf, input, making } from './plan/graphs.ts';
import { noGpu } from './webgpu-device.ts';
import { buildShaders } from './webgpu-module.ts';

const kindsOf = ({ steps }: Plan): readonly string[] =>
  steps.map(({ call, absorbed = [] }) => [...absorbed, call].map(({ op }) => op.kind).join(' '));

/** Sizes of the grids of a plan without kernels. */
const gridsIn = ({ steps }: Plan): readonly number[] =>
  steps.flatMap(({ work }) =>
    work.kind === 'loops' ? gridsOf(work.body).map(({ axes }) => axes.reduce((n, { count }) => n * count, 1)) : [],
  );

const launchesIn = ({ steps }: Plan): number =>
  steps.reduce((sum, { work }) => sum + (work.kind === 'loops' ? launchesOf(work.body).length : 0), 0);

/** The plan of a graph with steps made one, once it has been seen to compute what the others compute. */
function fused(graph: Graph): Plan {
  const before = check(graph);
  const after = lower(graph, [], { fuse });
  const given = randomInputs(graph, 5);
  expect(runPlan(after, given)).toEqual(runPlan(before, given));
  expect(launchesIn(after)).toBeLessThanOrEqual(launchesIn(before));
  expect(after.arena.bound).toBeLessThanOrEqual(before.arena.bound);
  return after;
}

/** Where lines are one picture of one channel, the same again. */
const turned: Op = { kind: 'transpose', perm: [3, 1, 2, 0] };

const laid = (graph: Graph): Graph => reorderLayout({ wish }).run(graph, () => {});

describe('what becomes one step', () => {
  test.each(chains)('$title', ({ graph, steps }) => expect(kindsOf(fused(graph))).toEqual(steps));

  test('a value is computed once where it is read twice', () => {
    const [twice] = fused(chains[1].graph).steps;
    // One is that of the other function.
    expect(JSON.stringify(twice.work).match(/"neg"/g)).toHaveLength(2);
    expect(twice.absorbed?.map(({ id }) => id)).toEqual(['a', 'b']);
  });

  test('joined parts are grids side by side', () => {
    const plan = fused(chains[4].graph);
    expect(gridsIn(plan)).toEqual([24, 8, 48]);
    expect(launchesIn(plan)).toBe(1);
  });

  test.skipIf(noGpu)(`on a device ${noGpu ?? ''}`, async () => {
    const inputs = randomInputs(allChains, 7);
    const { plan, run } = await buildShaders(allChains, []);
    expect(plan.steps).toHaveLength(chains.length);
    expect(largestError(evaluate(allChains, inputs), await run(inputs)).error).toBeLessThan(1e-6);
  });

  test.skipIf(noGpu)(`kernels read what was copied as it is ${noGpu ?? ''}`, async () => {
    const op: Op = {
      ...{ kind: 'conv2d', pad: [1, 1, 1, 1] },
      stride: [1, 1],
      dilation: [1, 1],
      groups: 1,
      activation: 'none',
    };
    const graph = channelByChannel(op, constant('w', [5, 3, 3, 6], 3), constant('v', [5], 4));
    const inputs = randomInputs(graph, 7);
    const { plan, run } = await buildShaders(graph, kernels);
    expect(kindsOf(plan)).toEqual(['transpose relayout conv2d', 'relayout']);
    expect(plan.steps[0].reads).toContain(plan.inputs[0].array);
    expect(largestError(evaluate(graph, inputs), await run(inputs)).error).toBeLessThan(1e-5);
  });
});

describe('what is copied as it is', () => {
  test('again and again is read where it lay first', () => {
    const made = chain(
      making(input('x', [1, 4, 6, 1])),
      ['a', turned, 'x'],
      ['b', turned, 'a'],
      ['p', softmax, 'a'],
      ['q', softmax, 'b'],
    );
    const { steps, inputs, outputs } = lower(graphOf(made.nodes, 'p', 'q'), []);
    // As a kernel has it, into whose work no loops go.
    const routine = { name: 'softmax', template: '', view: {}, needs: [] };
    const withKernels = steps.map(
      (step): Step =>
        step.call.op.kind === 'softmax'
          ? {
              ...step,
              work: {
                kind: 'routines',
                kernel: 'softmax',
                calls: [{ routine, args: [...step.reads, ...step.writes] }],
              },
            }
          : step,
    );
    const ports = [...inputs, ...outputs].map(({ array }) => array);
    const left = fuse(withKernels, { isPort: (array) => ports.includes(array), isConstant: () => false });
    expect(left.map(({ call, reads }) => [call.id, reads])).toEqual([
      ['p', [inputs[0].array]],
      ['q', [inputs[0].array]],
    ]);
  });
});

describe('what several steps read', () => {
  test('is computed by each where that is as little work', () => {
    const made = chain(making(input('x', [12])), ['a', neg, 'x'], ['b', relu, 'a'], ['c', sigmoid, 'a']);
    expect(kindsOf(fused(graphOf(made.nodes, 'b', 'c')))).toEqual(['unary unary', 'unary unary']);
  });

  test('and once where it takes many loads', () => {
    const made = chain(making(input('x', picture)), ['a', larger, 'x'], ['b', relu, 'a'], ['c', sigmoid, 'a']);
    expect(kindsOf(fused(graphOf(made.nodes, 'b', 'c')))).toEqual(['resize', 'unary', 'unary']);
  });
});

describe('what stays apart', () => {
  test('a value that is an output', () => {
    const made = chain(making(input('x', [12])), ['a', neg, 'x'], ['b', relu, 'a'], ['c', sigmoid, 'a']);
    expect(kindsOf(fused(graphOf(made.nodes, 'a', 'b')))).toEqual(['unary', 'unary', 'unary']);
  });

  test('what would be computed again and again', () => {
    const table = chain(making(input('x', [1, 4, 3, 6]), input('k', [6])), ['a', sigmoid, 'k'], ['b', times, 'x', 'a']);
    expect(kindsOf(fused(graphOf(table.nodes, 'b')))).toEqual(['unary', 'binary']);
    const pixels = chain(making(input('x', picture)), ['a', sigmoid, 'x'], ['b', larger, 'a']);
    expect(kindsOf(fused(graphOf(pixels.nodes, 'b')))).toEqual(['unary', 'resize']);
  });

  test('what would keep more in memory', () => {
    // "x" would wait for "b" beside "m".
    const { nodes } = chain(
      making(input('i', [1, 8, 8, 6]), input('j', [1, 8, 8, 6])),
      ['x', softmax, 'i'],
      ['a', mean, 'x'],
      ['m', softmax, 'j'],
      ['n', softmax, 'm'],
      ['b', neg, 'a'],
    );
    expect(kindsOf(fused(graphOf(nodes, 'n', 'b')))).toEqual(['softmax', 'reduce', 'softmax', 'softmax', 'unary']);
    expect(kindsOf(fused(graphOf(nodes.toSpliced(4, 2), 'b')))).toEqual(['softmax', 'reduce unary']);
  });
});

/** What a picked number makes of values so far. */
function addCall(
  made: Making,
  id: Id,
  { what, a, b }: { readonly what: number; readonly a: number; readonly b: number },
) {
  const values = made.nodes;
  const late = (n: number) => values[Math.max(0, values.length - 1 - (n % values.length))];
  const [x, y] = [late(a), late(b)];
  const { shape } = x.type;
  const rank = shape.length;
  const layout = (b >> 3) % 2 === 0 && rank === 4 ? planes(x.type) : undefined;
  const axis = b % rank;
  const one = <T>(at: T, others: T): readonly T[] => shape.map((_, i) => (i === axis ? at : others));
  const ops: readonly Op[] = [
    relu,
    sigmoid,
    { kind: 'binary', fn: b % 2 ? 'add' : 'max' },
    { kind: 'binary', fn: 'mul' },
    { kind: 'relayout' },
    { kind: 'transpose', perm: shape.map((_, i) => (i + axis) % rank) },
    {
      ...{ kind: 'slice', begin: one(b % 2, 0), step: one(1 + (b % 2), 1) },
      size: shape.map((d, i) => (i === axis ? Math.max(1, Math.floor((d - 1) / 2)) : d)),
    },
    { ...{ kind: 'pad', before: one(b % 3, 0), after: one(1, 0), value: 0.25 }, mode: b % 2 ? 'constant' : 'edge' },
    concat(axis),
    { kind: 'tile', repeats: one(2, 1) },
    { kind: 'reduce', fn: b % 2 ? 'sum' : 'max', axes: [axis], keep: true },
    reshape(
      ...(b % 2
        ? [elements(shape)]
        : [1, ...(elements(shape) % 2 ? [1] : [2]), 1, elements(shape) / (elements(shape) % 2 ? 1 : 2)]),
    ),
    { kind: 'softmax', axis },
    { ...larger, size: [5, 1 + (b % 4)] } as Op,
    { kind: 'depth-to-space', block: 2 },
    { kind: 'cast', to: x.type.dtype === 'f32' ? 'i32' : 'f32' },
  ];
  const op = ops[what % ops.length];
  if (elements(shape) > 3000) return;
  const isPair = op.kind === 'binary' || op.kind === 'concat';
  made.call(id, op, isPair ? [x.id, y.id] : [x.id], layout);
}

test('any graph of such steps computes the same, and none of them loses its invocations', () => {
  let [steps, left] = [0, 0];
  const picks = fc.array(fc.record({ what: fc.nat(15), a: fc.nat(4), b: fc.nat(40) }), { minLength: 2, maxLength: 12 });
  fc.assert(
    fc.property(picks, fc.nat(3), (picked, extra) => {
      const made = making(input('x', [1, 4, 3, 4]), input('y', [4]), constant('k', [1, 1, 3, 1], 7));
      for (const [i, pick] of picked.entries()) addCall(made, `n${i}`, pick);
      const ids = made.nodes.map(({ id }) => id);
      const graph = dropUnused(graphOf(made.nodes, ids[ids.length - 1], ids[Math.max(0, ids.length - 1 - extra)]));
      const plan = fused(laid(graph));
      steps += plan.steps.reduce((sum, { absorbed = [] }) => sum + 1 + absorbed.length, 0);
      left += plan.steps.length;
    }),
    { seed: 8, numRuns: 150 },
  );
  expect(left).toBeLessThan(0.8 * steps);
});
