/** `espalier build`, `run` and `verify` for CUDA from one end to the other, on this machine's processor. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { espalier } from '../cli-kit.ts';
import { installed } from '../cpu-build.ts';
import { useShimNvcc, withEnvironment } from '../cuda-nvcc.ts';

let root: string;
let model: string;
let restore: () => void;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'espalier-run-cuda-'));
  restore = useShimNvcc(root);
  model = 'examples/digits/digits-pruned';
});
afterAll(() => {
  restore();
  rmSync(root, { recursive: true });
});

describe.skipIf(!installed('g++'))('a model', () => {
  test('is verified', async () => {
    const { code, out } = await espalier(['verify', model, '-t', 'cuda']);
    expect([code, out]).toEqual([0, expect.stringMatching(/^equal: .* on cuda against evaluate/)]);
  });

  test('runs from its folder, or says what is missing', async () => {
    const folder = join(root, 'built');
    expect(await espalier(['build', model, '-t', 'cuda', '-o', folder])).toMatchObject({ code: 0 });
    expect(await espalier(['run', folder, '--input', 'image=random:1'])).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^logits\s+f32 \[1, 10/m),
    });
    const refused = async (setting: Readonly<Record<string, string>>): Promise<string> => {
      const { code, err } = await withEnvironment(setting, () =>
        espalier(['run', folder, '--input', 'image=random:1']),
      );
      expect(code).toBe(1);
      return err;
    };
    expect(await refused({ CUDA_SHIM_DEVICES: '0' })).toMatch(/there is no NVIDIA GPU.*CUDA_VISIBLE_DEVICES/s);
    expect(await refused({ CUDA_SHIM_DRIVER: '11040' })).toMatch(
      /the driver is made for CUDA 11\.4.*update the driver/s,
    );
    expect(await refused({ CUDA_SHIM_NO_IMAGE: '1', CUDA_SHIM_ARCH: '75' })).toMatch(/is sm_75, and this.*--arch/s);
    expect(await refused({ CUDA_SHIM_MEMORY: '1000' })).toMatch(/has 1000 of 1000 bytes left.*nvidia-smi/s);
  });
});
