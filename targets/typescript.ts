/** What is generated as TypeScript, emitted as JavaScript with its declarations. */
import { createRequire } from 'node:module';
import { bug } from '../src/diagnostic.ts';
import type { Port } from '../src/plan/plan.ts';
import { printShape } from '../src/tensor/type.ts';

export interface Binding {
  readonly js: string;
  readonly types: string;
}

/**
 * JavaScript and declarations of one module, each from its text alone: to check types as well takes a second, in which the
 * library of the web is read, and what the templates make is the same but for names, sizes and addresses.
 */
export function emitTypeScript(fileName: string, text: string): Binding {
  // The TypeScript compiler is large: it is loaded when a binding is written, and not before.
  const { ts } = createRequire(import.meta.url)('ts-morph') as typeof import('ts-morph');
  const options = { fileName, reportDiagnostics: true };
  const compilerOptions = { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext };
  const js = ts.transpileModule(text, { ...options, compilerOptions });
  const types = ts.transpileDeclaration(text, { ...options, compilerOptions: { ...compilerOptions, strict: true } });
  const faults = [...(js.diagnostics ?? []), ...(types.diagnostics ?? [])];
  if (faults.length > 0)
    bug(`the binding is wrong: ${faults.map((d) => ts.flattenDiagnosticMessageText(d.messageText, '\n')).join('; ')}`);
  return { js: js.outputText, types: types.outputText };
}

/** A string of JavaScript for whatever a model calls things. */
export const quotedName = (name: string): string =>
  JSON.stringify(name).replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029');

/** How a property of that name is declared. */
const propertyName = (name: string): string => (/^[A-Za-z][A-Za-z0-9]*$/.test(name) ? name : quotedName(name));

/** What templates say of an input or output that lies at a place, in bytes. */
export const portView = ({ name, type, array }: Port, at: number) => ({
  // Always a string in code, and computed there, since `__proto__` is a name that somebody may choose.
  key: quotedName(name),
  property: propertyName(name),
  array: type.dtype === 'i32' ? 'Int32Array' : 'Float32Array',
  shape: printShape(type.shape),
  sizes: type.shape.join(', '),
  at,
  length: array.length,
});
