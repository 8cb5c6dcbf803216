/** Loads the model into another program, by name. */
import type { Report } from '../diagnostic.ts';
import type { Graph } from '../graph/graph.ts';
import type { ImportOptions } from '../import/importer.ts';
import { loadOrt } from './ort.ts';
import type { Peer, PeerName } from './peer.ts';
import { inputShapes } from './peer.ts';
import { loadTfjs } from './tfjs.ts';

/** Loads the model at `path`, from which `graph` was imported; undefined, and reported, if the peer cannot run it. */
export async function loadPeer(
  name: PeerName,
  path: string,
  graph: Graph,
  { constants = {} }: Pick<ImportOptions, 'constants'>,
  report: Report,
): Promise<Peer | undefined> {
  if (name === 'ort') return loadOrt(path, inputShapes(graph), { constants }, report);
  const model = await loadTfjs(path, inputShapes(graph), report);
  return (
    model && {
      name,
      run: async (inputs) => model.run(inputs),
      valuesOf: async (inputs, names) => model.valuesOf(inputs, names),
      repeat: async (inputs) => model.repeat(inputs),
      suit: (inputs) => inputs,
      dispose: model.dispose,
    }
  );
}
