/** Which layers warpgroups take, and what is said of it; and what an architecture of its own means for a build. Times are estimates, and tests hold their order alone. */
import { describe, expect, test } from 'vitest';
import type { Call } from '../src/graph/graph.ts';
import { nodesById } from '../src/graph/graph.ts';
import { parse } from '../src/graph/parse.ts';
import { lower } from '../src/plan/lower.ts';
import { typesOf } from '../src/plan/offers.ts';
import type { TargetOptions, Work } from '../src/target.ts';
import { archsOf, codeFlags } from '../targets/cuda/archs.ts';
import { h100 } from '../targets/cuda/devices.ts';
import { estimatedFor } from '../targets/cuda/rates/rates.ts';
import { cuda } from '../targets/cuda/target.ts';
import { wideOffers } from '../targets/cuda/warpgroup/offers.ts';
import type { Feed } from '../targets/cuda/warpgroup/tiles.ts';
import { graphOf } from './cpu-kernels/kit.ts';
import { compiledCuda } from './cuda-kit.ts';
import { conv, layer } from './cuda-tensor.ts';
import { digitGraph } from './digits.ts';

const textOf = (rows: number, columns: number, pixels: number): string => `graph one of "one.json"
  %x = input "x" : f32[${pixels}x${columns}]
  %w = input "w" : f32[${rows}x${columns}]
  %b = input "b" : f32[${rows}]
  %y = linear(%x, %w, %b) activation=none : f32[${pixels}x${rows}]
return "y"=%y
`;

function workOf(rows: number, columns: number, pixels: number, format: 'dense' | 'nm'): Work {
  const byId = nodesById(parse(textOf(rows, columns, pixels)));
  const call = byId.get('y') as Call;
  const [share, params] = format === 'nm' ? [0.5, { n: 2, m: 4 }] : [1, {}];
  const all = rows * columns;
  const cost = { bytes: 4 * share * all, multiplies: share * all, lookups: 0, tests: 0 };
  return { call, types: typesOf(call, byId), encoding: { format, params }, cost, reuse: pixels };
}

const predicted = (options: TargetOptions, rows: number, columns: number, pixels: number, format: 'dense' | 'nm') =>
  cuda.target(options).predict(workOf(rows, columns, pixels, format));

const hopper = { arch: 'sm_90a', arithmetic: 'f16' };

describe('what is predicted', () => {
  test('of large layers names warpgroups, and what they wait for', () => {
    const { family, use, bound } = predicted(hopper, 4096, 4096, 4096, 'nm');
    expect(family).toBe('sparse tensor cores by warpgroups in f16');
    expect(use).toMatchObject({
      tile: expect.stringMatching(/^\d+x\d+ in pairs$/),
      resident: 1,
      occupancy: 384 / 2048,
    });
    expect(bound).toBe('shared memory');
    expect(predicted({ ...hopper, arithmetic: 'bf16' }, 4096, 4096, 4096, 'dense').family).toBe(
      'tensor cores by warpgroups in bf16',
    );
  });

  test('is faster than by warps, and more so of all weights', () => {
    const ns = (arch: string, format: 'dense' | 'nm') =>
      predicted({ arch, arithmetic: 'f16' }, 4096, 4096, 4096, format).ns;
    expect(ns('sm_90a', 'nm')).toBeLessThan(ns('sm_90', 'nm'));
    expect(ns('sm_90a', 'dense')).toBeLessThan(ns('sm_90', 'dense'));
    expect(ns('sm_90a', 'nm')).toBeLessThan(ns('sm_90a', 'dense'));
  });

  test('leaves small layers, tf32 and other architectures to warps', () => {
    for (const options of [
      { arch: 'sm_90', arithmetic: 'f16' },
      { arch: 'sm_80,sm_90a', arithmetic: 'f16' },
      { arch: 'sm_90a', arithmetic: 'tf32' },
    ])
      expect(predicted(options, 4096, 4096, 4096, 'dense').family).not.toContain('warpgroups');
    expect(predicted(hopper, 512, 512, 49, 'dense').family).toBe('tensor cores in f16');
  });
});

test('layers go to warpgroups or to warps as is predicted', () => {
  const kernelOf = (rows: number, columns: number, pixels: number, arch: string) => {
    const one = layer('one', { kind: 'linear', activation: 'none' }, [pixels, columns], [rows, columns], () => true);
    const plan = lower(graphOf([one]), cuda.target({ arch, arithmetic: 'f16' }).kernels);
    return plan.steps.map(({ work }) => (work.kind === 'routines' ? work.kernel : 'loops')).at(-1);
  };
  expect(kernelOf(1024, 512, 2048, 'sm_90a')).toBe('warpgroup');
  expect(kernelOf(1024, 512, 2048, 'sm_90')).toBe('tensor');
  expect(kernelOf(64, 64, 49, 'sm_90a')).toBe('tensor');
});

test('two blocks share pixels where rows do for both, and weights where they do not', () => {
  const others = { columns: 4096, pixels: 8192, bytes: 0, before: { launches: 1, bytes: 0 } };
  const best = (rows: number, feed: Feed) =>
    wideOffers('dense', feed, { rows, ...others }, estimatedFor(h100))[0].tile.blocks;
  expect(best(4096, 'tiles')).toBe(2);
  expect(best(100, 'tiles')).toBe(1);
  expect(best(100, 'pieces')).toBe(2);
});

test('convolutions of any kernel go to warpgroups', () => {
  const op = conv({ pad: [1, 1, 1, 1] });
  const one = layer('one', op, [4, 28, 28, 256], [128, 3, 3, 256], () => true);
  const plan = lower(graphOf([one]), cuda.target(hopper).kernels);
  expect(plan.steps.flatMap(({ work }) => (work.kind === 'routines' ? [work.kernel] : []))).toContain('warpgroup');
});

describe('sm_90a', () => {
  test('has no PTX, which is that of another where there is one', () => {
    expect(codeFlags(archsOf('sm_90a'))).toEqual(['-gencode=arch=compute_90a,code=sm_90a']);
    expect(codeFlags(archsOf('sm_90a,sm_80'))).toEqual([
      '-gencode=arch=compute_80,code=sm_80',
      '-gencode=arch=compute_90a,code=sm_90a',
      '-gencode=arch=compute_80,code=compute_80',
    ]);
    const out = compiledCuda(digitGraph('digits-2-4'), hopper);
    expect(String(out.artefacts.find(({ path }) => path === 'CMakeLists.txt')?.contents)).toContain('"90a-real"');
    expect(String(out.artefacts.find(({ path }) => path.endsWith('.cu'))?.contents)).toContain(
      'built for sm_90a alone"',
    );
    expect(out.diagnostics).toEqual([]);
  });

  test('beside others is told to do no more than they do', () => {
    const messages = (options: TargetOptions) =>
      compiledCuda(digitGraph('digits-2-4'), options).diagnostics.map((d) => d.message);
    expect(messages({ arch: 'sm_80,sm_90a', arithmetic: 'f16' })).toEqual([
      'layers are multiplied by warps and not by warpgroups, since "sm_80" has none and there is one source for all architectures',
    ]);
    expect(messages({ arch: 'sm_80,sm_90a', arithmetic: 'f32' })).toEqual([]);
  });
});
