/**
 * Shaders with f16: what the binding makes of them is taken by a device that has it, and that computes nothing; and what they compute, on a
 * device without it, which rounds where f16 would.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, test } from 'vitest';
import { evaluate } from '../../src/graph/evaluate.ts';
import { parse } from '../../src/graph/parse.ts';
import { randomInputs } from '../../src/graph/samples.ts';
import { build } from '../../src/index.ts';
import { kernels } from '../../targets/webgpu/kernels/index.ts';
import { digitGraph } from '../digits.ts';
import { largestError } from '../passes/compare.ts';
import { bindingOf } from '../webgpu-bound.ts';
import { webgpuCases } from '../webgpu-cases.ts';
import { noGpu, gpu as openGpu } from '../webgpu-device.ts';
import { inHalves, roundedHalves, withHalves } from '../webgpu-halves.ts';
import { buildShaders } from '../webgpu-module.ts';

interface Dawn {
  create(options: readonly string[]): GPU;
}

const dawn: string = 'webgpu';

test.skipIf(noGpu)(
  `products in tiles are computed in f16 where that is asked for and there is ${noGpu ?? ''}`,
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'espalier-webgpu-'));
    try {
      // Its globals.
      await openGpu();
      const gpu = ((await import(dawn)) as Dawn).create(['backend=null']);
      for (const [at, { graph }] of [webgpuCases.dense[1], webgpuCases.matmul[0]].entries()) {
        const built = await build(
          { ...graph, name: `tiles_${at}` },
          { target: 'webgpu', out: join(folder, String(at)) },
        );
        expect(built.ok).toBe(true);
        // What becomes f16.
        const text = readFileSync(join(folder, String(at), `tiles_${at}.wgsl`), 'utf8');
        expect(text).toContain('\nalias tiled = f32; // shader-f16: alias tiled = f16;\n');
        expect(text).toMatch(/array<(vec4<)?tiled>?, \d+>/);
        const { load } = await import(pathToFileURL(join(folder, String(at), `tiles_${at}.js`)).href);
        const model = await load({ gpu, backend: 'webgpu', arithmetic: 'f16' });
        expect([model.arithmetic, (await load({ gpu, backend: 'webgpu' })).arithmetic]).toEqual(['f16', 'f32']);
      }
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
);

describe.skipIf(noGpu)(`rounded as f16 is ${noGpu ?? ''}`, () => {
  /** Two factors and a product, each rounded once. */
  const threeRoundings = 3 * 2 ** -11;
  /** What README promises of networks. */
  const someThousandths = 4e-3;
  const { dense, matmul, attention } = webgpuCases;

  test.each([
    dense[1],
    ...dense.filter(({ title }) => /groups of rows by fours|gaps between taps/.test(title)),
    matmul[2],
    attention[0],
  ])('$title', async ({ graph }) => {
    const inputs = randomInputs(graph, 7);
    const shaders = await buildShaders(graph, kernels, inHalves);
    const { error } = largestError(evaluate(graph, inputs), await shaders.run(inputs));
    // More than f32 would lose.
    expect(error).toBeGreaterThan(1e-4);
    expect(error).toBeLessThan(threeRoundings);
  });

  test('factors and products are rounded, and sums are not', async () => {
    const [rows, depth, columns] = [33, 70, 12];
    const graph = parse(`graph net of "net.json"
  %a = input "a" : f32[${rows}x${depth}]
  %b = input "b" : f32[${depth}x${columns}]
  %y = matmul(%a, %b) transposeA=false transposeB=false : f32[${rows}x${columns}]
return "y"=%y
`);
    const { a, b } = randomInputs(graph, 3);
    const y = Float32Array.from({ length: rows * columns }, (_, i) => {
      const [row, column] = [Math.floor(i / columns), i % columns];
      let sum = 0;
      for (let k = 0; k < depth; k++) sum += toHalf(toHalf(a[row * depth + k]) * toHalf(b[k * columns + column]));
      return sum;
    });
    const shaders = await buildShaders(graph, kernels, inHalves);
    expect(largestError({ y }, await shaders.run({ a, b })).error).toBeLessThan(1e-6);
  });

  test('a network, through the binding that was built with it', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'espalier-webgpu-'));
    try {
      const graph = digitGraph('digits-dense');
      const { load } = await bindingOf(graph, folder);
      const model = await load({ gpu: withHalves(await openGpu()), backend: 'webgpu', arithmetic: 'f16' });
      expect([model.arithmetic, model.arithmeticReason]).toEqual(['f16', undefined]);
      const inputs = randomInputs(graph, 3);
      const { error } = largestError(evaluate(graph, inputs), await model.run(inputs));
      expect(error).toBeGreaterThan(1e-5);
      expect(error).toBeLessThan(someThousandths);
      model.dispose();
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

test('what is f16 and not rounded is no test of f16', () => {
  const begin = 'enable f16; alias tiled = f16;\nvar<workgroup> w: array<vec4<tiled>, 8>;\n';
  expect(roundedHalves(`${begin}w[0] = vec4<tiled>(value);\ns += vec4<f32>(a.x * b);`)).toContain(
    'w[0] = halves(value);\ns += halves(a.x * b);',
  );
  expect(() => roundedHalves(`${begin}w[0] = vec4<tiled>(value + 1);`)).toThrow('f16 that is not rounded');
  expect(() => roundedHalves('alias tiled = f32;')).toThrow('no shaders with f16');
});

/** The nearest number of eleven bits; of two, the even one. */
function toHalf(value: number): number {
  const step = 2 ** (Math.max(-14, Math.floor(Math.log2(Math.abs(value)))) - 10);
  const [down, rest] = [Math.floor(value / step), value / step - Math.floor(value / step)];
  return step * (rest > 0.5 || (rest === 0.5 && down % 2 !== 0) ? down + 1 : down) || 0;
}
