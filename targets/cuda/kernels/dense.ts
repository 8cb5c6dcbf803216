/**
 * Convolutions and dense layers whose weights are stored dense, in f32 off the tensor cores: a product of matrices in tiles, where
 * pictures are read as planes, a fixed shift for each column, so that no matrix is laid out. Where tiles are too few for a large GPU,
 * blocks share the columns as well.
 */
import type { Weights } from '../../../src/graph/weights.ts';
import type { Arr } from '../../../src/loop/loop.ts';
import { alignUp } from '../../../src/plan/arena.ts';
import type { Kernel, KernelSite, RoutineCall } from '../../../src/plan/kernel.ts';
import type { Device } from '../devices.ts';
import type { Ending } from '../ending.ts';
import { endingOf } from '../ending.ts';
import { callOf, functionName, real, whole, words, result as written } from '../kernel.ts';
import type { Read } from '../sparse/reading.ts';
import { readingOf } from '../sparse/reading.ts';
import { enoughThreads } from '../sparse/shape.ts';
import type { Tiles } from '../sparse/tiles.ts';
import { depth, threadsOf, tilesOf } from '../sparse/tiles.ts';
import type { Values } from '../sparse/values.ts';
import { valuesOf, writeNumbers } from '../sparse/values.ts';
import { weightsIn } from './layer.ts';

/** Shaped for a GPU. */
export const denseFor = (device: Device): Kernel => ({
  name: 'dense',
  doc: 'products of matrices in tiles, with pictures read as planes',

  match(site) {
    const weights = weightsIn(site, 'dense');
    if (typeof weights === 'string') return weights;
    const reading = readingOf(site);
    if (typeof reading === 'string') return reading;
    const { planes, images, to } = reading;
    const { columns } = weights.matrix;
    const rows = weights.matrix.rows / reading.groups;
    const tiles = tilesOf({ planes, images, groups: reading.groups, rows, columns }, device);
    const { splits } = tiles;
    const blocks = Math.ceil(rows / tiles.rows);
    const groups = [Math.ceil(planes.places / tiles.places), blocks * reading.groups, images * splits];
    if (groups.some((count) => count > mostGroups)) return `takes no ${rows} rows of ${images} images`;

    const group = planes.count * planes.size;
    const image = reading.groups * group;
    const x = planes.isOwn ? site.arrays.x : site.scratch('planes', 'f32', images * image);
    const values = valuesOf(site, weights, 8);
    const ending = endingOf(site);
    const sums = splits === 1 ? site.result.array : site.scratch('sums', 'f32', site.result.array.length * splits);
    const finish = ending.result(values.scaled('sum', 'row'), 'row', 'at');
    const sizes = {
      ...{ image_size: image, group_size: group, steps: Math.ceil(columns / depth), blocks },
      ...{ row_fours: alignUp(rows, tiles.rows) / 4, places: planes.places, pitch: planes.pitch },
      ...{ height: planes.height, width: planes.width, rows, split_size: site.result.array.length },
      ...{ to_image: to.image, to_pixel: to.pixel, to_row: to.row },
    };
    const offsets = site.pack('offsets', offsetsOf(weights, reading)).array;
    const own = callOf({
      name: nameOf(tiles, values, planes.reach === 0, ending),
      template: 'dense',
      view: {
        ...{ tileRows: tiles.rows, tilePlaces: tiles.places, rowFours: tiles.rowFours, placeFours: tiles.placeFours },
        ...{
          blocks: enoughThreads / threadsOf(tiles),
          depth,
          splits,
          once: planes.reach === 0 ? 4 : 1,
          prepare: values.prepare,
          word: values.word,
        },
        ...{ load: functionName(values.load.name), with: values.with, finish: splits === 1 ? finish : 'sum' },
      },
      needs: [values.load, ...(splits === 1 ? ending.needs : [])],
      parameters: [
        ...[real('x', x), words('weights', site.pack('tiles', packed(weights, reading.groups, tiles, values)).array)],
        ...[{ declare: 'const int *__restrict__ offsets', argument: offsets }, written('result', sums)],
        ...Object.entries(sizes).map(([name, value]) => whole(name, value)),
        ...values.parameters,
        ...(splits === 1 ? [...values.factors, ...ending.parameters] : []),
      ],
      ...{ groups, threads: threadsOf(tiles) },
    });
    const after = splits === 1 ? [] : [partsCall(site, sums, splits, finish, to.row, values, ending)];
    return { calls: [...(planes.isOwn ? [] : [reading.copy(x)]), own, ...after] };
  },
});

/** Along the second and third dimension of a grid. */
const mostGroups = 65535;

function nameOf(
  { rows, places, rowFours, placeFours, splits }: Tiles,
  values: Values,
  own: boolean,
  ending: Ending,
): string {
  const tile = `${rows}x${places}-${rowFours}x${placeFours}`;
  return `dense-${tile}-${own ? 'planes' : 'taps'}-${values.kind}-${splits === 1 ? ending.kind : `parts-${splits}`}`;
}

/** Group by group and column by column, four rows side by side; rows and columns fill up tiles. */
function packed({ matrix }: Weights, groups: number, tiles: Tiles, values: Values): Uint32Array<ArrayBuffer> {
  const { columns } = matrix;
  const rows = matrix.rows / groups;
  const height = alignUp(rows, tiles.rows);
  const width = alignUp(columns, depth);
  const to = new Uint32Array((groups * height * width * values.bits) / 32);
  for (let group = 0; group < groups; group++)
    for (let column = 0; column < width; column++)
      for (let row = 0; row < height; row++) {
        const isKept = row < rows && column < columns;
        const number = isKept ? values.numberOf(group * rows + row, column) : values.pad;
        writeNumbers(to, values.bits, (group * width + column) * height + row, number);
      }
  return to;
}

/** Where each column is read, from where the first is; columns that fill up read what the first does. */
function offsetsOf({ matrix: { columns } }: Weights, { planes, locate }: Read): Int32Array<ArrayBuffer> {
  return Int32Array.from({ length: alignUp(columns, depth) }, (_, column) => {
    const { plane, shift } = locate(column < columns ? column : 0);
    return plane * planes.size + shift;
  });
}

function partsCall(
  site: KernelSite,
  sums: Arr,
  splits: number,
  finish: string,
  toRow: number,
  values: Values,
  ending: Ending,
): RoutineCall {
  const size = site.result.array.length;
  const rows = site.types.weights.shape[0];
  return callOf({
    name: `dense-parts-${splits}-${values.factors.length > 0 ? 'scaled-' : ''}${ending.kind}`,
    template: 'dense-parts',
    view: { splits, finish },
    needs: ending.needs,
    parameters: [
      ...[real('parts', sums), written('result', site.result.array)],
      ...[whole('size', size), whole('to_row', toRow), whole('rows', rows)],
      ...values.factors,
      ...ending.parameters,
    ],
    ...{ groups: [Math.ceil(size / 256)], threads: 256 },
  });
}
