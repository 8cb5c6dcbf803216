/** Routines that copy input rows to a window's scratch. */
import type { Routine } from '../../../src/plan/kernel.ts';
import { lanes, rowBytes } from '../panels.ts';

export const fillRow: Routine = {
  name: 'fill-row',
  template: 'wasm/kernels/fill-row.wat.hbs',
  view: {},
  needs: [],
};

export const copyNumbers: Routine = {
  name: 'copy-numbers',
  template: 'wasm/kernels/copy-numbers.wat.hbs',
  view: {},
  needs: [],
};

/** For rows of `width` pixels, in panels or plain, whose columns are kept apart by their remainder of `stride`. */
export function fillOf(width: number, stride: number, inPanels: boolean): Routine {
  if (!inPanels)
    return routine(`fill-rows-stride-${stride}`, 'fill-rows', { stride, most: stride - 1, bytes: 4 * stride });
  const pixels = lanes % width === 0 ? width : width % lanes === 0 ? lanes : 0;
  if (stride === 1 && pixels >= 4)
    return routine(`fill-copy-${pixels}`, 'fill-copy', { pixels, moves: starts(pixels, 4).map((p) => 4 * p) });
  if (stride === 1) return routine('fill-pieces', 'fill-pieces', {}, [copyNumbers]);
  if (stride === 2 && pixels >= 8 && pixels % 2 === 0) {
    const moves = starts(pixels, 8).map((p) => ({ from: 4 * p, next: 4 * p + 16, to: 2 * p }));
    return routine(`fill-split-${pixels}`, 'fill-split', { pixels, moves });
  }
  if (stride === 2) return routine('fill-halves', 'fill-halves', {});
  return routine(`fill-panels-stride-${stride}`, 'fill-any', { stride });
}

/** Where groups of `size` start that cover `pixels`, the last as far back as it has to. */
const starts = (pixels: number, size: number): readonly number[] =>
  Array.from({ length: Math.ceil(pixels / size) }, (_, i) => Math.min(i * size, pixels - size));

function routine(name: string, template: string, view: object, needs: readonly Routine[] = []): Routine {
  return {
    name,
    template: `wasm/kernels/${template}.wat.hbs`,
    view: { name: name.replaceAll('-', '_'), lanes, row: rowBytes, ...view },
    needs: [fillRow, ...needs],
  };
}
