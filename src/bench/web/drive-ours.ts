/** What we build for WebAssembly, through the binding that was built with it. */
import type { Named } from '../../graph/evaluate.ts';
import type { Numbers } from '../../tensor/numbers.ts';
import type { Session, Site } from './site.ts';

/** What a generated NAME.js exports, as far as it is the same for every model. */
interface Binding {
  readonly load: () => Promise<{ readonly kernels: string; readonly run: (inputs?: Named) => Named }>;
}

export async function open({ modules }: Site): Promise<Session> {
  const { load } = (await import(modules.binding)) as Binding;
  const model = await load();
  let placed: Named | undefined;
  return {
    way: `${model.kernels} kernels`,
    async run(inputs) {
      placed = inputs;
      const outputs = model.run(inputs);
      // They are views of the model's own memory.
      return Object.fromEntries(Object.entries(outputs).map(([name, view]) => [name, view.slice() as Numbers]));
    },
    async repeat(inputs) {
      if (placed === inputs) model.run();
      else model.run(inputs);
      placed = inputs;
    },
  };
}
