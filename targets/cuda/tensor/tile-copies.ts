/** Tiles of what is computed, brought from f32 in memory to fewer bits in shared memory. */
import type { Routine } from '../../../src/plan/kernel.ts';
import type { Element } from './elements.ts';
import { inWord, packOf } from './narrowing.ts';

/** How a tile lies in memory: the numbers of its lines side by side, or its lines. */
export type Lying = 'lines' | 'turned';

const four: Routine = { name: 'four-of', template: 'cuda/kernels/tensor/four.cu.hbs', view: {}, needs: [] };

/** `fetch_LYING_TYPE` to registers, and `put_LYING_TYPE` from there. */
export const tileCopies = (lying: Lying, element: Element): Routine => ({
  name: `tile-${lying}-${element.name}`,
  template: `cuda/kernels/tensor/tile-${lying}.cu.hbs`,
  view: {
    ...{ type: element.name, inWord: inWord(element), vector: `uint${4 / inWord(element)}` },
    packed: Array.from({ length: 4 / inWord(element) }, (_, i) => {
      const values = i === 0 ? 'values' : `values + ${i * inWord(element)}`;
      return `pack_${element.name}(${values})`;
    }).join(', '),
  },
  needs: [four, packOf(element)],
});

/** A number that compilers compute with where it is used. */
export const anew: Routine = { name: 'anew', template: 'cuda/kernels/tensor/anew.cu.hbs', view: {}, needs: [] };
