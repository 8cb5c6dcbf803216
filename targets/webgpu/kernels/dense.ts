/**
 * Convolutions and dense layers with all of their weights: products of matrices in tiles, the columns of pictures laid out in
 * the memory of a group as they are needed.
 */
import type { Kernel, Routine } from '../../../src/plan/kernel.ts';
import type { Window } from '../../gpu/window.ts';
import { windowArgs, windowNames, windowOf } from '../../gpu/window.ts';
import { borderCalls } from './border.ts';
import type { Ending } from './layer.ts';
import { declared, endingOf, notKnown } from './layer.ts';
import type { Stored } from './values.ts';
import { storeValues, told } from './values.ts';

/** Rows of weights, and pixels, of a tile. */
const tile = 32;

/** So few vectors that no tile is worth it: a group adds up one product of vectors. */
const fewPixels = 8;

/** Along one dimension of a grid. */
const mostGroups = 65535;

export const dense: Kernel = {
  name: 'dense',
  doc: 'products of matrices in tiles of 32 by 32, or of vectors one by one',

  match(site) {
    const { call, weights, result } = site;
    if (call.op.kind !== 'conv2d' && call.op.kind !== 'linear') return 'takes convolutions and dense layers';
    if (call.op.kind === 'conv2d' && call.op.groups > 1) return 'takes one group';
    if (!weights) return 'takes weights that are known';
    if (weights.constant.type.encoding.format !== 'dense') return 'takes weights that are stored dense';
    const fault = notKnown(site);
    if (fault !== undefined) return fault;
    const window = windowOf(site);
    if (typeof window === 'string') return window;

    const { rows, columns } = weights.matrix;
    const values = storeValues(site, weights, {
      rows: Int32Array.from({ length: rows * columns }, (_, i) => Math.floor(i / columns)),
      columns: Int32Array.from({ length: rows * columns }, (_, i) => i % columns),
    });
    const ending = endingOf(site);
    const args = [
      ...windowArgs(window),
      ...values.args,
      ...ending.args,
      ...[columns / window.taps, result.array, rows],
    ];
    const { stem, groups } = shapeOf(window, rows);
    if (groups.some((count) => count > mostGroups)) return `takes no ${rows} rows`;
    return { calls: [...borderCalls(window), { routine: shader(stem, values, ending), args, groups }] };
  },
};

function shapeOf(window: Window, rows: number): { readonly stem: string; readonly groups: readonly number[] } {
  if (window.pixels <= fewPixels && window.taps === 1)
    return { stem: 'dense-vectors', groups: [rows, window.pixels, window.images] };
  return { stem: 'dense-tiles', groups: [Math.ceil(window.pixels / tile), Math.ceil(rows / tile), window.images] };
}

const names = [...windowNames, ...told];
const ownNames = ['depth', 'result', 'rows'];

const shader = (stem: string, values: Stored, ending: Ending): Routine => ({
  name: `${stem}-${values.kind}-${ending.kind}`,
  template: `webgpu/kernels/${stem}.wgsl.hbs`,
  view: {
    told: declared([...names, ...ending.names, ...ownNames]),
    value: values.value('(weight + column)'),
    finish: ending.result(`sum * ${values.factor('row')}`, 'row', 'at'),
  },
  needs: [...values.needs, ...ending.needs],
});
