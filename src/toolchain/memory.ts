/** How much memory processes had. */
import { readFileSync } from 'node:fs';

/** The most memory in bytes that a process ever had, as Linux tells; undefined elsewhere. */
export function peakOf(id: number): number | undefined {
  try {
    const kilobytes = /^VmHWM:\s*(\d+) kB$/m.exec(readFileSync(`/proc/${id}/status`, 'utf8'))?.[1];
    return kilobytes === undefined ? undefined : 1024 * Number(kilobytes);
  } catch {
    return undefined;
  }
}
