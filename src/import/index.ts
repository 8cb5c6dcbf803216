/** The importers, in the order in which they are asked whether a file is theirs. */
import type { Graph } from '../graph/graph.ts';
import type { ImportContext, Importer } from './importer.ts';
import { missingFile } from './missing-file.ts';
import { baseName } from './names.ts';
import { onnx } from './onnx/index.ts';
import { openFile } from './open-file.ts';
import { text } from './text.ts';
import { tfjs } from './tfjs/index.ts';

export const importers: readonly Importer[] = [text, onnx, tfjs];

/**
 * Reads the model at `file` with the importer that takes it. `file` is a path as the user gave it; only its last part
 * is read through `read`, which is relative to the model's folder. Gives null after reports of everything that is wrong.
 */
export function importModel(file: string, context: ImportContext): Graph | null {
  const own = openFile(baseName(file), context);
  if (!own) return missingFile(file, context.report);
  const head = own.part(0, Math.min(own.length, 64));
  const importer = importers.find((i) => i.accepts(file, head));
  if (importer) return importer.import(file, context);
  context.report({
    severity: 'error',
    code: 'import/unknown-file',
    message: 'no importer knows this kind of file',
    origin: { file },
    hint: `these are read: ${importers.map((i) => i.doc).join('; ')}`,
  });
  return null;
}
