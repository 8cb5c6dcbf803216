/**
 * Convolutions and dense layers whose weights have places of their own: a bit for each place, in bands of one row or of four
 * that share places, and the values of those that are set. An invocation computes some pixels of a band: it walks the bits,
 * and reads each input once for all rows of the band. Bands are in order of how many places they have, so that neighbours take as long.
 */
import { gatherBand, liveBits } from '../../../src/formats/livebits.ts';
import type { Weights } from '../../../src/graph/weights.ts';
import type { Kernel, Routine } from '../../../src/plan/kernel.ts';
import { isTallBlock, tall } from '../storage.ts';
import { groupSize, lanesFor, pixelsEach } from './lanes.ts';
import { declared, endingOf, notKnown } from './layer.ts';
import type { Order } from './values.ts';
import { storeValues, told } from './values.ts';
import { windowArgs, windowNames, windowOf } from './window.ts';

export const sparse: Kernel = {
  name: 'sparse',
  doc: 'sums over the weights that are kept, a bit for each place, in rows or in bands of four',

  match(site) {
    const { call, weights, result } = site;
    if (call.op.kind !== 'conv2d' && call.op.kind !== 'linear') return 'takes convolutions and dense layers';
    if (call.op.kind === 'conv2d' && call.op.groups > 1) return 'takes one group';
    if (!weights) return 'takes weights that are known';
    const { encoding } = weights.constant.type;
    if (encoding.format === 'dense') return 'takes weights that are not stored dense';
    const fault = notKnown(site);
    if (fault !== undefined) return fault;
    const window = windowOf(site);
    if (typeof window === 'string') return window;

    const height = isTallBlock(encoding) ? tall : 1;
    const bands = bandsOf(weights, height);
    const values = storeValues(site, weights, bands.order);
    const ending = endingOf(site);
    const pack = (hint: string, data: Int32Array<ArrayBuffer>) => site.pack(hint, data).array;
    const each = height === 1 ? 2 * pixelsEach : pixelsEach;
    const lanes = lanesFor(Math.ceil(window.pixels / each));
    const rows = result.type.shape[result.type.shape.length - 1];
    const args = [
      ...windowArgs(window),
      ...values.args,
      ...ending.args,
      ...[pack('bits', bands.bits), pack('first', bands.first), pack('band', bands.slots)],
      ...[liveBits(weights.matrix).wordsPerRun, bands.slots.length, result.array, lanes, rows],
    ];
    const groups = [
      Math.ceil(window.pixels / (each * lanes)),
      Math.ceil(bands.slots.length / (groupSize / lanes)),
      window.images,
    ];
    return { calls: [...window.before, { routine: shader(values, ending, height), args, groups }] };
  },
};

const names = [...windowNames, ...told];
const ownNames = ['bits', 'first', 'order', 'words', 'bands', 'result', 'lanes', 'rows'];

function shader(values: ReturnType<typeof storeValues>, ending: ReturnType<typeof endingOf>, height: number): Routine {
  const stem = height === 1 ? 'sparse-rows' : 'sparse-bands';
  const finish = (sum: string, row: string): string => ending.result(`${sum} * ${values.factor(row)}`, row, 'at');
  return {
    name: `${stem}-${values.kind}-${ending.kind}`,
    template: `webgpu/kernels/${stem}.wgsl.hbs`,
    view: {
      told: declared([...names, ...ending.names, ...ownNames]),
      value: height === 1 ? values.value('next') : values.values('next'),
      finish: finish('sum', 'row'),
    },
    needs: [...values.needs, ...ending.needs],
  };
}

interface Bands {
  /** Places of each band, run after run, in words. */
  readonly bits: Int32Array<ArrayBuffer>;
  /** The first value of each band, in groups of as many as a band has rows. */
  readonly first: Int32Array<ArrayBuffer>;
  /** Which band comes where. */
  readonly slots: Int32Array<ArrayBuffer>;
  readonly order: Order;
}

function bandsOf({ matrix }: Weights, height: number): Bands {
  const live = liveBits(matrix);
  const { wordsPerRow, wordsPerRun, run } = live;
  const count = Math.ceil(matrix.rows / height);
  const own = Array.from({ length: count }, (_, b) => {
    const words = new Int32Array(wordsPerRow);
    gatherBand(live, b * height, Math.min(height, matrix.rows - b * height), words);
    return { band: b, words, places: words.reduce((sum, word) => sum + ones(word), 0) };
  }).sort((a, b) => b.places - a.places || a.band - b.band);
  const bits = new Int32Array(count * wordsPerRow);
  const first = new Int32Array(count);
  const total = own.reduce((sum, { places }) => sum + places, 0);
  const rows = new Int32Array(total * height);
  const columns = new Int32Array(total * height);
  let next = 0;
  own.forEach(({ band, words }, slot) => {
    bits.set(words, slot * wordsPerRow);
    first[slot] = next / height;
    for (let w = 0; w < wordsPerRow; w++) {
      const start = Math.floor(w / wordsPerRun) * run + (w % wordsPerRun) * 32;
      for (let left = words[w]; left !== 0; left &= left - 1) {
        const column = start + 31 - Math.clz32(left & -left);
        for (let r = 0; r < height; r++, next++) {
          rows[next] = keeps(matrix, band * height + r, column) ? band * height + r : -1;
          columns[next] = column;
        }
      }
    }
  });
  return { bits, first, slots: Int32Array.from(own, ({ band }) => band), order: { rows, columns } };
}

/** Whether the weight is there and kept. */
function keeps({ rows, columns, data, mask }: Weights['matrix'], row: number, column: number): boolean {
  const at = row * columns + column;
  return row < rows && (mask ? mask[at] === 1 : data[at] !== 0);
}

function ones(word: number): number {
  let count = 0;
  for (let left = word; left !== 0; left &= left - 1) count++;
  return count;
}
