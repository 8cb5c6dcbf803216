/** ONNX models: one .onnx file, and files of weights beside it. */
import type { Graph } from '../../graph/graph.ts';
import type { Importer } from '../importer.ts';
import { baseName } from '../names.ts';
import { importModelProto } from './model.ts';
import type { ModelProto } from './schema.ts';
import { decode } from './schema.ts';

export const onnx: Importer = {
  name: 'onnx',
  doc: 'an ONNX model (.onnx)',
  accepts: (file) => /\.onnx$/i.test(file),

  import(file, context): Graph | null {
    const bytes = context.read(baseName(file));
    const model = bytes ? decodeModel(bytes) : 'is not there or cannot be read';
    if (typeof model === 'object') return importModelProto(model, file, context);
    context.report({
      severity: 'error',
      code: bytes ? 'import/protobuf' : 'import/missing-file',
      message: `the file ${model}`,
      origin: { file },
      hint: 'download or export the model again',
    });
    return null;
  },
};

/** protobufjs throws on whatever is no message of the kind. */
function decodeModel(bytes: Uint8Array): ModelProto | string {
  try {
    return decode<ModelProto>('ModelProto', bytes);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return `is no ONNX model, or it is cut off or damaged: ${error.message}`;
  }
}
