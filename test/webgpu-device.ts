/** WebGPU in this process, on the CPU: Dawn from npm on the SwiftShader that comes with Chromium. */
import { existsSync } from 'node:fs';
import { constants } from 'node:os';

const folder = '/usr/lib/chromium';
const driver = `${folder}/vk_swiftshader_icd.json`;

/** Why there is no WebGPU here, for the names of tests that are skipped; undefined where there is. */
export const noGpu: string | undefined = existsSync(driver) ? undefined : `without ${driver}, which chromium brings`;

/** Keeps a library once it is loaded: by its name Dawn then finds it, wherever it lies. */
const noDelete = 0x1000;

let opened: Promise<GPU> | undefined;

/** One for all tests of a process. */
export const gpu = (): Promise<GPU> => (opened ??= open());

async function open(): Promise<GPU> {
  process.env.VK_ICD_FILENAMES = driver;
  process.env.VK_DRIVER_FILES = driver;
  try {
    process.dlopen({ exports: {} }, `${folder}/libvulkan.so.1`, constants.dlopen.RTLD_NOW | noDelete);
  } catch {
    // It is no addon, and is there all the same.
  }
  const { create, globals } = await import('webgpu');
  Object.assign(globalThis, globals);
  return create(['backend=vulkan']);
}

let device: Promise<GPUDevice> | undefined;

/** One for all tests of a process, with the limits that every adapter has. */
export const sharedDevice = (): Promise<GPUDevice> => (device ??= openDevice());

async function openDevice(): Promise<GPUDevice> {
  const adapter = await (await gpu()).requestAdapter();
  if (!adapter) throw new Error('SwiftShader is no adapter');
  return adapter.requestDevice();
}
