/** Dense layers of a few vectors, in f32: they wait for weights, which are read side by side, in their codes. */
import type { Weights } from '../../../src/graph/weights.ts';
import type { Kernel, Routine } from '../../../src/plan/kernel.ts';
import type { Device } from '../devices.ts';
import { endingOf } from '../ending.ts';
import { callOf, functionName, real, whole, words, result as written } from '../kernel.ts';
import type { Values } from '../sparse/values.ts';
import { valuesOf, writeNumbers } from '../sparse/values.ts';
import { piecesOf, vectorsOf, warpsOf } from '../sparse/vector.ts';
import { weightsIn } from './layer.ts';

/** Shaped for a GPU. */
export const denseVectorFor = (device: Device): Kernel => ({
  name: 'dense-vector',
  doc: 'products of all weights with a few vectors, one by one',

  match(site) {
    const weights = weightsIn(site, 'dense');
    if (typeof weights === 'string') return weights;
    const vectors = vectorsOf(site);
    if (typeof vectors === 'string') return vectors;
    const { rows, columns: size } = weights.matrix;
    const values = valuesOf(site, weights, 4);
    const pieces = piecesOf(rows, size, device);
    const ending = endingOf(site);
    const even = size % 4 === 0;
    const call = callOf({
      name: `dense-vector-${even ? 'fours' : 'some'}-${pieces}-${values.kind}-${ending.kind}`,
      template: 'dense-vector',
      view: {
        ...{ warps: warpsOf, pieces, word: values.word, load: functionName(values.load.name), with: values.with },
        read: even ? '*(const float4 *)&vector[4 * i]' : `${functionName(readSome.name)}(vector, 4 * i, size)`,
        prepare: values.prepare === '' ? '' : `${values.prepare}  __syncthreads();\n`,
        finish: ending.result(values.scaled('sum', 'row'), 'row', 'at'),
      },
      needs: [values.load, ...(even ? [] : [readSome]), ...ending.needs],
      parameters: [
        ...[real('x', site.arrays.x), words('weights', site.pack('weights', packed(weights, values)).array)],
        written('result', site.result.array),
        ...[whole('size', size), whole('fours', Math.ceil(size / 4)), whole('rows', rows)],
        ...values.parameters,
        ...values.factors,
        ...ending.parameters,
      ],
      groups: [Math.ceil((rows * pieces) / warpsOf), vectors],
      threads: 32 * warpsOf,
    });
    return { calls: [call] };
  },
});

const readSome: Routine = { name: 'read-some', template: 'cuda/values/read-some.cu.hbs', view: {}, needs: [] };

/** Row by row, by fours, of which the last is filled up. */
function packed({ matrix: { rows, columns } }: Weights, values: Values): Uint32Array<ArrayBuffer> {
  const width = 4 * Math.ceil(columns / 4);
  const to = new Uint32Array(Math.ceil((rows * width * values.bits) / 32));
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < width; column++) {
      const number = column < columns ? values.numberOf(row, column) : values.pad;
      writeNumbers(to, values.bits, row * width + column, number);
    }
  return to;
}
