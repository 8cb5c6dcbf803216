/** Which cores programs may run on. */
import { readFileSync } from 'node:fs';
import { findProgram } from './compiler.ts';

export interface Pinned {
  readonly cores: readonly number[];
  /** Words before a command that keep it, and whatever it starts, on these cores. */
  readonly command: readonly string[];
}

/** The last `count` of the cores that this process may run on: the first one often has the system's own work. Undefined where the system cannot. */
export async function pinTo(count: number): Promise<Pinned | undefined> {
  const allowed = allowedCores();
  const taskset = allowed && (await findProgram(['taskset']));
  if (!taskset || allowed.length < count) return undefined;
  const cores = allowed.slice(-count);
  return { cores, command: [taskset.path, '-c', cores.join(',')] };
}

/** Undefined where the system does not say. */
function allowedCores(): readonly number[] | undefined {
  try {
    const list = /^Cpus_allowed_list:\s*(\S+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
    return list === undefined ? undefined : parseCores(list);
  } catch {
    return undefined;
  }
}

/** `0-2,7` → 0, 1, 2, 7. */
export const parseCores = (list: string): readonly number[] =>
  list.split(',').flatMap((range) => {
    const [first, last = first] = range.split('-').map(Number);
    return Array.from({ length: last - first + 1 }, (_, i) => first + i);
  });
