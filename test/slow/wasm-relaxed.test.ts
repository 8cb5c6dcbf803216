/** Real models by the kernels with relaxed SIMD, against the reference. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { afterAll, expect, test } from 'vitest';
import { relativeError } from '../../src/check/compare.ts';
import { build, compile, evaluate, importModel, printDiagnostic, randomInputs } from '../../src/index.ts';
import { loadWasm } from '../../src/toolchain/run-wasm.ts';
import { kernels } from '../../targets/wasm/kernels/index.ts';
import { modelPath } from '../models.ts';
import { buildModule } from '../wasm-module.ts';

// Engines of today know it; Node 20 has to be told before it compiles.
setFlagsFromString('--experimental-wasm-relaxed-simd');

const folder = mkdtempSync(join(tmpdir(), 'espalier-relaxed-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test.each(['blazepose-detector', 'iris'] as const)('%s', async (name) => {
  const imported = await importModel(modelPath(name));
  if (!imported.ok) throw new Error(imported.diagnostics.map(printDiagnostic).join('\n'));
  const { graph } = imported;
  const built = await build(graph, { target: 'wasm', out: join(folder, name) });
  if (!built.ok) throw new Error(built.diagnostics.map(printDiagnostic).join('\n'));
  const inputs = randomInputs(graph, 1);
  const want = evaluate(graph, inputs);
  const runs = await Promise.all(
    (['portable', 'fastest'] as const).map(async (wanted) => {
      const model = await loadWasm(join(folder, name), graph.name, wanted);
      expect(model.kernels).toBe(wanted === 'portable' ? 'portable' : 'relaxed');
      return model.run(inputs);
    }),
  );
  for (const have of runs)
    for (const [output, numbers] of Object.entries(want))
      expect(relativeError(have[output], numbers)).toBeLessThan(1e-5);
  // The same bits would mean that the same kernels ran.
  expect(runs[0]).not.toEqual(runs[1]);
});

test('nothing is written but arrays of the network, by no kernel', async () => {
  const compiled = await compile(modelPath('blazepose-detector'), { target: 'wasm' });
  if (!compiled.ok) throw new Error(compiled.diagnostics.map(printDiagnostic).join('\n'));
  // Throws where a byte between arrays has changed.
  const module = await buildModule(compiled.graph, kernels);
  const inputs = randomInputs(compiled.graph, 2);
  for (const data of Object.values(inputs))
    for (let i = 7; i < data.length; i += 1009) data[i] = [NaN, Infinity, -Infinity, 3e38][i & 3];
  for (const run of [module.run, await module.relaxed()])
    expect(Object.values(run?.(inputs) ?? {}).map(({ length }) => length)).toEqual([2254 * 13]);
});
