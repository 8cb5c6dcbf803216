/** Warpgroups in the middle of networks: they read pieces, and write them, in every way in which they multiply. */
import { expect, test } from 'vitest';
import { lower } from '../src/plan/lower.ts';
import { printLayout } from '../src/tensor/type.ts';
import { cuda } from '../targets/cuda/target.ts';
import { installed } from './cpu-build.ts';
import { chosen, runWidePieces, wideArranged, widePiecesKernels } from './cuda-warpgroup-pieces.ts';

const isWide: readonly string[] = ['last', 'less', 'third', 'heads', 'ends'];

test.each(['f16', 'bf16'] as const)(
  'all layers of a network in %s are by warpgroups, and what is between them is in pieces',
  (narrow) => {
    const { steps } = lower(wideArranged(narrow), widePiecesKernels(narrow));
    const layers = steps.filter(({ call }) => call.op.kind !== 'relayout');
    expect(layers.map(({ call }) => [call.id, printLayout(call.type.layout)])).toEqual(
      Object.keys(chosen).map((id) => [id, isWide.includes(id) ? 'plain' : `pieces ${narrow}`]),
    );
    const names = layers.map(({ work }) => (work.kind === 'routines' ? work.calls.map((c) => c.routine.name) : []));
    expect(names.map((own) => own.filter((name) => !name.startsWith('narrow')))).toEqual(
      Object.values(chosen).map(({ way, cut, feed, splits }) => {
        const product = ['product-wide', way, narrow, cut, ...(way === 'blocks' ? [] : [feed])].join('-');
        const stored = (name: string) => expect.stringMatching(new RegExp(`^${name}-`));
        return splits > 1 ? [`${product}-parts`, stored('add-parts')] : [stored(product)];
      }),
    );
    // What is read in pieces is read where it lies.
    expect(
      layers.flatMap(({ call }, i) => (names[i].some((name) => name.startsWith('narrow')) ? [call.id] : [])),
    ).toEqual([...['stem', 'first', 'picked', 'added', 'thin']]);
  },
);

test.skipIf(!installed('g++'))('a network computes what it means, and holds what no f16 holds at the largest', () => {
  const { huge, less, ...others } = runWidePieces('f16', ['-O0']);
  const limit = cuda.target({ arithmetic: 'f16' }).error ?? 0;
  expect(Object.entries(others).filter(([, { apart }]) => !(apart <= limit))).toEqual([]);
  expect(huge.largest).toBe(65504);
  expect(less.largest).toBeGreaterThan(0.01);
});
