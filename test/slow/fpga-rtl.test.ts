/** Verilog twins of every engine and of whole networks, simulated; and synthesised again, which gives what was recorded. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { build, type Diagnostic, printDiagnostic } from '../../src/index.ts';
import { quantizeWith } from '../../src/make/quantize.ts';
import type { Layer } from '../../targets/fpga/contract/layer.ts';
import { unrolled } from '../../targets/fpga/engines/unrolled.ts';
import { partNamed } from '../../targets/fpga/parts.ts';
import { buildPipeline } from '../../targets/fpga/pipeline/build.ts';
import { digitGraph } from '../digits.ts';
import { GraphMaker } from '../fpga-graphs.ts';
import { scattered } from '../fpga-layers.ts';
import { endingOf, installed, layerTwin, pipelineTwin, simulateTwin, writeTwin } from '../fpga-rtl/kit.ts';
import { engineOf, measuredLayers } from '../fpga-rtl/layers.ts';
import { recordedCounts, synthesise } from '../fpga-rtl/synthesis.ts';

const folder = mkdtempSync(join(tmpdir(), 'espalier-rtl-'));
const calibrate = new URL('../../examples/digits/calibration.npz', import.meta.url).pathname;

const failing = (d: Diagnostic): never => {
  throw new Error(printDiagnostic(d));
};

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.skipIf(!installed('iverilog'))('simulated with Icarus (skipped where iverilog is not installed)', () => {
  test.each(measuredLayers.map((m) => [`${m.engine}, ${m.name}, ${m.folding}`, m] as const))(
    '%s',
    { timeout: 600_000 },
    (_, m) => {
      const layer = m.layer();
      const rows = Math.min(layer.input[0], 4);
      const small: Layer = { ...layer, input: [rows, layer.input[1]], output: [rows, layer.output[1]] };
      const into = join(folder, 'layer');
      rmSync(into, { recursive: true, force: true });
      writeTwin(layerTwin(small, engineOf(m), m.folding), into);
      expect(simulateTwin(into).output).toMatch(/^PASS: 0 errors/);
    },
  );

  test('windows with strides, dilations and borders, unrolled', { timeout: 600_000 }, () => {
    for (const c of [
      { rows: 6, channels: 1, taps: [3, 3], input: [9, 11], stride: [2, 2], pad: [0, 1, 1, 0] },
      { rows: 4, channels: 3, taps: [2, 3], input: [7, 8], stride: [1, 3], dilation: [2, 1], pad: [0, 1, 1, 0] },
    ] as const) {
      const into = join(folder, 'unrolled');
      rmSync(into, { recursive: true, force: true });
      writeTwin(layerTwin(scattered({ ...c, ending: endingOf(c.rows) }, 1, 0.3), unrolled, 0), into);
      expect(simulateTwin(into, ['+stall']).output).toMatch(/^PASS: 0 errors/);
    }
  });

  test('a whole network with residual blocks, with stalls', { timeout: 600_000 }, () => {
    const g = new GraphMaker(1);
    const window = { window: [3, 3], stride: [2, 2], pad: [1, 1, 0, 0] } as const;
    const first = g.conv(g.input('image', [1, 12, 14, 3]), 8, 3, 0.9);
    const x = g.call({ kind: 'pool2d', fn: 'max', ...window, countPad: false }, [first]);
    const inner = g.conv(g.conv(x, 8, 3, 0.3), 8, 3, 0.2, 1, false);
    const y = g.requantize(g.call({ kind: 'binary', fn: 'add' }, [inner, x]), 0, 127, 1);
    const sums = g.call({ kind: 'reduce', fn: 'sum', axes: [1, 2], keep: false }, [y]);
    const graph = g.graph({ classes: g.linear(g.requantize(sums, -128, 127, 4), 10, 0.4) });
    const part = partNamed('xc7z020clg400-1') ?? expect.fail('no such part');
    const built = buildPipeline(graph, { part, clock: 5, reuse: 40 });
    if (!('pipeline' in built)) expect.fail(built.map((d) => d.message).join('; '));
    writeTwin(pipelineTwin('network', built.pipeline), join(folder, 'network'));
    expect(simulateTwin(join(folder, 'network'), ['+stall']).output).toMatch(/^PASS: 0 errors/);
  });
});

describe.skipIf(!installed('yosys'))('synthesised with yosys (skipped where it is not installed)', () => {
  const again = measuredLayers.filter((m) => ['tree', 'dense'].includes(m.engine) && m.folding === 4);
  test.each(again.map((m) => [m.engine, m] as const))('%s', { timeout: 1_200_000 }, (_, m) => {
    const into = join(folder, 'synthesis');
    rmSync(into, { recursive: true, force: true });
    writeTwin(layerTwin(m.layer(), engineOf(m), m.folding), into);
    const counts = synthesise(into, 'twin_layer');
    expect(counts.dsp).toBe(recordedCounts(m).dsp);
    expect(Math.abs(counts.lut / recordedCounts(m).lut - 1)).toBeLessThan(0.05);
  });
});

test.skipIf(!installed('iverilog'))(
  'a digit through the pruned network, whole, in Verilog',
  { timeout: 1_200_000 },
  async () => {
    const how = { quantize: 'weights=int8,activations=int8', calibrate };
    const { graph } = quantizeWith(digitGraph('digits-pruned'), how, failing) ?? expect.unreachable();
    const out = join(folder, 'digits');
    const hardware = { part: 'xc7z020clg400-1', rtl: true };
    const built = await build(graph, { target: 'fpga', hardware, out });
    if (!built.ok) throw new Error(built.diagnostics.map(printDiagnostic).join('\n'));
    expect(simulateTwin(out).output).toMatch(/^PASS: 0 errors/);
  },
);
