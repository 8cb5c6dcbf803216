/**
 * Convolutions and dense layers whose weights have places of their own: a bit for each place, in bands of one, two or four rows
 * that share places, and the values of those that are set, in their codes. An invocation walks the bits of a band and reads each input once
 * for all of its rows, at an offset from the corner of a pixel's window, which is stretched to the picture: no place is divided (Escort,
 * arXiv:1802.10280). Bands are in order of how many places they have, so that neighbours take as long (Sputnik, arXiv:2006.10901).
 *
 * Every sparse format comes here that no other kernel takes. Blocks of columns, punched blocks, patterns and packs of banks are
 * places that bits tell in about as few bytes, and with as little work. So do layers with all of their weights and few rows, in groups or
 * at all, which would leave tiles empty.
 */
import { liveBits } from '../../../src/formats/livebits.ts';
import type { Kernel, Routine } from '../../../src/plan/kernel.ts';
import type { Matrix } from '../../../src/tensor/matrix.ts';
import { bandsOf } from '../../gpu/bands.ts';
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
      return { ...part, matrix, ...bandsOf(matrix, height, encoding, rowsEach) };
    });
    const { order, starts } = ordersOf(banded);
    const values = storeValues(site, weights, order);
    const ending = endingOf(site);
    const pack = (hint: string, data: Int32Array<ArrayBuffer>) => site.pack(hint, data).array;
    const calls = banded.map(({ window, matrix, count, bits, first, rows: own, rowStep }, i) => {
      const { quads, lanes, groups } = sharingOf(window, count, height);
      const begins = first.map((value) => value + starts[i] / height);
      const args = [
        ...windowArgs(window),
        ...values.args,
        ...ending.args,
        ...[pack('bits', bits), pack('first', begins), pack('rows', own), rowStep],
        ...[liveBits(matrix).wordsPerRun, count, site.result.array, lanes, rows],
      ];
      return { routine: shader(values, ending, height, quads), args, groups };
    });
    return { calls: [...borderCalls(parts[0].window), ...calls] };
  },
};

/** Zeros as well, which are stored. */
const wholly = (matrix: Matrix): Matrix => ({ ...matrix, mask: new Uint8Array(matrix.data.length).fill(1) });

const names = [...windowNames, ...told];
const ownNames = ['bits', 'first', 'order', 'order_step', 'words', 'bands', 'result', 'lanes', 'rows'];

const kinds: Readonly<Record<Height, string>> = { 1: 'rows', 2: 'pairs', 4: 'bands' };

const shader = (values: Stored, ending: Ending, height: Height, quads: number): Routine => ({
  name: `sparse-${kinds[height]}-${4 * quads}-${values.kind}-${ending.kind}`,
  template: 'webgpu/kernels/sparse.wgsl.hbs',
  view: {
    ...pixelView(height, quads),
    told: declared([...names, ...ending.names, ...ownNames]),
    value: values.several('next', height),
    finish: ending.result(`sum * ${values.factor('row')}`, 'row', 'at'),
  },
  needs: [...values.needs, ...ending.needs, math.readFour],
});
