/** What we build for WebGPU, through the binding that was built with it, and never as WebAssembly. */
import type { Named } from '../../graph/evaluate.ts';
import type { Session, Site } from './site.ts';

/** What a generated NAME.js exports, as far as it is the same for every model. */
interface Binding {
  readonly load: (options: { readonly backend: 'webgpu' }) => Promise<{
    readonly backend: string;
    readonly device: GPUDevice;
    readonly run: (inputs: Named | Readonly<Record<string, GPUBuffer>>) => Promise<Named>;
  }>;
}

/** COPY_SRC, and COPY_DST. */
const usage = 4 | 8;

export async function open({ modules }: Site): Promise<Session> {
  const { load } = (await import(modules.binding)) as Binding;
  const model = await load({ backend: 'webgpu' });
  const kept = new WeakMap<Named, Readonly<Record<string, GPUBuffer>>>();
  const place = (inputs: Named): Readonly<Record<string, GPUBuffer>> =>
    Object.fromEntries(
      Object.entries(inputs).map(([name, data]) => {
        const buffer = model.device.createBuffer({ size: data.byteLength, usage });
        model.device.queue.writeBuffer(buffer, 0, data as Float32Array<ArrayBuffer>);
        return [name, buffer];
      }),
    );
  return {
    way: model.backend,
    run: (inputs) => model.run(inputs),
    async repeat(inputs) {
      const buffers = kept.get(inputs) ?? place(inputs);
      kept.set(inputs, buffers);
      await model.run(buffers);
    },
  };
}
