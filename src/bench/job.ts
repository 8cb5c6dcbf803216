/** What is to be measured, with what, and against whom. */
import type { Report } from '../diagnostic.ts';
import type { Journal } from '../make/journal.ts';
import type { LoadedModel } from '../make/load.ts';
import type { CompileOptions, Parts } from '../make/parts.ts';
import type { Process } from './contender.ts';
import type { PeerName } from './peer-names.ts';
import type { Place } from './web/places.ts';

export interface BenchJob {
  readonly loaded: LoadedModel;
  /** As it shall be called in the report. */
  readonly model: string;
  readonly options: CompileOptions;
  readonly parts: Parts;
  readonly against: readonly PeerName[];
  /** The same network as a file of TensorFlow Lite. */
  readonly tflite?: string | undefined;
  readonly threads: number;
  /** The browser to run in, for wasm and webgpu: without it, processes of Node.js. */
  readonly browser?: string | undefined;
  /** How often each starts afresh, for wasm and webgpu; 0 measures runs alone. */
  readonly starts: number;
  /** Bits a second, to compute downloads for. */
  readonly link: number;
  readonly layers: boolean;
  /** The command line, for the report. */
  readonly command: string;
  readonly seconds: number;
  readonly rounds?: number | undefined;
  readonly journal: Journal;
  readonly signal: AbortSignal;
  readonly report: Report;
  readonly doing: (what: string) => void;
}

/** What ends with the measurement. */
export interface Keep {
  readonly process: (process: Process) => Process;
  readonly place: (place: Place) => Place;
}
