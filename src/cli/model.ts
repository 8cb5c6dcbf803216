/** Which model, for which target: from the command line and the config file. */
import type { Config } from '../config.ts';
import type { Report } from '../diagnostic.ts';
import type { CompileOptions } from '../make/parts.ts';

/** The model's path; undefined, and reported, if nobody named one. */
export function modelOf({ model }: Config, report: Report): string | undefined {
  if (model === undefined)
    report({
      severity: 'error',
      code: 'cli/no-model',
      message: 'no model is given',
      hint: 'give the path of a model.json or of an .onnx file, or name it in the config file',
    });
  return model;
}

/** WebAssembly unless something else is asked for: it needs no compiler. */
export const defaultTarget = 'wasm';

export const targetOptionsOf = ({
  target = defaultTarget,
  cpu,
  arch,
  arithmetic,
  strictFp,
  prefix,
  threads,
  weightsFile,
  simd,
  hardware,
  layers,
}: Config): CompileOptions => ({
  target,
  ...(cpu !== undefined && { cpu }),
  ...(arch !== undefined && { arch }),
  ...(arithmetic !== undefined && { arithmetic }),
  ...(strictFp !== undefined && { strictFp }),
  ...(prefix !== undefined && { prefix }),
  ...(threads !== undefined && { threads }),
  ...(weightsFile && { weightsFile }),
  ...(simd !== undefined && { simd }),
  ...(hardware && { hardware }),
  ...(layers && { layers }),
});
