/** Programs of others that run a model as it was written, to compare with. */
import type { Named } from '../graph/evaluate.ts';
import type { Graph } from '../graph/graph.ts';
import type { Shape } from '../tensor/type.ts';

/** What they are called, by the word that the command line has for them. */
export const peerTitles = { tfjs: 'TensorFlow.js', ort: 'ONNX Runtime' } as const;

export type PeerName = keyof typeof peerTitles;

/** Of a model's inputs, by name. */
export type Shapes = ReadonlyMap<string, Shape>;

export const inputShapes = ({ nodes }: Graph): Shapes =>
  new Map(nodes.flatMap((n) => (n.kind === 'input' ? [[n.name, n.type.shape] as const] : [])));

/** A model, loaded by one of them. `run` may be called many times. */
export interface Peer {
  readonly name: PeerName;
  /** Plain inputs by name → plain outputs by name, named as the imported graph names them. Undefined after a report. */
  readonly run: (inputs: Named) => Promise<Named | undefined>;
  /** What the nodes of these names compute, as far as the model has such nodes and keeps their values. */
  readonly valuesOf: (inputs: Named, names: readonly string[]) => Promise<Named>;
  /** Runs once; the same inputs are in place already after the first time: for timing. Rejects where it cannot. */
  readonly repeat: (inputs: Named) => Promise<void>;
  /** The inputs as its types can hold them, where they say more than f32 and i32 do: truth values are 0 and 1. */
  readonly suit: (inputs: Named) => Named;
  readonly dispose: () => void;
}
