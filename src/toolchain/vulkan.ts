/** Vulkan, where Linux has no driver for it: the software one that comes with browsers. */
import { existsSync, readdirSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';

/** Where browsers are installed that bring a loader and SwiftShader. */
const folders = [
  '/usr/lib/chromium',
  '/usr/lib/chromium-browser',
  '/usr/lib64/chromium-browser',
  '/opt/google/chrome',
  '/opt/microsoft/msedge',
];

/** Keeps a library once it is loaded: by its name others then find it, wherever it lies. */
const noDelete = 0x1000;

/** Whether this process can reach a driver: one of the system's, or else one that a browser brings, which it loads. */
export function findVulkan(): boolean {
  if (process.platform !== 'linux' || isInstalled()) return true;
  const folder = folders.find((place) => existsSync(join(place, 'vk_swiftshader_icd.json')));
  if (folder === undefined) return false;
  const driver = join(folder, 'vk_swiftshader_icd.json');
  process.env.VK_DRIVER_FILES = driver;
  // Older loaders know it by this name.
  process.env.VK_ICD_FILENAMES = driver;
  try {
    process.dlopen({ exports: {} }, join(folder, 'libvulkan.so.1'), constants.dlopen.RTLD_NOW | noDelete);
  } catch {
    // It is no addon, and is there all the same.
  }
  return true;
}

function isInstalled(): boolean {
  if (process.env.VK_DRIVER_FILES || process.env.VK_ICD_FILENAMES) return true;
  return ['/usr/share/vulkan/icd.d', '/usr/local/share/vulkan/icd.d', '/etc/vulkan/icd.d'].some(
    (place) => existsSync(place) && readdirSync(place).some((file) => file.endsWith('.json')),
  );
}
