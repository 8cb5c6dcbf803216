/** Schedules of every engine: what they compute, in how many words, and how many cycles. */
import { describe, expect, test } from 'vitest';
import type { Engine, ScheduledPlan } from '../targets/fpga/contract/engine.ts';
import type { Layer } from '../targets/fpga/contract/layer.ts';
import { liveOf } from '../targets/fpga/contract/layer.ts';
import { broadcast } from '../targets/fpga/engines/broadcast.ts';
import { crossbar } from '../targets/fpga/engines/crossbar.ts';
import { dense } from '../targets/fpga/engines/dense.ts';
import { nOfM } from '../targets/fpga/engines/n-of-m.ts';
import { replaySchedule, scheduleFault } from '../targets/fpga/engines/replay.ts';
import { simulate } from '../targets/fpga/engines/simulate.ts';
import { smartdeal } from '../targets/fpga/engines/smartdeal.ts';
import { stationary } from '../targets/fpga/engines/stationary.ts';
import { tree } from '../targets/fpga/engines/tree.ts';
import type { LayerCase } from './fpga-layers.ts';
import { decomposedLayer, randomInput, randomLayer, scattered, sumsOf } from './fpga-layers.ts';

const scheduled = (engine: Engine, layer: Layer, folding: number): ScheduledPlan => {
  const plan = engine.plan(layer, folding);
  if (plan.kind !== 'scheduled') throw new Error(`${engine.name} has no schedule`);
  return plan;
};

function holds(engine: Engine, layer: Layer, folding: number): void {
  expect(engine.fits(layer)).toBeUndefined();
  const plan = scheduled(engine, layer, folding);
  expect(plan.lanes * plan.clusters).toBe(folding);
  expect(scheduleFault(plan, layer)).toBeUndefined();
  const x = randomInput(layer, 3);
  const sums = sumsOf(layer, x);
  expect(replaySchedule(plan, layer, x)).toEqual(sums);
  const run = simulate(plan, layer, x);
  expect(run.sums).toEqual(sums);
  expect(run.conflicts).toBe(0);
  expect(run.cycles).toBe(plan.cyclesPerImage);
}

const convolutions: readonly LayerCase[] = [
  { rows: 6, channels: 5, taps: [3, 3], input: [7, 9], pad: [1, 1, 1, 1] },
  { rows: 9, channels: 3, taps: [3, 3], input: [9, 11], stride: [2, 2], pad: [0, 1, 1, 0] },
  { rows: 8, channels: 8, taps: [3, 1], input: [8, 6], dilation: [2, 1], pad: [2, 0, 2, 0] },
  { rows: 7, channels: 11, taps: [1, 1], input: [1, 13] },
  { rows: 4, channels: 2, taps: [5, 5], input: [9, 8], stride: [1, 3], pad: [2, 2, 2, 2] },
];

describe.each([crossbar, dense])('$name', (engine) => {
  test.each(convolutions.map((c, i) => [i, c] as const))('computes convolution %i with any lanes', (i, c) => {
    for (const density of [0, 0.05, 0.4, 1]) {
      const layer = scattered(c, i, density);
      for (const folding of engine.foldings(layer).filter((n, at) => at < 3 || n % 7 === 2))
        holds(engine, layer, folding);
    }
  });
});

test('stationary computes dense layers of one vector, rows of any length', () => {
  for (const density of [0, 0.1, 1]) {
    const layer = scattered({ rows: 13, channels: 40, input: [1, 1] }, 5, density);
    for (const folding of [1, 2, 5, 13]) holds(stationary, layer, folding);
  }
});

test('broadcast computes layers whose neighbouring rows share columns', () => {
  const shared = { rows: 24, channels: 6, taps: [3, 3], input: [5, 7], pad: [1, 1, 1, 1] } as const;
  const layer = randomLayer(shared, 1, (row, column) => (Math.floor(row / 8) * 31 + column * 17) % 5 === 0);
  for (const folding of broadcast.foldings(layer)) holds(broadcast, layer, folding);
  expect(broadcast.fits(scattered(shared, 1, 0.2))).toBe('has no neighbouring rows that share columns within 15 %');
});

test('n-of-m computes layers that keep N of M neighbouring channels', () => {
  const c = { rows: 10, channels: 16, taps: [3, 3], input: [5, 7], pad: [1, 1, 1, 1] } as const;
  for (const [n, m] of [
    [2, 4],
    [1, 8],
    [4, 16],
  ] as const) {
    const layer = randomLayer(c, n, (row, column) => (column * 7 + row + Math.floor(column / m)) % m < n);
    for (const folding of [1, 3, 5, 10, 30]) holds(nOfM, layer, folding);
    const { words, lanes } = scheduled(nOfM, layer, 5);
    expect(words * lanes).toBe(liveOf(layer));
  }
  expect(nOfM.fits(scattered(c, 1, 0.3))).toMatch(/^keeps no equal number/);
});

test('tree computes gather-scatter packs, with no lane at rest', () => {
  const c = { rows: 6, channels: 16, taps: [3, 3], input: [5, 7], pad: [1, 1, 1, 1] } as const;
  const packs = randomLayer(c, 2, (row, column) => (Math.floor(column / 8) + row) % 3 === 0);
  for (const folding of [2, 8, 24]) holds(tree, packs, folding);
  const { words, lanes } = scheduled(tree, packs, 8);
  expect(words * lanes).toBe(liveOf(packs));
  expect(tree.fits(scattered(c, 1, 0.3))).toMatch(/^keeps no equal number/);
});

describe('smartdeal computes layers made of units, and rebuilds their weights', () => {
  const kernels = { rows: 10, channels: 4, taps: [3, 3], input: [5, 7], pad: [1, 1, 1, 1] } as const;
  test.each([
    ['kernels', kernels, 12, 1],
    ['neighbours', { rows: 7, channels: 16, input: [3, 4] }, 3, 2],
  ] as const)('%s', (along, c, rows, units) => {
    const layer = decomposedLayer(c, { along, rows, units }, 4);
    for (const folding of smartdeal.foldings(layer).filter((n) => n < 25)) {
      holds(smartdeal, layer, folding);
      const { schedule, rebuilt, lanes, area } = scheduled(smartdeal, layer, folding);
      if (!rebuilt) expect.fail('nothing is rebuilt');
      for (const [at, value] of schedule.value.entries()) {
        const [w, lane] = [Math.floor(at / lanes), at % lanes];
        const unit = rebuilt.basis[w] * lanes + lane;
        const sum = [0, 1, 2].reduce((total, k) => {
          const code = rebuilt.codes[(Math.floor(w / 3) * lanes + lane) * 3 + k];
          return (
            total +
            (code === 0 ? 0 : (code & 8 ? -1 : 1) << (7 - (code & 7))) * rebuilt.bases[unit * 9 + 3 * k + (w % 3)]
          );
        }, 0);
        expect(value).toBe(rebuilt.live[w] * (sum << rebuilt.shifts[unit]));
      }
      expect(area.dsp).toBe(0);
    }
  });
});
