/** Which adapter WebGPU has here, and whether it is a GPU at all. */

/** As WebGPU calls it; what it does not tell is empty. */
export interface AdapterInfo {
  readonly vendor: string;
  readonly architecture: string;
  readonly device: string;
  readonly description: string;
  /** Whether a CPU computes what a GPU should. */
  readonly software: boolean;
}

type Told = Partial<Omit<AdapterInfo, 'software'>> & { readonly isFallbackAdapter?: boolean };

/** What implementations on CPUs call themselves. */
const onCpus = /swiftshader|llvmpipe|lavapipe|softpipe|basic render|\bwarp\b|software|\bcpu\b/i;

/** The one that a model gets which asks for speed; null where there is none. */
export async function adapterInfo(): Promise<AdapterInfo | null> {
  const gpu = (globalThis as { readonly navigator?: { readonly gpu?: GPU } }).navigator?.gpu;
  const adapter = await gpu?.requestAdapter({ powerPreference: 'high-performance' });
  return adapter ? described(adapter.info) : null;
}

/** Implementations hide from pages what would tell who somebody is, so any of its words may be all that there is. */
export function described(told: Told): AdapterInfo {
  const { vendor = '', architecture = '', device = '', description = '', isFallbackAdapter = false } = told;
  const software = isFallbackAdapter || [vendor, architecture, device, description].some((word) => onCpus.test(word));
  return { vendor, architecture, device, description, software };
}
