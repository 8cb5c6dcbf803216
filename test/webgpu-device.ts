/** WebGPU in this process, on the CPU: Dawn from npm on the SwiftShader that comes with Chromium. */
import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import { packageFolder } from '../src/make/package.ts';

const folder = '/usr/lib/chromium';
const driver = `${folder}/vk_swiftshader_icd.json`;

const dawn: string = 'webgpu';

/** Why there is no WebGPU here, for the names of tests that are skipped; undefined where there is. */
export const noGpu: string | undefined = missing();

function missing(): string | undefined {
  if (!existsSync(driver)) return `without ${driver}, which chromium brings`;
  const installed = existsSync(new URL(`node_modules/${dawn}/package.json`, packageFolder()));
  return installed ? undefined : `without the package "${dawn}"`;
}

/** Keeps a library once it is loaded: by its name Dawn then finds it, wherever it lies. */
const noDelete = 0x1000;

interface Dawn {
  readonly globals: object;
  create(options: readonly string[]): GPU;
}

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
  const { create, globals } = (await import(dawn)) as Dawn;
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
