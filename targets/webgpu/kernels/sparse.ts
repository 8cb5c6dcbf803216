/**
 * Convolutions and dense layers whose weights have places of their own: a bit for each place, in bands of one, two or four rows
 * that share places, and the values of those that are set, in their codes. An invocation walks the bits of a band and reads each input once
 * for all of its rows, at an offset from the corner of a pixel's window, which is stretched to the picture: no place is divided (Escort,
 * arXiv:1802.10280). Bands are in order of how many places they have, so that neighbours take as long (Sputnik, arXiv:2006.10901).
 *
 * Where there are few pixels, several invocations share a band: `vectors.ts`.
 *
 * Every sparse format comes here that no other kernel takes. Blocks of columns, punched blocks, patterns and packs of banks are
 * places that bits tell in about as few bytes, and with as little work. So do layers with all of their weights and few rows, in groups or
 * at all, which would leave tiles empty.
 */
import { liveBits } from '../../../src/formats/livebits.ts';
import type { Kernel, Routine } from '../../../src/plan/kernel.ts';
import type { Matrix } from '../../../src/tensor/matrix.ts';
import { bandsOf, mostColumns } from '../../gpu/bands.ts';
import { ordersOf } from '../../gpu/parts.ts';
import type { Height } from '../../gpu/storage.ts';
import { fitting, heightOf } from '../../gpu/storage.ts';
import { windowArgs, windowNames } from '../../gpu/window.ts';
import { math } from '../math.ts';
import { borderCalls } from './border.ts';
import type { Ending } from './layer.ts';
import { declared, endingOf, layerOf } from './layer.ts';
import { isNarrow, pixelView, sharingOf } from './pixels.ts';
import type { Stored } from './values.ts';
import { storeValues, told } from './values.ts';
import type { Joining } from './vectors.ts';
import { joiningArgs, joiningNames, joiningOf, vectorView } from './vectors.ts';

export const sparse: Kernel = {
  name: 'sparse',
  doc: 'sums over the weights that are kept, a bit for each place, in bands of one, two or four rows',

  match(site) {
    const layer = layerOf(site);
    if (typeof layer === 'string') return layer;
    const { weights, parts } = layer;
    const { encoding } = weights.constant.type;
    const { rows } = weights.matrix;
    const isDense = encoding.format === 'dense';
    if (isDense && !parts.some(({ window }) => isNarrow(window, rows)))
      return 'takes weights that are not stored dense, or few rows of them';
    const { rowsEach } = parts[0].window;
    const height = isDense ? fitting(rowsEach) : heightOf(encoding);
    const banded = parts.map((part) => {
      const matrix = isDense ? wholly(part.matrix) : part.matrix;
      const { wordsPerRow } = liveBits(matrix);
      const count = (rows / rowsEach) * Math.ceil(rowsEach / height);
      const joining = matrix.columns <= mostColumns ? joiningOf(part.window, count, wordsPerRow) : undefined;
      const bands = bandsOf(matrix, height, encoding, { rowsEach, lanes: joining?.lanes ?? 1 });
      return { ...part, ...bands, matrix, joining };
    });
    const { order, starts } = ordersOf(banded);
    const values = storeValues(site, weights, order);
    const ending = endingOf(site);
    const calls = banded.map(({ window, matrix, joining, ...bands }, i) => {
      const first = bands.first.map((value) => value + starts[i] / height);
      const args = [
        ...windowArgs(window),
        ...values.args,
        ...ending.args,
        ...[site.pack('bits', bands.bits).array, site.pack('first', first).array],
        ...[site.pack('rows', bands.rows).array, bands.rowStep],
        ...[liveBits(matrix).wordsPerRun, bands.count, site.result.array, rows],
      ];
      if (joining) {
        const own = [site.pack('starts', bands.starts).array, ...joiningArgs(joining, window)];
        return {
          routine: vectorShader(values, ending, height, joining),
          args: [...args, ...own],
          groups: joining.groups,
        };
      }
      const { quads, lanes, groups } = sharingOf(window, bands.count, height);
      return { routine: shader(values, ending, height, quads), args: [...args, lanes], groups };
    });
    return { calls: [...borderCalls(parts[0].window), ...calls] };
  },
};

/** Zeros as well, which are stored. */
const wholly = (matrix: Matrix): Matrix => ({ ...matrix, mask: new Uint8Array(matrix.data.length).fill(1) });

const names = [...windowNames, ...told];
const ownNames = ['bits', 'first', 'order', 'order_step', 'words', 'bands', 'result', 'rows'];

const kinds: Readonly<Record<Height, string>> = { 1: 'rows', 2: 'pairs', 4: 'bands' };

const shader = (values: Stored, ending: Ending, height: Height, quads: number): Routine => ({
  name: `sparse-${kinds[height]}-${4 * quads}-${values.kind}-${ending.kind}`,
  template: 'webgpu/kernels/sparse.wgsl.hbs',
  view: {
    ...pixelView(height, quads, rowOfBand),
    ...partsOfShader(values, ending, height, ['lanes']),
    finish: ending.four(`sum * ${values.factor('row')}`, 'row', 'at'),
  },
  needs: [...values.needs, ...ending.fourNeeds],
});

/** Those of a band are neighbours, or stand by themselves. */
const rowOfBand = (nth: number): string =>
  nth === 0
    ? 'i32(weights[order + slot * order_step])'
    : `i32(weights[order + slot * order_step + min(${nth}, order_step - 1)]) + select(0, ${nth}, order_step == 1)`;

function vectorShader(values: Stored, ending: Ending, height: Height, joining: Joining): Routine {
  const { view, needs } = vectorView(height, joining);
  return {
    name: `sparse-vectors-${height}-${joining.pixels}-${values.kind}-${ending.kind}`,
    template: 'webgpu/kernels/sparse-vectors.wgsl.hbs',
    view: {
      ...view,
      ...partsOfShader(values, ending, height, ['starts', ...joiningNames]),
      finish: ending.result(`sum * ${values.factor('row')}`, 'row', 'at'),
    },
    needs: [...values.needs, ...ending.needs, ...needs, math.loadU16],
  };
}

const partsOfShader = (values: Stored, ending: Ending, height: Height, own: readonly string[]) => ({
  told: declared([...names, ...ending.names, ...ownNames, ...own]),
  value: values.several('next', height),
});
