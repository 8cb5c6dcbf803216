/** Which adapter WebGPU has here. */
import type { AdapterInfo } from '../../toolchain/adapter.ts';
import { described } from '../../toolchain/adapter.ts';

/** The one that a model gets which asks for speed; null where there is none. */
export async function adapterInfo(): Promise<AdapterInfo | null> {
  const gpu = (globalThis as { readonly navigator?: { readonly gpu?: GPU } }).navigator?.gpu;
  const adapter = await gpu?.requestAdapter({ powerPreference: 'high-performance' });
  return adapter ? described(adapter.info) : null;
}
