/** The contract of importers: each reads somebody else's model into a graph. */
import type { Report } from '../diagnostic.ts';
import type { Graph } from '../graph/graph.ts';
import type { Shape } from '../tensor/type.ts';
import type { OpenFile } from './open-file.ts';

export interface Importer {
  readonly name: string;
  readonly doc: string;
  /** Whether this importer is the one to read a file, by its name and its first bytes. */
  accepts(file: string, head: Uint8Array): boolean;
  /** Reports everything that it cannot read before giving up with null. Never throws on bad input. */
  import(file: string, context: ImportContext): Graph | null;
}

export interface ImportContext {
  /** The bytes of a file beside the model, `path` being relative to the model's folder. Undefined when there is none. */
  readonly read: (path: string) => Uint8Array<ArrayBuffer> | undefined;
  /** Opens a file beside the model, to read parts of it. Where it is missing, files are read whole. */
  readonly open?: (path: string) => OpenFile | undefined;
  readonly report: Report;
  readonly options: ImportOptions;
}

export interface ImportOptions {
  /** What to call the graph; made from the file's name unless given. */
  readonly name?: string;
  /** The size of a leading dimension that the model leaves open; 1 unless given. */
  readonly batch?: number;
  /** Whole shapes for inputs by name, for models that leave more open. Sizes left open otherwise are 1. */
  readonly shapes?: Readonly<Record<string, Shape>>;
  /** Values for inputs by name: an input that has one is none any longer. */
  readonly constants?: Readonly<Record<string, Fixed>>;
  /** Masks by the name of a weight: 1 where it is kept. A weight that is not kept becomes 0. */
  readonly masks?: Readonly<Record<string, Uint8Array<ArrayBuffer>>>;
}

/** A value for an input. Without a shape it has the one that the model declares, or is a list. */
export interface Fixed {
  readonly data: ArrayLike<number>;
  readonly shape?: Shape | undefined;
}
