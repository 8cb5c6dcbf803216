/** The adapter that WebGPU ran on, in words. */
import type { Adapter } from './report.ts';

/** What it tells of itself, a word once. */
export function printAdapter({ vendor, architecture, device, description, software }: Adapter): string {
  const words = [...new Set([description, vendor, architecture, device].filter((word) => word !== ''))];
  return `${words.join(', ') || 'an adapter that tells nothing of itself'}${software ? ' (software)' : ''}`;
}
