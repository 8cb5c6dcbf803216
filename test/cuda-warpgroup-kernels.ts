/** Kernels of warpgroups as one source, for nvcc alone: all tiles of all ways. */
import { packageFolder } from '../src/make/package.ts';
import type { Routine } from '../src/plan/kernel.ts';
import { renderer } from '../src/render.ts';
import { elements } from '../targets/cuda/tensor/elements.ts';
import type { WideGoes, WideShape } from '../targets/cuda/warpgroup/product.ts';
import { wideRoutine, wideTold } from '../targets/cuda/warpgroup/product.ts';
import type { WideStoring } from '../targets/cuda/warpgroup/storing.ts';
import { wideTiles } from '../targets/cuda/warpgroup/tiles.ts';

const render = renderer(new URL('templates/', packageFolder()));

const identifier = (name: string): string => name.replaceAll('-', '_');

/** As a layer with a bias and an activation has it. */
const finish: WideStoring = {
  ...{ kind: 'relu', text: 'result[at] = fmaxf(sum + bias[row], 0.0f);', result: 'float', needs: [] },
};

/** Every tile of f16 by two blocks, and the largest of bf16 by one, whichever way pixels come. */
export const wideShapes: readonly WideShape[] = (['tiles', 'pieces'] as const).flatMap((feed) =>
  (['dense', 'sparse'] as const).flatMap((way) => [
    ...wideTiles(feed).flatMap((tile) => (tile.blocks === 2 ? [{ way, tile, feed, element: elements.f16 }] : [])),
    { way, tile: { ...wideTiles(feed)[0], blocks: 1 as const }, feed, element: elements.bf16 },
  ]),
);

export const wideNameOf = (shape: WideShape): string => identifier(wideRoutine(shape, finish).name);

const somewhere: WideGoes = {
  ...{ rows: 1, stored: 1, pixels: 1, imagePixels: 1, rowPixels: 1 },
  ...{ toImage: 0, toPixel: 0, toRow: 0, part: 0 },
};
const pieces = { list: 0, pitch: 0, reach: { width: 1, height: 1, stride: [1, 1], above: 0, left: 0 } };

export function wideKernelsText(shapes: readonly WideShape[]): string {
  const functions = new Map<string, string>();
  const need = (r: Routine): void => {
    for (const other of r.needs) need(other);
    functions.set(r.name, render(r.template, { ...r.view, name: identifier(r.name) }));
  };
  const kernels = shapes.map((shape) => {
    const { name, template, view, needs, threads } = wideRoutine(shape, finish);
    needs.forEach(need);
    const told = wideTold(
      { x: 0, weights: 0, steps: 0, splits: 1, result: 0, ...(shape.feed === 'pieces' && { pieces }) },
      shape.tile,
      somewhere,
      finish,
    );
    const parameters = [...told.map((t) => t.declare), 'const float *__restrict__ bias'].join(', ');
    return render(`cuda/kernels/${template}.cu.hbs`, { ...view, name: identifier(name), threads, parameters });
  });
  return [
    '#include <cuda_runtime.h>\n#include <stdint.h>\n',
    '#define ON_DEVICE [[maybe_unused]] static __device__ __forceinline__\n',
    ...functions.values(),
    ...kernels,
  ].join('\n');
}
