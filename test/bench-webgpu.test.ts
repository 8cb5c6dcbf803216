/** What `espalier bench -t webgpu` counts and says, without WebGPU. */
import { afterEach, describe, expect, test } from 'vitest';
import { pipeline } from '../passes/index.ts';

import { countsOf } from '../src/bench/counts.ts';
import { kitFor } from '../src/bench/peers.ts';
import { bytesWritten, meterGpu } from '../src/bench/web/gpu-meter.ts';
import { ownKit } from '../src/bench/web/kit.ts';
import { compile } from '../src/compile.ts';
import type { Diagnostic } from '../src/diagnostic.ts';
import { loadModel } from '../src/make/load.ts';
import { described, printAdapter } from '../src/toolchain/adapter.ts';
import { findPackage } from '../src/toolchain/packages.ts';
import { kernels } from '../targets/webgpu/kernels/index.ts';
import { webgpuTarget } from '../targets/webgpu/target.ts';
import { digitGraph, digitPath } from './digits.ts';
import { render } from './webgpu-module.ts';

describe('adapters', () => {
  test.each([
    ['what says so itself', { description: 'whatever', isFallbackAdapter: true }, true],
    ['SwiftShader in a page', { vendor: 'google', architecture: 'swiftshader' }, true],
    ['Mesa on a CPU', { vendor: 'mesa', description: 'llvmpipe (LLVM 19.1.1, 256 bits)' }, true],
    ['Windows without a driver', { vendor: 'microsoft', description: 'Microsoft Basic Render Driver' }, true],
    ['a GPU', { vendor: 'nvidia', architecture: 'hopper', description: 'NVIDIA H100' }, false],
    ['a GPU in a page, which hides the rest', { vendor: 'intel', architecture: 'gen-12lp' }, false],
    ['what tells nothing', {}, false],
  ])('%s', (_, told, software) => {
    expect(described(told).software).toBe(software);
  });

  test('in words', () => {
    expect(printAdapter(described({ vendor: 'google', architecture: 'swiftshader', description: 'SwiftShader' }))).toBe(
      'SwiftShader, google, swiftshader (software)',
    );
    expect(printAdapter(described({}))).toBe('an adapter that tells nothing of itself');
  });
});

describe('the meter', () => {
  class GPUBuffer {
    mapAsync(..._: number[]): void {}
    destroy(): void {}
  }
  class GPUDevice {
    createBuffer(_: object): GPUBuffer {
      return new GPUBuffer();
    }
  }
  class GPUQueue {
    writeBuffer(..._: unknown[]): void {}
  }
  afterEach(() => {
    for (const name of ['GPUBuffer', 'GPUDevice', 'GPUQueue']) Reflect.deleteProperty(globalThis, name);
  });

  test('counts what is written, what is mapped to be written, and what is held at once', () => {
    Object.assign(globalThis, { GPUBuffer, GPUDevice, GPUQueue });
    const counted = meterGpu();
    const device = new GPUDevice();
    const first = device.createBuffer({ size: 100 });
    device.createBuffer({ size: 40, mappedAtCreation: true });
    first.destroy();
    first.destroy();
    const third = device.createBuffer({ size: 60 });
    third.mapAsync(1);
    third.mapAsync(2, 20);
    new GPUQueue().writeBuffer(third, 0, new Float32Array(3));
    expect(counted()).toEqual({ uploadedBytes: 40 + 40 + 12, heldBytes: 140 });
  });

  test('arrays are written by elements, and buffers by bytes', () => {
    expect(bytesWritten(new Float32Array(8))).toBe(32);
    expect(bytesWritten(new Float32Array(8), 2)).toBe(24);
    expect(bytesWritten(new Float32Array(8), 2, 3)).toBe(12);
    expect(bytesWritten(new ArrayBuffer(8), 2)).toBe(6);
    expect(bytesWritten(new DataView(new ArrayBuffer(8)), 0, 4)).toBe(4);
  });
});

test('the plan says what is uploaded, moved and computed: less where weights are pruned', () => {
  const target = webgpuTarget(kernels);
  const out = compile({ graph: digitGraph('digits-pruned'), passes: pipeline(target), target, render });
  if (!out.ok) expect.unreachable();
  const counts = countsOf(out, render);
  expect(counts.weightBytes).toBe(out.artefacts.find(({ role }) => role === 'weights')?.contents.length);
  expect(counts.share).toBeCloseTo(counts.weightBytes / counts.denseHalfBytes, 4);
  // Seven weights in ten are zero, and halves are stored as halves.
  expect(counts.share).toBeLessThan(0.5);
  expect(counts.flops).toBeLessThan(counts.denseFlops / 2);
  expect(counts.movedBytes).toBeGreaterThan(counts.weightBytes);
  expect(counts.memoryBytes).toBeLessThan(counts.movedBytes);
  expect(counts.dispatches).toBeGreaterThan(3);
});

describe('kits', () => {
  const ports = { threads: 1, inputs: [], outputs: [], constants: {} };

  test('what a page loads of ours is shaders and weights, and nothing of what lies beside them', () => {
    const files = ['package.json', 'wasm/net.js', 'wasm/net.wasm'];
    const kit = ownKit('/tmp', 'net', files, ports, true);
    expect(kit.ships).toEqual([]);
    expect(typeof kit.page === 'object' && [kit.page.site.gpu, kit.page.site.driver]).toEqual([
      true,
      expect.stringContaining('drive-ours-gpu'),
    ]);
  });

  test('peers that are not installed say what to install, and native ones run in Node.js', async () => {
    const loaded = loadModel(digitPath('digits-pruned'), {}, () => expect.unreachable()) ?? expect.unreachable();
    const told: Diagnostic[] = [];
    const options = { ...ports, loaded, folder: '/tmp', report: (d: Diagnostic) => void told.push(d) };
    // Unless a developer has them.
    if (!findPackage('@tensorflow/tfjs-backend-webgpu')) {
      expect(await kitFor('tfjs-webgpu', options)).toBeUndefined();
      expect(told.at(-1)?.hint).toBe('npm install --save-dev @tensorflow/tfjs-backend-webgpu@4.22.0');
    }
  });
});
