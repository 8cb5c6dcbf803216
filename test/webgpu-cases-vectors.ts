/** Layers of few pixels with sparse weights, of which several invocations of the target webgpu have a row or a band together. */
import type { Encoding } from '../src/tensor/type.ts';
import { sparse as random } from './wasm-graphs.ts';
import type { Make, WebgpuCase } from './webgpu-layers.ts';
import { codedConv, convOf, grouped, groups, inGroups, rows, same, shared } from './webgpu-layers.ts';

const vector = (inputs: number, o: number, count = 1) => ({ x: [count, 1, 1, inputs], o, kernel: [1, 1] }) as const;

const some: Make = (m) => random(m.rows * m.columns, 0.2, 5);
/** Of 16 numbers, none of which is 0; rows are left over. */
const sixteen: Make = (m) =>
  shared(m, 2, 8, 5).map((v) => (v === 0 ? 0 : (Math.sign(v) * Math.ceil(8 * Math.abs(v))) / 8));

const block = (r: number, c: number): Encoding => ({ format: 'block', params: { r, c } });

/** Every third row is empty, and one is full. */
const uneven: Make = ({ rows: count, columns }) =>
  random(count * columns, 1, 5).map((v, i) => {
    const row = Math.floor(i / columns);
    return row === 7 || (row % 3 > 0 && i % 11 === 0) ? v : 0;
  });

export const vectorCases = {
  sparse: [
    convOf('a vector, rows of words of places', { ...vector(1030, 37), activation: 'relu' }, rows, some),
    convOf('a vector, empty rows and a full one, f32', { ...vector(331, 70), half: false }, rows, uneven),
    convOf('a vector, nothing is kept', vector(200, 9), rows, (m) => new Float32Array(m.rows * m.columns)),
    convOf('five vectors, a residual', { ...vector(260, 21, 5), residual: true }, rows, some),
    convOf('a vector, bands of four rows', { ...vector(520, 42), activation: 'prelu' }, block(4, 1), (m) =>
      grouped(m, { r: 4, c: 1 }, 0.2, 5),
    ),
    convOf('a vector, blocks of two rows', vector(140, 11), block(2, 2), (m) => grouped(m, { r: 2, c: 2 }, 0.3, 5)),
    convOf('a vector, rows that are alike', vector(190, 22), { format: 'vec', params: { r: 4 } }, (m) =>
      grouped(m, { r: 4, c: 1, scattered: true }, 0.3, 5),
    ),
    convOf('a vector in groups', { ...vector(402, 30), groups: 3 }, rows, some),
    convOf('a pixel of many taps, two images', { x: [2, 3, 3, 40], o: 9, kernel: [3, 3] }, rows, some),
    convOf('few pixels, a border', { ...same, x: [3, 2, 2, 70], o: 10, activation: 'relu6' }, block(4, 1), (m) =>
      grouped(m, { r: 4, c: 1 }, 0.3, 5),
    ),
    codedConv('a vector, steps', vector(300, 12), 'steps', rows, some),
    codedConv('a vector, a codebook in blocks', vector(300, 12), 'book', block(4, 1), (m) =>
      grouped(m, { r: 4, c: 1 }, 0.3, 5),
    ),
  ],
  nm: [
    convOf('a vector, 2 of 4', { ...vector(515, 33), activation: 'relu' }, groups(2, 4), (m) => inGroups(m, 2, 4, 5)),
    convOf('a pixel of many taps, 1 of 4', { x: [2, 3, 3, 22], o: 9, kernel: [3, 3] }, groups(1, 4), (m) =>
      inGroups(m, 1, 4, 5),
    ),
    codedConv('a vector, steps, 1 of 8', vector(96, 12), 'steps', groups(1, 8), (m) => inGroups(m, 1, 8, 5)),
  ],
  vnm: [
    convOf('a vector, of 8', { ...vector(520, 42), activation: 'relu' }, groups(2, 8), (m) => shared(m, 2, 8, 5)),
    convOf('a pixel of some taps, of 16', { x: [2, 2, 2, 48], o: 10, kernel: [2, 2] }, groups(2, 16), (m) =>
      shared(m, 2, 16, 5),
    ),
    codedConv('a codebook that has no 0', vector(128, 22), 'book', rows, (m) => shared(m, 2, 8, 5)),
    convOf(
      'a codebook that has no room for 0',
      vector(128, 22),
      { format: 'csr', params: { index: 16, codebook: 4 } },
      sixteen,
    ),
    convOf('three vectors, of 32, f32', { ...vector(192, 24, 3), half: false }, groups(2, 32), (m) =>
      shared(m, 2, 32, 5).map((v) => v * 1.01),
    ),
  ],
} satisfies Readonly<Record<string, readonly WebgpuCase[]>>;
