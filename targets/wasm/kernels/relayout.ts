/** Pictures from rows of channels to panels, and back. */
import type { Kernel, Routine, RoutineCall } from '../../../src/plan/kernel.ts';
import { isPanels, lanes, pictureBytes, rowBytes } from '../panels.ts';
import type { Picture } from './slide.ts';

export const relayout: Kernel = {
  name: 'relayout',
  doc: 'pictures from rows of channels to panels, and back',
  integers: true,

  match({ call: { op }, types: { x }, arrays, result }) {
    if (op.kind !== 'relayout') return 'not a relayout';
    if (result.type.layout.kind === x.layout.kind) return 'the layouts are of one kind';
    if (!isPanels(x) && !isPanels(result.type)) return 'the panels are of another width';
    return { calls: [relayoutCall({ array: arrays.x, type: x }, result)] };
  },
};

/** From rows of channels to panels where y is in panels, and back where x is. */
export function relayoutCall(x: Picture, y: Picture): RoutineCall {
  const [n, h, w, c] = x.type.shape;
  return {
    routine: isPanels(x.type) ? toPlain : toPanels,
    args: [x.array, y.array, h * w, c, n, pictureBytes(x.type), pictureBytes(y.type)],
  };
}

const way = (name: string): Routine => ({
  name,
  template: `wasm/kernels/${name}.wat.hbs`,
  view: { lanes, row: rowBytes, quad: 4 * rowBytes },
  needs: [],
});

const toPlain = way('to-plain');
const toPanels = way('to-panels');
