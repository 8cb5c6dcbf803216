/** ONNX models: one .onnx file, and files of weights beside it. */
import type { Graph } from '../../graph/graph.ts';
import type { Importer } from '../importer.ts';
import { missingFile } from '../missing-file.ts';
import { baseName } from '../names.ts';
import type { OpenFile } from '../open-file.ts';
import { openFile } from '../open-file.ts';
import { importModelProto } from './model.ts';
import type { ModelProto } from './schema.ts';
import { decode } from './schema.ts';
import { withoutData } from './without-data.ts';

export const onnx: Importer = {
  name: 'onnx',
  doc: 'an ONNX model (.onnx)',
  accepts: (file) => /\.onnx$/i.test(file),

  import(file, context): Graph | null {
    const own = openFile(baseName(file), context);
    if (!own) return missingFile(file, context.report);
    const model = decodeModel(own);
    if (typeof model === 'object') return importModelProto(model, own, file, context);
    context.report({
      severity: 'error',
      code: 'import/protobuf',
      message: `the file ${model}`,
      origin: { file },
      hint: 'download or export the model again',
    });
    return null;
  },
};

/** protobufjs throws on whatever is no message of the kind. */
function decodeModel(file: OpenFile): ModelProto | string {
  try {
    return decode<ModelProto>('ModelProto', withoutData(file));
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return `is no ONNX model, or it is cut off or damaged: ${error.message}`;
  }
}
