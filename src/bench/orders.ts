/** What a process that times a model is told when it starts, as a JSON file: what to run, and on which numbers. */
import type { ManifestPort } from '../make/manifest.ts';
import type { Shape } from '../tensor/type.ts';
import type { Site } from './web/site.ts';

export interface Orders {
  readonly subject: Subject;
  readonly inputs: readonly PortFile[];
  readonly outputs: readonly PortFile[];
}

/** A file of raw little-endian numbers. */
export interface PortFile extends ManifestPort {
  readonly file: string;
}

export type Subject =
  /** Whatever runs in Node.js and in pages alike. */
  | { readonly kind: 'site'; readonly site: Site }
  /** Native code, in a process of Node.js. */
  | {
      readonly kind: 'ort';
      readonly model: string;
      readonly threads: number;
      /** On its provider for WebGPU instead of the one for CPUs. */
      readonly gpu?: boolean;
      readonly constants: Readonly<Record<string, { readonly data: readonly number[]; readonly shape?: Shape }>>;
    };
