/** Kernels as one source, for nvcc alone. */
import { packageFolder } from '../src/make/package.ts';
import type { Routine } from '../src/plan/kernel.ts';
import { renderer } from '../src/render.ts';
import type { ProductRoutine, Told } from '../targets/cuda/tensor/product.ts';

const render = renderer(new URL('templates/', packageFolder()));

export const identifier = (name: string): string => name.replaceAll('-', '_');

/** Each with what it is told, and what its results are finished with. */
export function kernelsSource(
  kernels: readonly (readonly [ProductRoutine, readonly Pick<Told, 'declare'>[]])[],
): string {
  const functions = new Map<string, string>();
  const need = (r: Routine): void => {
    for (const other of r.needs) need(other);
    functions.set(r.name, render(r.template, { ...r.view, name: identifier(r.name) }));
  };
  const texts = kernels.map(([{ name, template, view, needs, threads }, told]) => {
    needs.forEach(need);
    const parameters = told.map((t) => t.declare).join(', ');
    return render(`cuda/kernels/${template}.cu.hbs`, { ...view, name: identifier(name), threads, parameters });
  });
  return [
    '#include <cuda_runtime.h>\n#include <stdint.h>\n',
    '#define ON_DEVICE [[maybe_unused]] static __device__ __forceinline__\n',
    ...functions.values(),
    ...texts,
  ].join('\n');
}
