/** The Keras layers that are read, and those that are known but cannot be. */

import { suggestion } from '../nearest.ts';
import type { KerasRow } from './layer.ts';
import { plainLayers } from './layers-plain.ts';
import { weightLayers } from './layers-weights.ts';

const rows: ReadonlyMap<string, KerasRow> = new Map([...Object.entries(plainLayers), ...Object.entries(weightLayers)]);

export const rowOfLayer = (className: string): KerasRow | undefined => rows.get(className);

/** Layers that are read. */
export const kerasLayers: readonly string[] = [...rows.keys()].sort();

const recurrent = /^(?:RNN|SimpleRNN|GRU|LSTM|ConvLSTM2D|Bidirectional|TimeDistributed|.*Cell)$/;

/** Why a layer is not read, and what may help. */
export function refusalOfLayer(className: string): { readonly message: string; readonly hint: string } {
  if (recurrent.test(className))
    return {
      message: `the layer "${className}" is recurrent`,
      hint: 'unroll it, and convert the model as a graph-model',
    };
  if (className === 'Lambda')
    return { message: 'the layer "Lambda" is code', hint: 'convert the model as a graph-model, where it is operators' };
  const near = suggestion(className, kerasLayers);
  const message = `there is no reader for the layer "${className}"`;
  return { message, hint: near === '' ? 'convert the model as a graph-model' : near };
}
