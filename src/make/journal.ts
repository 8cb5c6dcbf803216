/** What is on the disk for the time being, so that whoever is interrupted can put things back. */
import { existsSync, renameSync, rmSync } from 'node:fs';
import { sep } from 'node:path';

export interface Journal {
  /** `path` is temporary from now on. If it is an older folder put aside, `restoreTo` says where it belongs. */
  readonly hold: (path: string, restoreTo?: string) => void;
  /** `path` is gone, or is meant to stay. */
  readonly release: (path: string) => void;
  /** What was asked for is whole at `path`: nothing older comes back. */
  readonly keep: (path: string) => void;
}

export type Held = Map<string, string | undefined>;

/** A journal in memory: what is temporary, and the outputs that are whole. */
export const journalIn = (held: Held, whole = new Set<string>()): Journal => ({
  hold: (path, restoreTo) => void held.set(path, restoreTo),
  release: (path) => void held.delete(path),
  keep(path) {
    whole.add(path);
    for (const [name, restoreTo] of held) {
      if (restoreTo === path) held.set(name, undefined);
      if (path.startsWith(name + sep)) held.delete(name);
    }
  },
});

/** Undoes what is under way: folders put aside go back, in place of what has not been kept; the rest goes. */
export function undo(held: Held): void {
  for (const [path, restoreTo] of held) {
    if (restoreTo === undefined) remove(path);
    else if (existsSync(path)) {
      remove(restoreTo);
      renameSync(path, restoreTo);
    }
  }
  held.clear();
}

const remove = (path: string): void => rmSync(path, { recursive: true, force: true, maxRetries: 5 });
