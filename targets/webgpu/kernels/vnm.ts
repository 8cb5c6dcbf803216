/**
 * V:N:M weights (VENOM, arXiv:2310.02065): of every m columns four rows, or a multiple of that, share four, and each row keeps two of
 * these. Which four is told by a bit for each column of a band of four rows, and which two by two bits each, so an invocation reads four inputs for
 * eight products. It is seen from the weights themselves, whatever they are stored as.
 */
import { liveBits } from '../../../src/formats/livebits.ts';
import type { Kernel, Routine } from '../../../src/plan/kernel.ts';
import { ordersOf } from '../../gpu/parts.ts';
import { packed4, sharedSize } from '../../gpu/vnm-places.ts';
import { windowArgs, windowNames } from '../../gpu/window.ts';
import { math } from '../math.ts';
import { borderCalls } from './border.ts';
import type { Ending } from './layer.ts';
import { declared, endingOf, placedLayer } from './layer.ts';
import { pixelView, sharingOf } from './pixels.ts';
import type { Stored } from './values.ts';
import { storeValues, told } from './values.ts';
import type { Joining } from './vectors.ts';
import { joiningArgs, joiningNames, joiningOf, vectorView } from './vectors.ts';

export const vnm: Kernel = {
  name: 'vnm',
  doc: 'sums over the weights that are kept, where four rows share four of every few columns and each keeps two',

  match(site) {
    const layer = placedLayer(site);
    if (typeof layer === 'string') return layer;
    const { weights, parts } = layer;
    const { rowsEach, group } = parts[0].window;
    if (group > 0 && rowsEach % 4 !== 0) return `takes groups of fours of rows, and is given ${rowsEach}`;
    const m = sharedSize(weights.matrix);
    if (m === undefined)
      return 'takes rows that share four of every 8, 16 or 32 columns by fours, of which each keeps two';

    const packed = parts.map((part) => ({ ...part, ...packed4(part.matrix, m) }));
    const { order, starts } = ordersOf(packed);
    const values = storeValues(site, weights, order);
    const ending = endingOf(site);
    const { rows } = weights.matrix;
    const calls = packed.map(({ window, matrix, bits, codes }, i) => {
      const { wordsPerRun, wordsPerRow } = liveBits(matrix);
      const bands = Math.ceil(rows / 4);
      const args = [
        ...windowArgs(window),
        ...values.args,
        ...ending.args,
        ...[site.pack('bits', bits).array, site.pack('places', codes).array, starts[i] / 8],
        ...[wordsPerRun, matrix.columns / m, site.result.array, rows],
      ];
      const joining = joiningOf(window, bands, wordsPerRow);
      if (joining) {
        const own = [32 / m, ...joiningArgs(joining, window)];
        return { routine: vectorShader(values, ending, joining), args: [...args, ...own], groups: joining.groups };
      }
      const { quads, lanes, groups } = sharingOf(window, bands, 4);
      return { routine: shader(values, ending, quads), args: [...args, lanes], groups };
    });
    return { calls: [...borderCalls(parts[0].window), ...calls] };
  },
};

const names = [...windowNames, ...told];
const ownNames = ['bits', 'codes', 'skipped', 'words', 'groups_per_band', 'result', 'rows'];

function shader(values: Stored, ending: Ending, quads: number): Routine {
  const view = pixelView(4, quads, (nth) => `4 * slot + ${nth}`);
  const sums = view.sums.map((sum, i) => ({ ...sum, ...picksOf(Math.floor(i / quads)) }));
  return {
    name: `vnm-${4 * quads}-${values.kind}-${ending.kind}`,
    template: 'webgpu/kernels/vnm.wgsl.hbs',
    view: {
      ...view,
      sums,
      ...partsOfShader(values, ending, ['lanes']),
      finish: ending.four(`sum * ${values.factor('row')}`, 'row', 'at'),
    },
    needs: [...values.needs, ...ending.fourNeeds, math.oneOfFour],
  };
}

function vectorShader(values: Stored, ending: Ending, joining: Joining): Routine {
  const { view, needs } = vectorView(4, joining);
  const sums = view.sums.map(({ type, sum }, row) => ({ type, sum, ...picksOf(row) }));
  return {
    name: `vnm-vectors-${joining.pixels}-${values.kind}-${ending.kind}`,
    template: 'webgpu/kernels/vnm-vectors.wgsl.hbs',
    view: {
      ...view,
      sums,
      ...partsOfShader(values, ending, ['groups_per_word', ...joiningNames]),
      finish: ending.result(`sum * ${values.factor('row')}`, 'row', 'at'),
    },
    needs: [...values.needs, ...ending.needs, ...needs],
  };
}

/** The two weights of a row, and the bits that say which inputs they meet. */
function picksOf(row: number) {
  const [from, first] = [row < 2 ? 'low' : 'high', 2 * (row % 2)];
  return {
    ...{ one: `${from}.${'xyzw'[first]}`, other: `${from}.${'xyzw'[first + 1]}` },
    ...{ onePick: 4 * row, otherPick: 4 * row + 2 },
  };
}

const partsOfShader = (values: Stored, ending: Ending, own: readonly string[]) => ({
  told: declared([...names, ...ending.names, ...ownNames, ...own]),
  low: values.several('2 * (skipped + at_group)', 4),
  high: values.several('2 * (skipped + at_group) + 1', 4),
});
