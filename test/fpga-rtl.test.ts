/** The Verilog twin of small layers and of what stands between layers, simulated: bit for bit what `evaluate` gives. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { crossbar } from '../targets/fpga/engines/crossbar.ts';
import { printRtl } from '../targets/fpga/rtl/print.ts';
import { scattered } from './fpga-layers.ts';
import { numbers, stageCases } from './fpga-rtl/glue.ts';
import { alone, endingOf, installed, layerTwin, render, simulateTwin, writeTwin } from './fpga-rtl/kit.ts';
import { engineOf, measuredLayers } from './fpga-rtl/layers.ts';
import { recordedCounts } from './fpga-rtl/synthesis.ts';

const folder = mkdtempSync(join(tmpdir(), 'espalier-rtl-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const layer = scattered(
  { rows: 6, channels: 5, taps: [3, 3], input: [5, 7], pad: [1, 1, 1, 1], ending: endingOf(6) },
  1,
  0.3,
);

describe('estimates of area are those of synthesis: multipliers and blocks exactly, look-up tables and registers within 15 %', () => {
  test.each(measuredLayers.map((m) => [`${m.engine}, ${m.name}, ${m.folding}`, m] as const))('%s', (_, m) => {
    const counts = recordedCounts(m);
    const { dsp, lut, ff, bram18 } = engineOf(m).plan(m.layer(), m.folding).area;
    expect(dsp).toBe(counts.dsp);
    expect(bram18).toBe(counts.bram18);
    expect(Math.abs(lut / counts.lut - 1)).toBeLessThan(0.15);
    expect(Math.abs(ff / counts.ff - 1)).toBeLessThan(0.15);
  });
});

test('the same layer gives the same bytes', () => {
  expect(layerTwin(layer, crossbar, 4)).toEqual(layerTwin(layer, crossbar, 4));
});

describe.skipIf(!installed('iverilog'))('simulated with Icarus (skipped where iverilog is not installed)', () => {
  test('a layer with zeros anywhere, with and without stalls; one bit of its schedule turned is found', () => {
    writeTwin(layerTwin(layer, crossbar, 4), join(folder, 'layer'));
    expect(simulateTwin(join(folder, 'layer')).output).toMatch(/^PASS: 0 errors/);
    expect(simulateTwin(join(folder, 'layer'), ['+stall']).output).toMatch(/^PASS: 0 errors/);
    const schedule = join(folder, 'layer/rtl/twin_layer_schedule.hex');
    const words = readFileSync(schedule, 'utf8').split('\n');
    const last = words[1].length - 1;
    words[1] = words[1].slice(0, last) + (Number.parseInt(words[1][last], 16) ^ 4).toString(16);
    writeFileSync(schedule, words.join('\n'));
    expect(simulateTwin(join(folder, 'layer')).passed).toBe(false);
  });

  test.each(stageCases.map((c) => [c.name, c] as const))('%s', (_, { stage, inputs, output, values }) => {
    const images = [1, 2].map((seed) => inputs.map(([shape, bits], i) => numbers(shape, bits, seed * 10 + i)));
    const recorded = {
      inputs: inputs.map((_, i) => images.flatMap((image) => [...image[i]])),
      outputs: [images.flatMap(values)],
    };
    const twin = printRtl(alone(stage, inputs, output), { name: 'twin', render, recorded });
    writeTwin(twin, join(folder, stage.kind));
    expect(simulateTwin(join(folder, stage.kind), ['+stall']).output).toMatch(/^PASS: 0 errors/);
  });
});
