/**
 * Convolutions and dense layers of many vectors whose weights have places of their own, off the tensor cores: direct convolution (Escort,
 * arXiv:1802.10280) and products with matrices (Sputnik, arXiv:2006.10901) are one kernel. Windows of some planes lie in shared memory, where
 * every place is a fixed shift. Rows that share their places, in bands of two or four, share what is read as well.
 */
import type { Weights } from '../../../src/graph/weights.ts';
import type { Kernel } from '../../../src/plan/kernel.ts';
import type { Matrix } from '../../../src/tensor/matrix.ts';
import { bandsOf } from '../../gpu/bands.ts';
import type { Height } from '../../gpu/storage.ts';
import { heightOf } from '../../gpu/storage.ts';
import type { Device } from '../devices.ts';
import type { Ending } from '../ending.ts';
import { endingOf } from '../ending.ts';
import { callOf, functionName, real, whole, words, result as written } from '../kernel.ts';
import type { Read } from '../sparse/reading.ts';
import { readingOf } from '../sparse/reading.ts';
import type { Recorded, Records } from '../sparse/records.ts';
import { blocksOf, headerWords, recordsOf } from '../sparse/records.ts';
import type { Shape, Shared } from '../sparse/shape.ts';
import { enoughThreads, mostShared, shallower, shapeOf, slotsOf, togetherOrNot } from '../sparse/shape.ts';
import type { Values } from '../sparse/values.ts';
import { valuesOf } from '../sparse/values.ts';
import { weightsIn } from './layer.ts';

/** Shaped for a GPU. */
export const sparseFor = (device: Device): Kernel => ({
  name: 'sparse',
  doc: 'sums over the weights that are kept, from windows of planes in shared memory',

  match(site) {
    const weights = weightsIn(site, 'sparse');
    if (typeof weights === 'string') return weights;
    const reading = readingOf(site);
    if (typeof reading === 'string') return reading;
    const values = valuesOf(site, weights, 8);
    const recorded = recordedOf(weights, reading, values, device);
    const fitted = fittedTo(recorded, reading, device);
    if (!fitted) return 'takes windows that fit shared memory';
    const { shape, records } = fitted;
    const { planes, images, to } = reading;
    const { rows } = weights.matrix;
    const blocks = blocksOf(recorded, shape);
    const tiles = Math.ceil(planes.places / (32 * shape.spans));
    const groups = [tiles, blocks * reading.groups, images];
    if (groups.some((count) => count > mostGroups)) return `takes no ${rows} rows of ${images} images`;

    const image = reading.groups * planes.count * planes.size;
    const x = planes.isOwn ? site.arrays.x : site.scratch('planes', 'f32', images * image);
    const ending = endingOf(site);
    const { warps, bands, spans, depth, span } = shape;
    const sizes = {
      ...{
        image,
        planes: planes.count,
        size: planes.size,
        blocks,
        chunks: Math.ceil(planes.count / depth),
        depth,
        span,
      },
      ...{ room: records.room, pitch: planes.pitch, height: planes.height, width: planes.width, rows },
      ...{ to_image: to.image, to_pixel: to.pixel, to_row: to.row },
    };
    const own = callOf({
      name: `sparse-${recorded.height}-${warps}x${bands}x${spans}-${values.kind}-${ending.kind}`,
      template: 'sparse-window',
      view: viewOf(shape, recorded.height, values, ending),
      needs: [values.load, ...ending.needs],
      parameters: [
        ...[real('x', x), words('weights', site.pack('records', records.words).array)],
        ...[words('begins', site.pack('begins', records.begins).array)],
        { declare: 'const int *__restrict__ order', argument: site.pack('order', records.order).array },
        written('result', site.result.array),
        ...Object.entries(sizes).map(([name, size]) => whole(name, size)),
        ...values.parameters,
        ...values.factors,
        ...ending.parameters,
      ],
      ...{ groups, threads: 32 * warps, shared: 2 * stage(shape, records) },
    });
    return { calls: planes.isOwn ? [own] : [reading.copy(x), own] };
  },
});

/** Along the second and third dimension of a grid. */
const mostGroups = 65535;

function recordedOf({ matrix, constant }: Weights, reading: Read, values: Values, device: Device): Recorded {
  const { encoding } = constant.type;
  const { planes, groups, locate } = reading;
  const rows = matrix.rows / groups;
  const own = Array.from({ length: groups }, (_, group) =>
    groups === 1 ? matrix : rowsOf(matrix, group * rows, rows),
  );
  const inBands = (height: Height): Recorded => ({
    ...{ groups: own.map((m) => bandsOf(m, height, encoding)), height, rows, planes: planes.count, locate, values },
  });
  const recorded = inBands(heightOf(encoding));
  const { height } = togetherOrNot(sharedOf(recorded, reading), device);
  return height === recorded.height ? recorded : inBands(height);
}

function sharedOf({ groups: all, height, values }: Recorded, { planes, images, groups }: Read): Shared {
  const [{ count: bands }] = all;
  const places = all.reduce((sum, { order }) => sum + order.columns.length / height, 0) / (bands * groups);
  return { planes, images, groups, height, bands, places, bits: values.bits };
}

function rowsOf({ columns, run, data, mask }: Matrix, first: number, rows: number): Matrix {
  const [from, to] = [first * columns, (first + rows) * columns];
  return { rows, columns, run, data: data.slice(from, to), ...(mask && { mask: mask.slice(from, to) }) };
}

interface Fitted {
  readonly shape: Shape;
  readonly records: Records;
}

/** Undefined where shared memory has no room for the window of one plane. */
function fittedTo(recorded: Recorded, reading: Read, device: Device): Fitted | undefined {
  let shape = shapeOf(sharedOf(recorded, reading), device);
  for (; shape; shape = shallower(shape)) {
    const records = recordsOf(recorded, shape);
    if (2 * stage(shape, records) <= mostShared) return { shape, records };
  }
  return undefined;
}

/** Bytes of what is computed while the next is brought. */
const stage = ({ depth, span }: Shape, { room }: Records): number => 16 * (room + depth * span);

const viewOf = (shape: Shape, height: Height, values: Values, ending: Ending): object => ({
  ...{ warps: shape.warps, bands: shape.bands, spans: shape.spans, pixels: 32 * shape.spans },
  ...{ blocks: enoughThreads / (32 * shape.warps), slots: slotsOf(shape), height, header: headerWords(shape) / 4 },
  ...{ word: values.word, load: functionName(values.load.name), with: values.with, prepare: values.prepare },
  finish: ending.result(values.scaled('sum', 'row'), 'row', 'at'),
});
