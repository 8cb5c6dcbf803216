/** Runs a built WebAssembly model in this process, through the binding that was built with it. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { bug } from '../diagnostic.ts';
import type { Named } from '../graph/evaluate.ts';
import type { Numbers } from '../tensor/numbers.ts';

export interface WasmModel {
  readonly inputs: Shapes;
  readonly outputs: Shapes;
  /** Those that run. */
  readonly kernels: string;
  /** Computes the outputs, which belong to the caller. Throws a TypeError that names the input that does not fit. */
  run(inputs: Named): Named;
  /** Runs on the inputs that the last `run` was given, and leaves the outputs where they are: for timing. */
  repeat(): void;
  dispose(): void;
}

/** Sizes by name, outermost first. */
export type Shapes = Readonly<Record<string, readonly number[]>>;

/** What a generated NAME.js exports, as far as it is the same for every model. */
interface BindingModule {
  readonly shapes: { readonly inputs: Shapes; readonly outputs: Shapes };
  load(
    source: BufferSource,
    options?: { readonly kernels?: 'portable'; readonly weights?: BufferSource },
  ): Promise<BoundModel>;
}

interface BoundModel {
  readonly kernels: string;
  run(inputs?: Named): Named;
  dispose(): void;
}

/** Which kernels run: those with the same bits on every engine, or the fastest that this one has. */
export type Wanted = 'portable' | 'fastest';

/** Loads `name` from the folder that it was built into. Rejects as `import` and `readFile` do where files are missing. */
export async function loadWasm(folder: string, name: string, wanted: Wanted = 'portable'): Promise<WasmModel> {
  const path = join(folder, `${name}.js`);
  // With its text for an address, a file that was built anew is another module, and no package.json has a say.
  const bound: unknown = await import(`data:text/javascript;base64,${await readFile(path, 'base64')}`);
  if (!isBinding(bound)) bug(`"${path}" does not export what a binding does`);
  const bytes = await readFile(join(folder, `${name}.wasm`));
  const beside = join(folder, `${name}.bin`);
  const model = await bound.load(bytes, {
    ...(wanted === 'portable' && { kernels: 'portable' }),
    ...(existsSync(beside) && { weights: await readFile(beside) }),
  });
  return {
    ...bound.shapes,
    kernels: model.kernels,
    run: (inputs) => Object.fromEntries(Object.entries(model.run(inputs)).map(([k, v]) => [k, v.slice() as Numbers])),
    repeat: () => void model.run(),
    dispose: () => model.dispose(),
  };
}

const isBinding = (value: unknown): value is BindingModule =>
  typeof value === 'object' && value !== null && 'load' in value && 'shapes' in value;
