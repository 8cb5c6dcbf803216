/** A graph → the files of another format, after as many passes as are wanted. */
import { portable, pruning } from '../../passes/index.ts';
import type { Diagnostic, Report } from '../diagnostic.ts';
import type { ExportedFile } from '../export/exporter.ts';
import { exporterFor, exporters } from '../export/index.ts';
import type { Graph } from '../graph/graph.ts';
import { verify } from '../graph/verify.ts';
import type { Pass } from '../pass.ts';
import { runPasses } from '../pass.ts';
import { withGraph } from './bug.ts';
import { packageVersion } from './package.ts';

/** What is done to a graph before it is written: nothing, dead channels taken out, or all that every target gets. */
export type PassChoice = 'none' | 'prune' | 'all';

const passesOf: Readonly<Record<PassChoice, readonly Pass[]>> = { none: [], prune: pruning, all: portable };

export interface ExportModelOptions {
  /** The file to write; its name says in which format. */
  readonly out: string;
  /** All unless given. */
  readonly passes?: PassChoice | undefined;
  /** Weights that are mostly zeros as places and values, in formats that have such. */
  readonly sparse?: boolean | undefined;
  /** Beside weights, which of them are kept. */
  readonly writeMasks?: boolean | undefined;
}

export interface Exported {
  /** The graph as it was written. */
  readonly graph: Graph;
  /** The first is the one asked for; the others go beside it. */
  readonly files: readonly ExportedFile[];
}

/** The graph as whoever reads the file at `out` expects it: where it was quantised, in pairs if those are usual there. */
export const graphFor = (
  { graph, inPairs }: { readonly graph: Graph; readonly inPairs?: (() => Graph) | undefined },
  out: string,
): Graph => (inPairs && exporters.find((e) => e.accepts(out))?.quantised === 'pairs' ? inPairs() : graph);

/** The files, none of them written yet; undefined, and reported, if there are none. */
export function exportWith(imported: Graph, options: ExportModelOptions, report: Report): Exported | undefined {
  const { out, passes = 'all', sparse = false, writeMasks = false } = options;
  const exporter = exporterFor(out, { report });
  const faults: Diagnostic[] = [];
  const heard: Report = (d) => {
    if (d.severity === 'error') faults.push(d);
    report(d);
  };
  if (!exporter) return undefined;
  return withGraph(imported, () => {
    verify(imported, heard);
    if (faults.length > 0) return undefined;
    const graph = runPasses(imported, passesOf[passes], heard);
    if (faults.length > 0) return undefined;
    const files = exporter.export(graph, {
      file: out,
      report: heard,
      options: { version: packageVersion(), sparse, masks: writeMasks },
    });
    return files ? { graph, files } : undefined;
  });
}
