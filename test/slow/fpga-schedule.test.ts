/** What schedules come to on layers of real sizes: masks at random, made by patterns, and of a real model. */
import { describe, expect, test } from 'vitest';
import type { Engine } from '../../targets/fpga/contract/engine.ts';
import type { Layer } from '../../targets/fpga/contract/layer.ts';
import { liveOf } from '../../targets/fpga/contract/layer.ts';
import { crossbar } from '../../targets/fpga/engines/crossbar.ts';
import { dense } from '../../targets/fpga/engines/dense.ts';
import { layerOf } from '../../targets/fpga/engines/make-layer.ts';
import { nOfM } from '../../targets/fpga/engines/n-of-m.ts';
import { scheduleFault } from '../../targets/fpga/engines/replay.ts';
import { tree } from '../../targets/fpga/engines/tree.ts';
import { choicesFor, within } from '../../targets/fpga/fold.ts';
import { partNamed } from '../../targets/fpga/parts.ts';
import { randomLayer, scattered } from '../fpga-layers.ts';
import { importReal } from '../import/model.ts';

/** Words above nonzeros / lanes, in hundredths; the schedule is walked against the mask. */
function overhead(engine: Engine, layer: Layer, folding: number): number {
  const plan = engine.plan(layer, folding);
  if (plan.kind !== 'scheduled') expect.fail('no schedule');
  expect(scheduleFault(plan, layer)).toBeUndefined();
  return 100 * ((plan.words * plan.lanes) / liveOf(layer) - 1);
}

const image = { taps: [3, 3], input: [28, 28], pad: [1, 1, 1, 1] } as const;
const sizes = {
  '64x576': { rows: 64, channels: 64, ...image },
  '256x2304': { rows: 256, channels: 256, ...image },
  '512x512': { rows: 512, channels: 512, input: [1, 784] },
} as const;

describe.each(Object.entries(sizes))('%s at random', (_, size) => {
  test.each([50, 75, 90, 95])('%i of a hundred zero', (zeros) => {
    const layer = scattered(size, zeros, 1 - zeros / 100);
    for (const folding of [4, 8, 16, 24, 32, 64]) {
      if (crossbar.foldings(layer).includes(folding)) expect(overhead(crossbar, layer, folding)).toBeLessThanOrEqual(2);
    }
  });
});

test('gather-scatter packs leave no lane at rest, with a crossbar and without', () => {
  const gs = (b: number, k: number) =>
    randomLayer(
      sizes['64x576'],
      b,
      (row, column) =>
        (Math.floor(column / b) * 7 + Math.floor((row * k) / b) * 3 + ((column % b) + row * k) / k) % 10 < 1,
    );
  const packs = gs(16, 16);
  for (const folding of [4, 8, 16]) {
    expect(overhead(crossbar, packs, folding)).toBe(0);
    expect(overhead(tree, packs, folding)).toBe(0);
  }
  const spread = randomLayer(
    sizes['64x576'],
    2,
    (row, column) => (Math.floor(column / 16) + Math.floor(row / 16)) % 5 === 0 && (column + row) % 16 === 0,
  );
  for (const folding of [4, 8, 16]) expect(overhead(crossbar, spread, folding)).toBe(0);
});

test('2 of 4 leave no lane at rest', () => {
  const layer = randomLayer(sizes['64x576'], 4, (row, column) => (column + row + Math.floor(column / 4) * 3) % 4 < 2);
  for (const folding of [8, 16, 64]) expect(overhead(nOfM, layer, folding)).toBe(0);
});

test('the masks of blazepose-detector', () => {
  const graph = importReal('blazepose-detector');
  let count = 0;
  for (const node of graph.nodes) {
    if (node.kind !== 'constant' || node.type.shape.length !== 4) continue;
    const [rows, down, across, channels] = node.type.shape;
    const live = Array.from(node.data).filter((w) => w !== 0).length;
    if (down * across * channels * rows < 4096 || live > 0.4 * node.data.length || channels < 8) continue;
    const data = Int32Array.from(node.data, (w) => (w === 0 ? 0 : 1));
    const layer = layerOf({
      name: node.id,
      rows,
      channels,
      taps: [down, across],
      data,
      bias: new Int32Array(rows),
      input: [14, 14],
    });
    for (const folding of [4, 8, 16, 32]) expect(overhead(crossbar, layer, folding)).toBeLessThanOrEqual(5);
    count++;
  }
  expect(count).toBeGreaterThanOrEqual(13);
});

describe('area follows the nonzeros at the same rate', () => {
  const part = partNamed('xczu7ev-ffvc1156-2-e') ?? expect.fail('no such part');
  const size = { rows: 256, channels: 256, taps: [3, 3], input: [40, 40], pad: [1, 1, 1, 1] } as const;
  const at = (zeros: number): Layer => scattered(size, 1, 1 - zeros / 100);

  /** Rates from what 75 % zeros can keep at best, down to a fifth of that. */
  const rates = [3.05e6, 3.5e6, 4e6, 5e6, 6.05e6, 7e6, 1e7, 1.2e7];
  test('the fewest multipliers that keep a rate, at many rates', () => {
    const layers = [75, 90, 95].map((zeros) => {
      const layer = at(zeros);
      return { live: liveOf(layer), choices: choicesFor(layer, { part, clock: 5 }) };
    });
    for (const cycles of rates) {
      const fewest = layers.map(({ live, choices }) => {
        const own = choices.filter((c) => c.engine === crossbar && c.cycles <= cycles);
        return { live, dsp: Math.min(...own.map((c) => c.area.dsp)) };
      });
      const [first] = fewest;
      for (const { live, dsp } of fewest)
        expect(Math.abs(dsp / first.dsp / (live / first.live) - 1), `${cycles} cycles`).toBeLessThanOrEqual(0.1);
    }
  });

  test.each([3.05e6, 6.05e6])('within %d cycles', (cycles) => {
    const found = [75, 90, 95].map((zeros) => {
      const layer = at(zeros);
      const choices = choicesFor(layer, { part, clock: 5 }).filter((c) => c.engine === crossbar);
      const { folding } = within(choices, cycles);
      const plan = crossbar.plan(layer, folding);
      const rom = plan.roms[0];
      const flat = within(
        choicesFor(layer, { part, clock: 5 }).filter((c) => c.engine === dense),
        cycles,
      );
      return { live: liveOf(layer), dsp: plan.area.dsp, bits: rom.depth * rom.width, dense: flat.area.dsp };
    });
    const [first] = found;
    for (const f of found) {
      const share = f.live / first.live;
      expect(Math.abs(f.dsp / first.dsp / share - 1)).toBeLessThanOrEqual(0.1);
      expect(Math.abs(f.bits / first.bits / share - 1)).toBeLessThanOrEqual(0.1);
      expect(f.dense).toBe(first.dense);
    }
  });
});
