/** Programs of others that run a model as it was written, to compare with. */
import type { Named } from '../graph/evaluate.ts';

/** What they are called, by the word that the command line has for them. */
export const peerTitles = { tfjs: 'TensorFlow.js', ort: 'ONNX Runtime' } as const;

export type PeerName = keyof typeof peerTitles;

/** A model, loaded by one of them. `run` may be called many times. */
export interface Peer {
  readonly name: PeerName;
  /** Plain inputs by name → plain outputs by name, named as the imported graph names them. Undefined after a report. */
  readonly run: (inputs: Named) => Promise<Named | undefined>;
  /** What the nodes of these names compute, as far as the model has such nodes and keeps their values. */
  readonly valuesOf: (inputs: Named, names: readonly string[]) => Promise<Named>;
  /** The inputs as its types can hold them, where they say more than f32 and i32 do: truth values are 0 and 1. */
  readonly suit: (inputs: Named) => Named;
  readonly dispose: () => void;
}
