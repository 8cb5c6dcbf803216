/** Layers that people name, or give globs of, to be left alone or to be the only ones. */
import { matches } from '../config.ts';
import type { Report } from '../diagnostic.ts';
import type { Graph } from '../graph/graph.ts';
import { suggestion } from '../import/nearest.ts';
import { layersOf, namesOf } from '../prune/layers.ts';

export interface Choice {
  readonly keep: readonly string[];
  readonly only: readonly string[];
}

/** Why a layer with these names is left as it is, as the rest of a sentence; undefined where it is not. `verb` says what for. */
export const sparedBy =
  ({ keep, only }: Choice, verb: string) =>
  (names: readonly string[]): string | undefined => {
    const among = (globs: readonly string[]): string | undefined =>
      globs.find((glob) => names.some((name) => matches(glob, name)));
    const kept = among(keep);
    if (kept !== undefined) return `is kept by "${kept}"`;
    return only.length > 0 && among(only) === undefined ? `is not among those to ${verb}` : undefined;
  };

/** Reports names and globs that no layer has: most likely misspelt, and then the wrong layers would change. */
export function everyGlobMatches(graph: Graph, globs: readonly string[], room: string, report: Report): boolean {
  if (globs.length === 0) return true;
  const names = layersOf(graph).flatMap(namesOf);
  const idle = globs.filter((glob) => !names.some((name) => matches(glob, name)));
  for (const glob of idle)
    report({
      severity: 'error',
      code: `${room}/no-such-layer`,
      message: `no layer and no weight matches "${glob}"`,
      origin: { file: graph.file },
      hint:
        suggestion(glob, names) || 'espalier inspect lists the layers; a star matches slashes as well, e.g. "*conv_1*"',
    });
  return idle.length === 0;
}
