/** What is said of a model's own file that cannot be had. */
import type { Report } from '../diagnostic.ts';

export function missingFile(file: string, report: Report): null {
  report({
    severity: 'error',
    code: 'import/missing-file',
    message: 'the file is not there or cannot be read',
    origin: { file },
    hint: 'give the path of a "model.json", of an ".onnx" file or of a ".graph" text',
  });
  return null;
}
