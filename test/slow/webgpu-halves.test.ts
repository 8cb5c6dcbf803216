/** Shaders with f16: what the binding makes of them is taken by a device that has it, and that computes nothing. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { build } from '../../src/index.ts';
import { webgpuCases } from '../webgpu-cases.ts';
import { noGpu, gpu as openGpu } from '../webgpu-device.ts';

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
