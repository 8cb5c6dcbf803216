/** The contract of exporters: each writes a graph as somebody else reads it. */
import type { Report } from '../diagnostic.ts';
import type { Graph } from '../graph/graph.ts';

/**
 * Law, checked by test/export.test.ts: whoever reads the files computes what `evaluate` computes, and the same graph
 * with the same options gives the same bytes.
 */
export interface Exporter {
  readonly name: string;
  readonly doc: string;
  /** How a graph that was quantised is best given to it: as pairs of calls that quantise and dequantise real numbers. */
  readonly quantised?: 'pairs';
  /** Whether this exporter is the one to write a file, by its name. */
  accepts(file: string): boolean;
  /**
   * The files to write. Values must lie plainly and be stored densely, as they do before layouts and formats are
   * chosen. Reports everything that cannot be written before giving up with null.
   */
  export(graph: Graph, context: ExportContext): readonly ExportedFile[] | null;
}

export interface ExportContext {
  /** The file's path as the user gave it. */
  readonly file: string;
  readonly report: Report;
  readonly options: ExportOptions;
}

export interface ExportOptions {
  /** The version of this package, for formats that say who wrote them. */
  readonly version: string;
  /** Write weights that are mostly zeros as coordinates and values, where the format can say that. */
  readonly sparse?: boolean;
  /** Write beside weights which of them are kept, where zeros alone do not say it. */
  readonly masks?: boolean;
}

export interface ExportedFile {
  /** Relative to the folder of the file asked for. */
  readonly path: string;
  readonly contents: Uint8Array;
}
