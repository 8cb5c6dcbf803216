/** Products of warpgroups in the shim that runs CUDA on this machine: where their numbers lie, and what would be wrong on a GPU. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { installed } from './cpu-build.ts';
import type { Program } from './cuda-shim.ts';
import { addresses, shimFolder, shimProgram } from './cuda-shim.ts';

describe.skipIf(!installed('g++'))('products of warpgroups', () => {
  let layout: Program;
  const removals: (() => void)[] = [];
  beforeAll(() => {
    layout = shimProgram(`${shimFolder}wgmma-layout.cu`, ['-O0', ...addresses], (remove) => removals.push(remove));
  });
  afterAll(() => {
    for (const remove of removals) remove();
  });

  const wrongSums = (broken: readonly string[]): readonly number[] => {
    const { code, out, said } = layout(broken);
    expect([code, said]).toEqual([0, '']);
    return Array.from(out.toString().matchAll(/: (\d+) of \d+$/gm), ([, n]) => Number(n));
  };

  test('find numbers where the PTX ISA has them, and nowhere else', () => {
    expect(wrongSums([])).toEqual([0, 0, 0, 0, 0]);
    // Without swizzle, with rows and columns of sums exchanged, with places in other lanes, with places in other halves.
    const [unswizzled, turned, lanes, halves] = ['1', '2', '3', '4'].map((broken) => wrongSums([broken]));
    const share = [512, 4096, 12288, 4096, 16384].map((sums) => sums / 4);
    for (const wrong of [unswizzled, turned]) expect(wrong.filter((n, i) => n < share[i])).toEqual([]);
    for (const wrong of [lanes, halves]) {
      expect(wrong.slice(0, 3)).toEqual([0, 0, 0]);
      expect(wrong.slice(3).filter((n, i) => n < share[3 + i])).toEqual([]);
    }
  });
});
