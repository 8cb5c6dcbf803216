/** Products of the cuda target in a program of their own, which is fed cases and gives results: nothing else of a model is there. */

import { packageFolder } from '../src/make/package.ts';
import type { Routine } from '../src/plan/kernel.ts';
import { renderer } from '../src/render.ts';
import { bytesOf } from '../src/tensor/numbers.ts';
import type { Packing } from '../targets/cuda/tensor/packing.ts';
import type { Goes, ProductRoutine, Reach, Shape } from '../targets/cuda/tensor/product.ts';
import { productRoutine, productTold } from '../targets/cuda/tensor/product.ts';
import type { Storing } from '../targets/cuda/tensor/storing.ts';
import { storeWide } from '../targets/cuda/tensor/storing.ts';

const render = renderer(new URL('templates/', packageFolder()));

/** Sums as they are. */
const plainly = ({ element }: Shape): Storing => storeWide({ kind: 'plain', result: (sum) => sum, needs: [] }, element);

const anywhere: Goes = {
  ...{ rows: 0, stored: 0, pixels: 0, imagePixels: 1, rowPixels: 1, rowKept: 1, first: 0 },
  ...{ toImage: 0, toDown: 0, toPixel: 0, toRow: 0 },
};
const someReach: Reach = { width: 1, height: 1, stride: [1, 1], above: 0, left: 0 };

const identifier = (name: string): string => name.replaceAll('-', '_');

export const routineFor = (shape: Shape): ProductRoutine => productRoutine(shape, plainly(shape));

/** The kernels of some shapes, as a generated file has them. */
export function kernelsText(shapes: readonly Shape[]): string {
  const functions = new Map<string, string>();
  const need = (r: Routine): void => {
    for (const other of r.needs) need(other);
    functions.set(r.name, render(r.template, { ...r.view, name: identifier(r.name) }));
  };
  const kernels = shapes.map((shape) => {
    const { name, template, view, needs, threads } = routineFor(shape);
    needs.forEach(need);
    const parts = shape.parted ? { sums: 0, arrived: 0 } : undefined;
    const told = productTold(
      { ...(shape.way === 'blocks' ? noBlocks : noOperands), parts },
      shape.way === 'gathered' ? undefined : someReach,
      anywhere,
      { result: shape.element.sum },
    );
    const parameters = told.map((t) => t.declare).join(', ');
    return render(`cuda/kernels/${template}.cu.hbs`, { ...view, name: identifier(name), threads, parameters });
  });
  return [
    '#include <cuda_runtime.h>\n#include <stdint.h>\n#include <stdio.h>\n#include <vector>\n',
    '#define ON_DEVICE [[maybe_unused]] static __device__ __forceinline__\n',
    render('cuda/parts/wrap.cu.hbs', {}),
    ...functions.values(),
    ...kernels,
  ].join('\n');
}

const noOperands = { x: 0, weights: 0, begins: 0, list: 0, ownList: false, pitch: 0, result: 0 };
const noBlocks = { ...noOperands, starts: 0, rowTiles: 0 };

/** With a main that launches what it reads from its input. */
export function productsProgram(shapes: readonly Shape[]): string {
  const cases = shapes.map((shape, i) => {
    const { name, threads, shared } = routineFor(shape);
    const reach = shape.way === 'gathered' ? '' : `${[5, 6, 7, 8, 9, 10].map((i) => `n[${i}]`).join(', ')}, `;
    const parts = shape.parted ? ' parts, (int *)arrived,' : '';
    const goes = Array.from({ length: 10 }, (_, i) => `n[${11 + i}]`).join(', ');
    return `  if (n[0] == ${i}) launch(${identifier(name)}, n, ${threads}, ${shared}, (const uint32_t *)x, (const uint32_t *)w, (const int *)begins, (const int *)list, n[3], n[4], ${reach}${goes},${parts} (${shape.element.sum} *)y);`;
  });
  return `${kernelsText(shapes)}
static void *array(size_t &bytes) {
  unsigned size = 0;
  if (fread(&size, 4, 1, stdin) != 1) return nullptr;
  bytes = size;
  std::vector<char> data(size);
  if (size > 0 && fread(data.data(), 1, size, stdin) != size) return nullptr;
  void *on_device = nullptr;
  cudaMalloc(&on_device, size);
  cudaMemcpy(on_device, data.data(), size, cudaMemcpyHostToDevice);
  return on_device;
}

template <class... Told, class... Given>
static void launch(void (*kernel)(Told...), const int *n, unsigned threads, size_t shared, Given... given) {
  cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, (int)shared);
  const cudaLaunchConfig_t config = {dim3((unsigned)n[1], (unsigned)n[2], (unsigned)n[22]), dim3(threads), shared, nullptr, nullptr, 0};
  const cudaError_t fault = cudaLaunchKernelEx(&config, kernel, given...);
  if (fault != cudaSuccess) fprintf(stderr, "%s\\n", cudaGetErrorString(fault));
}

int main() {
  int n[24];
  while (fread(n, sizeof n, 1, stdin) == 1) {
    size_t bytes;
    void *const x = array(bytes), *const w = array(bytes), *const begins = array(bytes), *const list = array(bytes);
    const size_t length = (size_t)n[23];
    void *y = nullptr;
    cudaMalloc(&y, 4 * length);
    void *parts = nullptr, *arrived = nullptr;
    const size_t blocks = (size_t)n[1] * n[2];
    cudaMalloc(&parts, blocks * n[22] * n[21] * 4);
    cudaMalloc(&arrived, blocks * 4);
    const std::vector<int> none(blocks);
    cudaMemcpy(arrived, none.data(), blocks * 4, cudaMemcpyHostToDevice);
${cases.join('\n')}
    std::vector<float> result(length);
    cudaMemcpy(result.data(), y, 4 * length, cudaMemcpyDeviceToHost);
    fwrite(result.data(), 4, length, stdout);
    std::vector<int> left(blocks);
    cudaMemcpy(left.data(), arrived, blocks * 4, cudaMemcpyDeviceToHost);
    if (left != none) fprintf(stderr, "counts are not as before\\n");
    for (void *p : {x, w, begins, list, y, parts, arrived}) cudaFree(p);
  }
  return 0;
}
`;
}

export interface ProductCase {
  readonly shape: number;
  readonly tile: Shape['tile'];
  /** Pixels of pieces, or rows of pixels. */
  readonly x: Uint8Array<ArrayBuffer>;
  readonly pitch: number;
  readonly packing: Packing;
  readonly reach?: Reach;
  readonly goes: Goes;
  readonly splits: number;
}

export const resultLength = ({ goes }: ProductCase): number => goes.rows * goes.pixels;

/** What the program reads for a case. */
export function bytesOfCase(c: ProductCase): Buffer {
  const { packing: p, goes: g, reach: r = someReach } = c;
  const header = Int32Array.of(
    ...[c.shape, Math.ceil(g.pixels / c.tile.pixels), p.begins.length - 1, p.own ? 1 : 0, c.pitch],
    ...[r.height, r.width, r.stride[0], r.stride[1], r.above, r.left],
    ...[g.stored, g.pixels, g.imagePixels, g.rowPixels, g.rowKept, g.first],
    ...[g.toImage, g.toDown, g.toPixel, g.toRow, c.tile.rows * c.tile.pixels],
    ...[c.splits, resultLength(c)],
  );
  const arrays = [c.x, bytesOf(p.weights), bytesOf(p.begins), bytesOf(p.list)];
  return Buffer.concat([bytesOf(header), ...arrays.flatMap((a) => [bytesOf(Uint32Array.of(a.length)), a])]);
}
