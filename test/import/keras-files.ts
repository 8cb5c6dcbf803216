/** Layers-models as files. */
import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import type { Files } from './kit.ts';
import { bytes } from './kit.ts';

/** The files that TensorFlow.js saves of a model. */
export async function savedFiles(model: LayersModel): Promise<Files> {
  let saved: tf.io.ModelArtifacts | undefined;
  await model.save(
    tf.io.withSaveHandler(async (artifacts) => {
      saved = artifacts;
      return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' } };
    }),
  );
  const { modelTopology, weightSpecs, weightData } = saved as tf.io.ModelArtifacts;
  const weightsManifest = [{ paths: ['weights.bin'], weights: weightSpecs }];
  return {
    'model.json': bytes(JSON.stringify({ format: 'layers-model', modelTopology, weightsManifest })),
    'weights.bin': new Uint8Array(weightData as ArrayBuffer),
  };
}
