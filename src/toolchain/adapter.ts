/** What WebGPU runs on, and whether it is a GPU at all. */

/** As the adapter calls itself; what it does not tell is empty. Not to be trusted. */
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

/** Implementations hide from pages what would tell who somebody is, so any of its words may be all that there is. */
export function described(told: Told): AdapterInfo {
  const { vendor = '', architecture = '', device = '', description = '', isFallbackAdapter = false } = told;
  const software = isFallbackAdapter || [vendor, architecture, device, description].some((word) => onCpus.test(word));
  return { vendor, architecture, device, description, software };
}

/** In words, each once. */
export function printAdapter({ vendor, architecture, device, description, software }: AdapterInfo): string {
  const words = [...new Set([description, vendor, architecture, device].filter((word) => word !== ''))];
  return `${words.join(', ') || 'an adapter that tells nothing of itself'}${software ? ' (software)' : ''}`;
}
