/** The folding solver: what it chooses keeps up, fits, takes little, and gets no slower with more of anything. */
import { expect, test } from 'vitest';
import type { Graph } from '../src/graph/graph.ts';
import type { Choice, FoldOptions, Open } from '../targets/fpga/fold.ts';
import { budgetOf, choicesFor, choose, costOf, placed } from '../targets/fpga/fold.ts';
import { partNamed } from '../targets/fpga/parts.ts';
import { buildPipeline } from '../targets/fpga/pipeline/build.ts';
import { GraphMaker } from './fpga-graphs.ts';
import { scattered } from './fpga-layers.ts';
import { random } from './models.ts';

const part = partNamed('xczu3eg-sbva484-1-e') ?? expect.fail('no such part');
const options: FoldOptions = { part, clock: 5 };
const nothing = { cycles: 1, slowest: '', area: { dsp: 0, lut: 0, ff: 0, bram18: 0, uram: 0, lutram: 0 } };

/** Layers of a pruned network, small and large. */
const layers = [
  scattered({ rows: 16, channels: 8, taps: [3, 3], pad: [1, 1, 1, 1], input: [28, 28] }, 1, 0.5),
  scattered({ rows: 64, channels: 32, taps: [3, 3], pad: [1, 1, 1, 1], input: [14, 14] }, 2, 0.1),
  scattered({ rows: 96, channels: 64, input: [14, 14] }, 3, 0.25),
  scattered({ rows: 128, channels: 256, input: [1, 1] }, 4, 0.1),
];
const open: readonly Open[] = layers.map((layer) => ({ name: layer.name, choices: choicesFor(layer, options) }));

const resources = ['dsp', 'lut', 'bram'] as const;

function chosen(more: Partial<FoldOptions>): readonly Choice[] | undefined {
  const found = choose(open, nothing, { ...options, ...more });
  return 'message' in found ? undefined : found;
}

const intervalOf = (picked: readonly Choice[]): number => Math.max(...picked.map((c) => c.cycles));

const shareOf = (picked: readonly Choice[]): number => picked.reduce((sum, c) => sum + costOf(c.area, options), 0);

test('what is chosen fits, and with twice as much of anything nothing gets slower', () => {
  const next = random(5);
  let fitting = 0;
  for (let round = 0; round < 12; round++) {
    const budget = {
      dsp: Math.ceil(2 ** (2 + 6 * next())),
      lut: Math.ceil(2 ** (11 + 5 * next())),
      bram: Math.ceil(2 ** (4 + 5 * next())),
    };
    const picked = chosen(budget);
    if (!picked) continue;
    fitting++;
    const allowed = budgetOf({ ...options, ...budget });
    for (const r of ['dsp', 'lut', 'ff'] as const)
      expect(picked.reduce((sum, c) => sum + c.area[r], 0)).toBeLessThanOrEqual(allowed[r]);
    expect(placed(picked, nothing.area, allowed)).toBeDefined();
    for (const r of resources) {
      const twice = chosen({ ...budget, [r]: 2 * budget[r] }) ?? expect.fail(`nothing fits with more ${r}`);
      expect(intervalOf(twice)).toBeLessThanOrEqual(intervalOf(picked));
    }
  }
  expect(fitting).toBeGreaterThanOrEqual(6);
});

test('what is asked for is kept, by layers that take no more than they must', () => {
  const fastest = intervalOf(chosen({}) ?? expect.fail('nothing fits'));
  let before = Infinity;
  for (const slower of [1, 1.5, 3, 10, 100]) {
    const cycles = Math.ceil(fastest * slower);
    const picked = chosen({ fps: 1e9 / (options.clock * cycles) }) ?? expect.fail('does not fit');
    expect(intervalOf(picked)).toBeLessThanOrEqual(cycles);
    const cheapest = open.map(({ choices }) => choices.find((c) => c.cycles <= cycles) ?? choices[0]);
    expect(shareOf(picked)).toBeLessThanOrEqual(shareOf(cheapest) + 1e-9);
    expect(shareOf(picked)).toBeLessThanOrEqual(before);
    before = shareOf(picked);
  }
});

test('schedules go outside where blocks are scarce', () => {
  const layer = scattered({ rows: 256, channels: 128, taps: [3, 3], pad: [1, 1, 1, 1], input: [7, 7] }, 5, 0.1);
  const large: readonly Open[] = [{ name: layer.name, choices: choicesFor(layer, options) }];
  const stored = (bram: number) => {
    const found = choose(large, nothing, { ...options, bram });
    return 'message' in found ? found.message : placed(found, nothing.area, budgetOf({ ...options, bram }));
  };
  expect(stored(432)).toEqual(['block']);
  expect(stored(24)).toEqual(['external']);
  expect(stored(2)).toMatch(/^the network takes \d+ blocks of 18 kbit besides its schedules, of 2$/);
});

test('a pipeline is as fast as its slowest stage, and no slower with more multipliers', () => {
  const rates = [8, 32].map((dsp) => {
    const found = buildPipeline(residual(), { ...options, dsp });
    if (!('pipeline' in found)) return 0;
    expect(found.interval).toBe(Math.max(...found.pipeline.stages.map(({ cycles }) => cycles)));
    expect(found.area.dsp).toBeLessThanOrEqual(dsp);
    return 1 / found.interval;
  });
  expect(rates[0]).toBeGreaterThan(0);
  expect(rates[1]).toBeGreaterThan(rates[0]);
});

test('an estimate that promised too much is replaced, as often as that takes', () => {
  const g = new GraphMaker(8);
  const x = g.conv(g.input('image', [1, 14, 14, 16]), 32, 3, 0.1);
  const graph = g.graph({ y: g.conv(x, 64, 3, 0.05) });
  const [few, all] = [20, undefined].map((bram) => {
    const found = buildPipeline(graph, { ...options, bram });
    return 'pipeline' in found ? found : expect.fail(found[0].message);
  });
  // Four rounds end at 3 % above, with more multipliers.
  expect(few.interval).toBeLessThanOrEqual(all.interval * 1.01);
  expect(few.area.dsp).toBeLessThan(all.area.dsp);
});

/** A bottleneck with a shortcut, and a classifier. */
function residual(): Graph {
  const g = new GraphMaker(6);
  const x = g.conv(g.input('image', [1, 14, 14, 8]), 32, 3, 0.5);
  const inner = g.conv(g.conv(x, 16, 1, 0.3), 16, 3, 0.2);
  const sum = g.call({ kind: 'binary', fn: 'add' }, [g.conv(inner, 32, 1, 0.3, 1, false), x]);
  const sums = g.call({ kind: 'reduce', fn: 'sum', axes: [1, 2], keep: false }, [g.requantize(sum, 0, 127, 1)]);
  return g.graph({ classes: g.linear(g.requantize(sums, -128, 127, 4), 10, 0.4) });
}
