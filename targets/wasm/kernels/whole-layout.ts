/** Whole numbers between pairs of channels and rows of them, and real ones of panels to pairs. */
import type { Kernel, Routine } from '../../../src/plan/kernel.ts';
import { panelsOf } from '../../../src/tensor/type.ts';
import { isPairs, isPanels, lanes, rowBytes } from '../panels.ts';

export const wholeLayout: Kernel = {
  name: 'whole-layout',
  doc: 'whole numbers between pairs of channels and rows of them, and real ones that are quantised to pairs',
  integers: true,

  match(site) {
    const { call, types, arrays, result } = site;
    const { op } = call;
    const { x } = types;
    if (op.kind === 'quantize') {
      if (!isPanels(x) || !isPairs(result.type)) return 'does not go from panels to pairs';
      if (op.axis >= 0) return 'has a scale for each channel';
      const [n, , , c] = x.shape;
      const bounds = [{ f32: op.low }, { f32: op.high }];
      const panels = n * panelsOf(x.shape, lanes);
      return {
        calls: [{ routine: quantise, args: [arrays.x, result.array, panels, c, arrays.scale, arrays.zero, ...bounds] }],
      };
    }
    if (op.kind !== 'relayout') return 'does not change layouts';
    const [n, h, w, c] = x.shape;
    const ways = [isPairs(x) && result.type.layout.kind === 'plain', x.layout.kind === 'plain' && isPairs(result.type)];
    if (!ways.includes(true)) return 'not between pairs and plain';
    return { calls: [{ routine: ways[0] ? apart : together, args: [arrays.x, result.array, n, h * w, c] }] };
  },
};

const routine = (name: string): Routine => ({
  name,
  template: `wasm/kernels/${name}.wat.hbs`,
  view: { lanes, round: lanes - 1, row: rowBytes, next: rowBytes - 2 },
  needs: [],
});

const quantise = routine('whole-quantise');
const apart = routine('whole-apart');
const together = routine('whole-together');
