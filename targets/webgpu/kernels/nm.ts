/**
 * Convolutions and dense layers of which n weights are kept in every m neighbouring columns: the values one after the other, and
 * for each its place in the group in a few bits. All rows take as long, and nothing is tested. Where places take more bits than one for each
 * column, as of 4 in 8, the layer is left to the kernel that has these.
 */
import type { Kernel, Routine } from '../../../src/plan/kernel.ts';
import { grouped, groupSizes } from '../../gpu/nm-places.ts';
import { ordersOf } from '../../gpu/parts.ts';
import { windowArgs, windowNames } from '../../gpu/window.ts';
import { borderCalls } from './border.ts';
import type { Ending } from './layer.ts';
import { declared, endingOf, placedLayer } from './layer.ts';
import { pixelView, sharingOf } from './pixels.ts';
import type { Stored } from './values.ts';
import { storeValues, told } from './values.ts';
import type { Joining } from './vectors.ts';
import { joiningArgs, joiningNames, joiningOf, vectorView } from './vectors.ts';

export const nm: Kernel = {
  name: 'nm',
  doc: 'sums over the weights that are kept, some of every few neighbours, with their places in these',

  match(site) {
    const layer = placedLayer(site);
    if (typeof layer === 'string') return layer;
    const { weights, parts } = layer;
    const { format, params } = weights.constant.type.encoding;
    if (format !== 'nm') return 'takes weights of which some are kept in every few neighbours';
    const sizes = groupSizes(params.n, params.m);
    if (sizes.groupBits > params.m) return `takes no places that need ${sizes.groupBits} bits for ${params.m} columns`;

    const packed = parts.map((part) => ({ ...part, ...grouped(part.matrix, sizes) }));
    const { order, starts } = ordersOf(packed);
    const values = storeValues(site, weights, order);
    const ending = endingOf(site);
    const { rows } = weights.matrix;
    const calls = packed.map(({ window, codes, groupsPerTap }, i) => {
      const args = [
        ...windowArgs(window),
        ...values.args,
        ...ending.args,
        ...[site.pack('places', codes).array, starts[i] / sizes.n, groupsPerTap],
        ...[sizes.m, sizes.groupBits, sizes.placeBits, site.result.array, rows],
      ];
      const joining = joiningOf(window, rows, window.taps * groupsPerTap);
      if (joining) {
        const routine = vectorShader(values, ending, sizes.n, joining);
        return { routine, args: [...args, ...joiningArgs(joining, window)], groups: joining.groups };
      }
      const { quads, lanes, groups } = sharingOf(window, rows, 1);
      return { routine: shader(values, ending, sizes.n, quads), args: [...args, lanes], groups };
    });
    return { calls: [...borderCalls(parts[0].window), ...calls] };
  },
};

const names = [...windowNames, ...told];
const ownNames = [...['codes', 'skipped', 'groups_per_tap'], ...['size', 'group_bits', 'place_bits', 'result', 'rows']];

const shader = (values: Stored, ending: Ending, n: number, quads: number): Routine => ({
  name: `nm-${n}-${4 * quads}-${values.kind}-${ending.kind}`,
  template: 'webgpu/kernels/nm.wgsl.hbs',
  view: {
    ...pixelView(1, quads, () => 'slot'),
    ...partsOfShader(values, ending, n, ['lanes']),
    finish: ending.four(`sum * ${values.factor('row')}`, 'row', 'at'),
  },
  needs: [...values.needs, ...ending.fourNeeds],
});

function vectorShader(values: Stored, ending: Ending, n: number, joining: Joining): Routine {
  const { view, needs } = vectorView(1, joining);
  return {
    name: `nm-vectors-${n}-${joining.pixels}-${values.kind}-${ending.kind}`,
    template: 'webgpu/kernels/nm-vectors.wgsl.hbs',
    view: {
      ...view,
      ...partsOfShader(values, ending, n, joiningNames),
      finish: ending.result(`sum * ${values.factor('row')}`, 'row', 'at'),
    },
    needs: [...values.needs, ...ending.needs, ...needs],
  };
}

const partsOfShader = (values: Stored, ending: Ending, n: number, own: readonly string[]) => ({
  told: declared([...names, ...ending.names, ...ownNames, ...own]),
  kept: n,
  places: Array.from({ length: n }, (_, nth) => ({
    nth,
    value: values.value(`((skipped + at_group) * ${n} + ${nth})`),
  })),
  value: values.value(`((skipped + at_group) * ${n} + k)`),
});
