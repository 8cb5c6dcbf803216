/**
 * Convolutions and dense layers with all of their weights: products of matrices in tiles, the columns of pictures laid out in
 * the memory of a group as they are needed. Weights lie as tiles read them: the rows of a tile side by side, one column after the other.
 */
import type { Kernel, Routine } from '../../../src/plan/kernel.ts';
import type { Part } from '../../gpu/parts.ts';
import { ordersOf } from '../../gpu/parts.ts';
import type { Order } from '../../gpu/storage.ts';
import { windowArgs, windowNames } from '../../gpu/window.ts';
import { borderCalls } from './border.ts';
import type { Ending } from './layer.ts';
import { declared, endingOf, layerOf } from './layer.ts';
import { together, togetherName } from './lines.ts';
import { areVectors, isNarrow } from './pixels.ts';
import type { Stored } from './values.ts';
import { storeValues, told } from './values.ts';

/** Rows of weights, and pixels, of a tile. */
const tile = 32;

/** Along one dimension of a grid. */
const mostGroups = 65535;

export const dense: Kernel = {
  name: 'dense',
  doc: 'products of matrices in tiles of 32 by 32, or of vectors one by one',

  match(site) {
    const layer = layerOf(site);
    if (typeof layer === 'string') return layer;
    const { weights, parts } = layer;
    if (weights.constant.type.encoding.format !== 'dense') return 'takes weights that are stored dense';
    const { rows } = weights.matrix;
    if (parts.some(({ window }) => isNarrow(window, rows))) return `leaves groups of ${parts[0].window.rowsEach} rows`;

    const shaped = parts.map((part) => ({ ...part, ...shapeOf(part, rows) }));
    if (shaped.some(({ groups }) => groups.some((count) => count > mostGroups))) return `takes no ${rows} rows`;
    const { order, starts } = ordersOf(shaped);
    const values = storeValues(site, weights, order);
    const ending = endingOf(site);
    const calls = shaped.map(({ window, matrix, groups, ...shape }, i) => ({
      routine: shader(shape, values, ending),
      args: [
        ...windowArgs(window),
        ...values.args,
        ...ending.args,
        ...[matrix.run, site.result.array, rows, starts[i]],
      ],
      groups,
    }));
    return { calls: [...borderCalls(parts[0].window), ...calls] };
  },
};

interface Shape {
  readonly stem: 'dense-vectors' | 'dense-tiles';
  readonly groups: readonly number[];
  /** Whether rows are fours, whose weights are read at once. */
  readonly isAligned: boolean;
  readonly order: Order;
}

function shapeOf({ window, matrix: { columns } }: Part, rows: number): Shape {
  const { pixels, images, rowsEach } = window;
  if (areVectors(window))
    return {
      stem: 'dense-vectors',
      groups: [rows, pixels, images],
      isAligned: false,
      order: inTiles(rows, rows, 1, columns),
    };
  return {
    stem: 'dense-tiles',
    groups: [Math.ceil(pixels / tile), (rows / rowsEach) * Math.ceil(rowsEach / tile), images],
    isAligned: rowsEach % 4 === 0,
    order: inTiles(rows, rowsEach, tile, columns),
  };
}

/** All weights, column after column of so many rows, or of fewer where a group of rows ends. */
function inTiles(rows: number, rowsEach: number, height: number, columns: number): Order {
  const order = { rows: new Int32Array(rows * columns), columns: new Int32Array(rows * columns) };
  let next = 0;
  for (let group = 0; group < rows; group += rowsEach)
    for (let first = group; first < group + rowsEach; first += height)
      for (let column = 0; column < columns; column++)
        for (let row = first; row < Math.min(first + height, group + rowsEach); row++) {
          order.rows[next] = row;
          order.columns[next++] = column;
        }
  return order;
}

const names = [...windowNames, ...told];
const ownNames = ['depth', 'result', 'rows', 'skipped'];

function shader({ stem, isAligned }: Pick<Shape, 'stem' | 'isAligned'>, values: Stored, ending: Ending): Routine {
  const isTiles = stem === 'dense-tiles';
  const view = { told: declared([...names, ...ending.names, ...ownNames]) };
  const sum = `sum * ${values.factor('row')}`;
  return {
    name: `${stem}-${isAligned ? 'aligned-' : ''}${values.kind}-${ending.kind}`,
    template: `webgpu/kernels/${stem}.wgsl.hbs`,
    ...(isTiles
      ? {
          view: { ...view, ...tilesView, value: fourRows(values, isAligned), finish: ending.four(sum, 'row', 'at') },
          needs: [...values.needs, ...ending.fourNeeds],
        }
      : {
          view: {
            ...{ ...view, allSum: togetherName('sum') },
            ...{ value: values.value('(weight + column)'), finish: ending.result(sum, 'row', 'at') },
          },
          needs: [...values.needs, ...ending.needs, together('sum')],
        }),
  };
}

/** What an invocation adds up, and the columns that it brings. */
const tilesView = { sums: [0, 1, 2, 3].map((nth) => ({ nth, sum: `s${nth}` })), brought: [{ from: 0 }, { from: 8 }] };

/** Of a column, those of four neighbouring rows of a tile: of the last ones where it has fewer. */
const fourRows = (values: Stored, isAligned: boolean): string =>
  isAligned
    ? values.several('((weight + column * high + min(quad * 4, high - 4)) / 4)', 4)
    : `vec4<f32>(${[0, 1, 2, 3]
        .map((k) => values.value(`(weight + column * high + min(quad * 4 + ${k}, high - 1))`))
        .join(', ')})`;
