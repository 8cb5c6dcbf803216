/**
 * What a contender is told that runs the same in Node.js and in a page: addresses of what it loads, `file:` there and
 * `http:` here. Drivers, and all that they import, are modules that browsers can load.
 */
import type { Named } from '../../graph/evaluate.ts';
import type { Fixed } from '../../import/importer.ts';
import type { ManifestPort } from '../../make/manifest.ts';

export interface Site {
  /** The module that opens it: a `Driver`. */
  readonly driver: string;
  /** Modules of its runtime, by the names that the driver has for them. */
  readonly modules: Readonly<Record<string, string>>;
  /** The folder of the runtime's binaries, with a slash at its end; empty where modules find them. */
  readonly assets: string;
  readonly model: string;
  readonly threads: number;
  /** Whether it needs WebGPU: in Node.js an implementation is put where pages have theirs. */
  readonly gpu: boolean;
  readonly inputs: readonly ManifestPort[];
  readonly outputs: readonly ManifestPort[];
  /** What inputs are fixed to. */
  readonly constants: Readonly<Record<string, Fixed>>;
}

export type Read = (address: string) => Promise<Uint8Array<ArrayBuffer>>;

export interface Driver {
  /** Loads the runtime and the model: all that comes before the first run. */
  readonly open: (site: Site, read: Read) => Promise<Session>;
}

/** A model that is ready to run. */
export interface Session {
  /** Which of its ways to compute it took here. */
  readonly way?: string;
  /** Outputs by name, in arrays that last. */
  readonly run: (inputs: Named) => Promise<Named>;
  /** Runs once and has the outputs where JavaScript can read them; the same inputs are in place after the first time. */
  readonly repeat: (inputs: Named) => Promise<void>;
  /** Nanoseconds of every step: so many runs in the network, so many windows in which each is repeated. */
  readonly steps?: (inNetwork: number, windows: number) => Promise<unknown>;
}

/** The answer to an order that cannot be obeyed. */
export interface Refusal {
  readonly message: string;
  readonly hint: string | null;
}
