/** What a model names as its outputs. */
import type { Report } from '../diagnostic.ts';
import type { Value } from './builder.ts';
import { broken } from './builder.ts';

/** Every layer could be read; what the outputs name must be there, and hold something. */
export function checkOutputs(
  outputs: readonly { readonly name: string; readonly value: Value }[],
  file: string,
  report: Report,
): boolean {
  const faulty = outputs.filter(({ value }) => value === broken || value.type.shape.includes(0));
  for (const { name, value } of faulty)
    report({
      severity: 'error',
      code: 'import/output',
      message:
        value === broken
          ? `the output "${name}" is a result that its layer does not have`
          : `the output "${name}" holds nothing: its shape is [${value.type.shape.join(', ')}]`,
      origin: { file },
      hint: 'mend the outputs in the file, or convert the model again',
    });
  return faulty.length === 0;
}
