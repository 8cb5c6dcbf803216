/** TensorFlow.js models: `model.json` and the shards that it names. */
import type { Graph } from '../../graph/graph.ts';
import type { ImportContext, Importer } from '../importer.ts';
import { checkJson, parseJson } from '../json.ts';
import { importLayersModel } from '../keras/model.ts';
import { missingFile } from '../missing-file.ts';
import { baseName } from '../names.ts';
import { importGraphModel } from './graph.ts';
import { graphModel, layersModel } from './json.ts';
import { readWeights } from './weights.ts';

export const tfjs: Importer = {
  name: 'tfjs',
  doc: 'a TensorFlow.js graph-model or layers-model (model.json)',
  accepts: (file, head) => file.endsWith('.json') || head[0] === 0x7b,

  import(file, context) {
    const { read, report } = context;
    const bytes = read(baseName(file));
    return bytes ? importJson(parseJson(bytes, file, report), file, context) : missingFile(file, report);
  },
};

function importJson(json: unknown, file: string, context: ImportContext): Graph | null {
  if (json === undefined) return null;
  if (isLayersModel(json)) {
    const model = checkJson(layersModel, json, file, context.report);
    const weights = model && readWeights(model.weightsManifest, file, context);
    return weights ? importLayersModel(model, weights, file, context) : null;
  }
  const model = checkJson(graphModel, json, file, context.report);
  const weights = model && readWeights(model.weightsManifest, file, context);
  return weights ? importGraphModel(model, weights, file, context) : null;
}

/** By what is in the topology: the key `format` is missing from some files. */
function isLayersModel(json: unknown): boolean {
  if (typeof json !== 'object' || json === null || !('modelTopology' in json)) return false;
  const { modelTopology: topology } = json;
  return typeof topology === 'object' && topology !== null && ('model_config' in topology || 'class_name' in topology);
}
