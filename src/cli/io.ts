/** What the command line sees of the process. Injected, so that tests need no process and the work can be done on another thread. */
import type { Journal } from '../make/journal.ts';

export interface Io {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Results. With `--json` one JSON document and nothing else. */
  readonly out: Sink;
  /** Problems, and what `--timing` and the like print beside the result. */
  readonly err: Sink;
  /** What is being done now, for a person who waits; null when it is done. */
  readonly progress: (doing: string | null) => void;
  /** What is on the disk for the time being: undone when interrupted. */
  readonly journal: Journal;
  /** Aborted when the work is to end at once: programs that were started end with it. */
  readonly signal: AbortSignal;
}

export interface Sink {
  readonly write: (text: string) => void;
  /** Whether colours are wanted: on a terminal, unless NO_COLOR is set. */
  readonly colours: boolean;
  /** Characters in a line. */
  readonly columns: number;
}

/** Exit codes. */
export const exits = { ok: 0, failed: 1, usage: 2, bug: 70 } as const;
