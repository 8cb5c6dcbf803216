/** The JavaScript that loads a module and runs it, written as TypeScript, checked, and emitted with its types. */
import { createRequire } from 'node:module';
import { bug } from '../../src/diagnostic.ts';
import type { Plan, Port } from '../../src/plan/plan.ts';
import type { Render } from '../../src/target.ts';
import { printShape } from '../../src/tensor/type.ts';
import type { MemoryMap } from './memory.ts';
import { pageBytes } from './memory.ts';
import { memoryImport, relaxedSection } from './module.ts';

export interface Binding {
  readonly js: string;
  readonly types: string;
}

export function binding({ name, inputs, outputs }: Plan, map: MemoryMap, render: Render): Binding {
  const { places, pages, stamp } = map;
  const port = ({ name: given, type, array }: Port) => ({
    // Always a string in code, and computed there, since `__proto__` is a name that somebody may choose.
    key: quoted(given),
    property: /^[A-Za-z][A-Za-z0-9]*$/.test(given) ? given : quoted(given),
    array: type.dtype === 'i32' ? 'Int32Array' : 'Float32Array',
    shape: printShape(type.shape),
    sizes: type.shape.join(', '),
    at: places.get(array) ?? bug(`"${array.name}" has no place in memory`),
    length: array.length,
  });
  const [space, memory] = memoryImport;
  const ports = { inputs: inputs.map(port), outputs: outputs.map(port) };
  const view = { name, ...ports, section: relaxedSection, space, memory, stamp, bytes: pages * pageBytes };
  const text = render('wasm/binding.ts.hbs', view);
  const known = checked.get(text);
  if (known) return known;
  const fresh = emitTypeScript(`${name}.ts`, text);
  checked.set(text, fresh);
  return fresh;
}

/** Checking takes a second, and the same text gives the same binding: a model that is built again has it already. */
const checked = new Map<string, Binding>();

const quoted = (name: string): string =>
  JSON.stringify(name).replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029');

/** JavaScript and declarations of one module that imports nothing. A type error in it is a bug. */
function emitTypeScript(path: string, text: string): Binding {
  // The TypeScript compiler is large: it is loaded when a binding is written, and not before.
  const { Project, ts } = createRequire(import.meta.url)('ts-morph') as typeof import('ts-morph');
  const project = new Project({
    useInMemoryFileSystem: true,
    compilerOptions: {
      target: ts.ScriptTarget.ES2022,
      module: ts.ModuleKind.ESNext,
      lib: ['lib.es2022.d.ts', 'lib.dom.d.ts'],
      types: [],
      strict: true,
      exactOptionalPropertyTypes: true,
      noUnusedLocals: true,
      noUnusedParameters: true,
      declaration: true,
      skipLibCheck: true,
    },
  });
  project.createSourceFile(path, text);
  const faults = project.getPreEmitDiagnostics();
  if (faults.length > 0)
    bug(`the binding does not type-check:\n${project.formatDiagnosticsWithColorAndContext(faults)}`);
  const files = project.emitToMemory().getFiles();
  const emitted = (suffix: string): string =>
    files.find((f) => f.filePath.endsWith(suffix))?.text ?? bug(`the binding has no ${suffix}`);
  return { js: emitted('.js'), types: emitted('.d.ts') };
}
