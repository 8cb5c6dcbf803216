/** What we build for WebAssembly, through the binding that was built with it. */
import type { Named } from '../../graph/evaluate.ts';
import type { Numbers } from '../../tensor/numbers.ts';
import type { Session, Site } from './site.ts';

/** What a generated NAME.js exports, as far as it is the same for every model. */
interface Binding {
  readonly load: (source: undefined, options: { readonly threads: number }) => Promise<Model>;
}

interface Model {
  readonly kernels: string;
  /** Of a build for threads. */
  readonly threads?: number;
  readonly threadsReason?: string;
  readonly run: (inputs?: Named) => Named;
}

export async function open({ modules, threads }: Site): Promise<Session> {
  const { load } = (await import(modules.binding)) as Binding;
  const model = await load(undefined, { threads });
  let placed: Named | undefined;
  return {
    way: wayOf(model),
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

function wayOf({ kernels, threads = 1, threadsReason }: Model): string {
  if (threadsReason !== undefined)
    return `${kernels} kernels, ${threads === 1 ? 'one thread' : `${threads} threads`}: ${threadsReason}`;
  return threads > 1 ? `${kernels} kernels, ${threads} threads` : `${kernels} kernels`;
}
