/** What a process that times a model is told when it starts, as a JSON file: what to run, and on which numbers. */
import type { ManifestPort } from '../make/manifest.ts';
import type { Shape } from '../tensor/type.ts';

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
  | { readonly kind: 'wasm'; readonly folder: string; readonly name: string }
  | {
      readonly kind: 'ort';
      readonly model: string;
      readonly threads: number;
      readonly constants: Readonly<Record<string, { readonly data: readonly number[]; readonly shape?: Shape }>>;
    }
  | { readonly kind: 'tfjs'; readonly model: string };
