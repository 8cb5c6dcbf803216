/** Numbers that go to another program and come back, through files of their own. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Named } from '../graph/evaluate.ts';
import type { Numbers } from '../tensor/numbers.ts';
import { bytesOf, zeros } from '../tensor/numbers.ts';
import type { DType, Shape } from '../tensor/type.ts';
import { elements } from '../tensor/type.ts';

/** An input or output of the program. */
export interface NumberPort {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: Shape;
}

export interface NumberPorts {
  readonly inputs: readonly NumberPort[];
  readonly outputs: readonly NumberPort[];
}

/** One path for each port, in order. */
export interface NumberPaths {
  readonly from: readonly string[];
  readonly to: readonly string[];
}

/** What `use` answers, and a function that reads what the program left behind, which `use` may call before the files are gone. */
export async function throughFiles<T>(
  { inputs, outputs }: NumberPorts,
  given: Named,
  use: (paths: NumberPaths, read: () => Promise<Named>) => Promise<T>,
): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'espalier-'));
  try {
    const from = inputs.map((_, i) => join(folder, `in${i}.bin`));
    const to = outputs.map((_, i) => join(folder, `out${i}.bin`));
    await Promise.all(inputs.map(({ name }, i) => writeFile(from[i], bytesOf(given[name]))));
    return await use({ from, to }, async () => {
      const values = await Promise.all(outputs.map((port, i) => readNumbers(to[i], port)));
      return Object.fromEntries(outputs.map(({ name }, i) => [name, values[i]]));
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

export async function readNumbers(file: string, { dtype, shape }: NumberPort): Promise<Numbers> {
  const data = zeros(dtype, elements(shape));
  bytesOf(data).set(await readFile(file));
  return data;
}
