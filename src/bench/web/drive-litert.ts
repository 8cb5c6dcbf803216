/** LiteRT.js on its processor of WebAssembly, in a page. Inputs and outputs are matched in their order: names differ. */
import type { Named } from '../../graph/evaluate.ts';
import type { Numbers } from '../../tensor/numbers.ts';
import type { Session, Site } from './site.ts';

/** What is used of the package, which is no dependency. */
interface LiteRt {
  readonly loadLiteRt: (folder: string, options: { readonly threads: boolean }) => Promise<unknown>;
  readonly loadAndCompile: (model: string, options: object) => Promise<Model>;
  readonly Tensor: new (data: Numbers, shape: number[]) => Tensor;
}

interface Tensor {
  readonly data: () => Promise<Numbers>;
  readonly delete: () => void;
}

interface Model {
  readonly getInputDetails: () => readonly unknown[];
  readonly run: (inputs: readonly Tensor[]) => Promise<readonly Tensor[]>;
}

export async function open({ modules, assets, model: file, threads, inputs, outputs }: Site): Promise<Session> {
  const { loadLiteRt, loadAndCompile, Tensor } = (await import(modules.core)) as LiteRt;
  await loadLiteRt(assets, { threads: threads > 1 });
  const model = await loadAndCompile(file, { accelerator: 'wasm', cpuOptions: { numThreads: threads } });
  const takes = model.getInputDetails().length;
  if (takes !== inputs.length) throw new Error(`its model takes ${takes} inputs, and the other ${inputs.length}`);
  const size = (shape: readonly number[]): number => shape.reduce((n, d) => n * d, 1);
  const feed = (given: Named) => inputs.map(({ name, shape }) => new Tensor(given[name], [...shape]));
  const read = async (feeds: readonly Tensor[]): Promise<Named> => {
    const results = await model.run(feeds);
    const values = await Promise.all(results.map((tensor) => tensor.data()));
    for (const tensor of results) tensor.delete();
    const isSame =
      values.length === outputs.length && outputs.every(({ shape }, i) => values[i].length === size(shape));
    // Converters cut the ends off a network, or leave them on.
    return isSame ? Object.fromEntries(outputs.map(({ name }, i) => [name, values[i].slice() as Numbers])) : {};
  };
  const kept = new WeakMap<Named, readonly Tensor[]>();
  return {
    async run(given) {
      const feeds = feed(given);
      const values = await read(feeds);
      for (const tensor of feeds) tensor.delete();
      return values;
    },
    async repeat(given) {
      const feeds = kept.get(given) ?? feed(given);
      kept.set(given, feeds);
      await read(feeds);
    },
  };
}
