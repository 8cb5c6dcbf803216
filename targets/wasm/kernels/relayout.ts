/** Pictures from rows of channels to panels, and back. */
import type { Kernel, Routine } from '../../../src/plan/kernel.ts';
import { isPanels, lanes, pictureBytes, rowBytes } from '../panels.ts';

export const relayout: Kernel = {
  name: 'relayout',
  doc: 'pictures from rows of channels to panels, and back',
  integers: true,

  match({ call: { op }, types: { x }, arrays, result }) {
    if (op.kind !== 'relayout') return 'not a relayout';
    if (result.type.layout.kind === x.layout.kind) return 'the layouts are of one kind';
    if (!isPanels(x) && !isPanels(result.type)) return 'the panels are of another width';
    const [n, h, w, c] = x.shape;
    const routine = isPanels(x) ? toPlain : toPanels;
    const args = [arrays.x, result.array, h * w, c, n, pictureBytes(x), pictureBytes(result.type)];
    return { calls: [{ routine, args }] };
  },
};

const way = (name: string): Routine => ({
  name,
  template: `wasm/kernels/${name}.wat.hbs`,
  view: { lanes, row: rowBytes, quad: 4 * rowBytes },
  needs: [],
});

const toPlain = way('to-plain');
const toPanels = way('to-panels');
