/**
 * Dense layers of a few vectors whose weights have places of their own. They wait for weights, which are read once, side by side, in their
 * codes: places and values by fours, or a bit for each column where many are kept. The vector lies in shared memory.
 */
import type { Weights } from '../../../src/graph/weights.ts';
import type { Kernel, KernelSite, Routine } from '../../../src/plan/kernel.ts';
import type { Bands } from '../../gpu/bands.ts';
import { bandsOf } from '../../gpu/bands.ts';
import type { Height } from '../../gpu/storage.ts';
import { heightOf } from '../../gpu/storage.ts';
import type { Device } from '../devices.ts';
import { endingOf } from '../ending.ts';
import type { Parameter } from '../kernel.ts';
import { callOf, functionName, real, whole, words, result as written } from '../kernel.ts';
import type { Values } from '../sparse/values.ts';
import { valuesOf } from '../sparse/values.ts';
import {
  bitsIn,
  blocksOf,
  isWorthBits,
  mostNumbers,
  piecesOf,
  placesIn,
  vectorsOf,
  warpsOf,
} from '../sparse/vector.ts';
import { weightsIn } from './layer.ts';

/** Shaped for a GPU. */
export const sparseVectorFor = (device: Device): Kernel => ({
  name: 'sparse-vector',
  doc: 'products of the weights that are kept with a few vectors, one by one',

  match(site) {
    const weights = weightsIn(site, 'sparse');
    if (typeof weights === 'string') return weights;
    const vectors = vectorsOf(site);
    if (typeof vectors === 'string') return vectors;
    const size = weights.matrix.columns;
    if (size > mostNumbers) return `takes vectors of up to ${mostNumbers} numbers and is given ${size}`;
    const { encoding } = weights.constant.type;
    const height = heightOf(encoding);
    const bands = bandsOf(weights.matrix, height, encoding);
    const places = bands.order.columns.length / height / bands.count;
    const pieces = piecesOf(bands.count, places, device);
    const ending = endingOf(site);
    const asBits = height === 1 && isWorthBits(size, places);
    const values = valuesOf(site, weights, asBits ? 8 : 4);
    const packed = asBits
      ? storedBits(site, weights, bands, pieces, values)
      : storedPlaces(site, weights, bands, height, values);
    const each = warpsOf / pieces;
    const call = callOf({
      name: `${packed.name}-${pieces}-${values.kind}-${ending.kind}`,
      template: asBits ? 'sparse-bits' : 'sparse-vector',
      view: {
        ...{ warps: warpsOf, pieces, bands: each, height, prepare: values.prepare },
        finish: ending.result(values.scaled('sum', 'row'), 'row', 'at'),
        ...packed.view,
      },
      needs: [...packed.needs, ...ending.needs],
      parameters: [
        real('x', site.arrays.x),
        ...packed.parameters,
        written('result', site.result.array),
        ...[whole('size', size), whole('rows', weights.matrix.rows)],
        ...values.parameters,
        ...values.factors,
        ...ending.parameters,
      ],
      groups: [blocksOf(bands.count, pieces, device), vectors],
      threads: 32 * warpsOf,
      shared: 4 * packed.length,
    });
    return { calls: [call] };
  },
});

interface Stored {
  readonly name: string;
  readonly view: object;
  readonly parameters: readonly Parameter[];
  readonly needs: readonly Routine[];
  /** Of the vector in shared memory. */
  readonly length: number;
}

const ints = (name: string, argument: Parameter['argument']): Parameter => ({
  declare: `const int *__restrict__ ${name}`,
  argument,
});

function storedPlaces(site: KernelSite, { matrix }: Weights, bands: Bands, height: Height, values: Values): Stored {
  const { places, begins, order, values: packed } = placesIn(bands, height, values);
  const pack = (hint: string, data: Uint32Array<ArrayBuffer> | Int32Array<ArrayBuffer>) => site.pack(hint, data).array;
  return {
    name: `sparse-vector-${height}`,
    view: { word: values.word, load: functionName(values.load.name), with: values.with },
    parameters: [
      words('places', pack('places', new Uint32Array(places.buffer))),
      words('values', pack('values', packed)),
      ...[ints('begins', pack('begins', begins)), ints('order', pack('order', order)), whole('count', bands.count)],
    ],
    needs: [values.load],
    length: matrix.columns,
  };
}

function storedBits(site: KernelSite, { matrix }: Weights, bands: Bands, pieces: number, values: Values): Stored {
  const { bits, begins, order, words: count, values: packed } = bitsIn(matrix, bands, pieces, values);
  const pack = (hint: string, data: Uint32Array<ArrayBuffer> | Int32Array<ArrayBuffer>) => site.pack(hint, data).array;
  return {
    name: 'sparse-bits',
    view: { type: values.type, weight: values.one('weight') },
    parameters: [
      ...[words('bits', pack('bits', bits)), words('values', pack('values', packed))],
      ...[ints('begins', pack('begins', begins)), ints('order', pack('order', order)), whole('words', count)],
    ],
    needs: [],
    length: 32 * count,
  };
}
