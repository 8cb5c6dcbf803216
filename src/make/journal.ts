/** What is on the disk for the time being, so that whoever is interrupted can put things back. */
import { existsSync, renameSync, rmSync } from 'node:fs';

export interface Journal {
  /** `path` is temporary from now on. If it is an older folder put aside, `restoreTo` says where it belongs. */
  readonly hold: (path: string, restoreTo?: string) => void;
  /** `path` is gone, or is meant to stay. */
  readonly release: (path: string) => void;
}

export type Held = Map<string, string | undefined>;

/** A journal kept in memory. */
export const journalIn = (held: Held): Journal => ({
  hold: (path, restoreTo) => void held.set(path, restoreTo),
  release: (path) => void held.delete(path),
});

/** Undoes what is under way: folders put aside go back, unless something new stands there; the rest goes. */
export function undo(held: Held): void {
  for (const [path, restoreTo] of held) {
    if (restoreTo !== undefined && existsSync(path) && !existsSync(restoreTo)) renameSync(path, restoreTo);
    else rmSync(path, { recursive: true, force: true, maxRetries: 5 });
  }
  held.clear();
}
