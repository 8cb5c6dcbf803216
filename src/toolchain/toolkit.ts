/** Where the compiler of CUDA lies. */
import { join } from 'node:path';

export const cudaToolkit = {
  compiler: 'nvcc',
  hint: 'install the CUDA toolkit, 12 or newer (https://developer.nvidia.com/cuda-downloads), and put its bin folder on PATH or name its folder in CUDA_HOME',
} as const;

/** Folders where toolkits put nvcc, besides those of PATH: they ask people to add them, and many do not. */
export function toolkitFolders(env: Readonly<Record<string, string | undefined>> = process.env): readonly string[] {
  const told = [env.CUDA_HOME, env.CUDA_PATH].flatMap((home) => (home ? [join(home, 'bin')] : []));
  return [...told, ...(process.platform === 'win32' ? [] : ['/usr/local/cuda/bin', '/opt/cuda/bin'])];
}
