/** TensorFlow.js models: `model.json` and the shards that it names. */
import type { Importer } from './importer.ts';
import { checkJson, parseJson } from './json.ts';
import { baseName } from './names.ts';
import { importGraphModel } from './tfjs-graph.ts';
import { graphModel } from './tfjs-json.ts';
import { readWeights } from './tfjs-weights.ts';

export const tfjs: Importer = {
  name: 'tfjs',
  doc: 'a TensorFlow.js graph-model or layers-model (model.json)',
  accepts: (file, head) => file.endsWith('.json') || head[0] === 0x7b,

  import(file, context) {
    const { read, report } = context;
    const bytes = read(baseName(file));
    if (!bytes) {
      report({
        severity: 'error',
        code: 'import/missing-file',
        message: 'the file is not there or cannot be read',
        origin: { file },
      });
      return null;
    }
    const json = parseJson(bytes, file, report);
    if (json === undefined) return null;
    const model = checkJson(graphModel, json, file, report);
    const weights = model && readWeights(model.weightsManifest, file, context);
    return weights ? importGraphModel(model, weights, file, context) : null;
  },
};
