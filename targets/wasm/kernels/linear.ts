/** Dense layers, and convolutions whose window is the whole picture. */
import { coderFor } from '../../../src/formats/coder.ts';
import type { Weights } from '../../../src/graph/weights.ts';
import type { Op } from '../../../src/ops/index.ts';
import type { Types } from '../../../src/ops/rules.ts';
import type { Activation } from '../../../src/ops/scalar.ts';
import type { Kernel, KernelSite, Routine, RoutineCall } from '../../../src/plan/kernel.ts';
import { elements } from '../../../src/tensor/type.ts';
import { epilogueOf } from './epilogue.ts';
import { multiplied, onePlane, packRows } from './rows.ts';
import { numbersPiece, storedCodes, storedValue } from './stored.ts';
import { packUnits, storedFilters } from './units.ts';

export const linear: Kernel = {
  name: 'linear',
  doc: 'dense layers and convolutions of one window, with dense or sparse weights',

  match(site) {
    const { call, types, arrays, result, weights } = site;
    const activation = activationOf(call.op, types);
    if (activation === undefined) return 'not a dense layer';
    const bias = site.constant('bias');
    if (!weights || !bias) return 'weights or bias are computed';
    if (types.x.layout.kind !== 'plain' || result.type.layout.kind !== 'plain')
      return 'does not go from plain to plain';
    const epilogue = epilogueOf(site, activation);
    if (typeof epilogue === 'string') return epilogue;
    const { matrix, constant } = weights;
    const vectors = elements(result.type.shape) / matrix.rows;
    const sizes = [vectors, matrix.rows, matrix.columns];
    const bounds = [{ f32: epilogue.low }, { f32: epilogue.high }];
    const { format } = constant.type.encoding;
    const main: RoutineCall =
      format === 'dense' || format === 'smartdeal'
        ? {
            routine: dense,
            args: [arrays.x, result.array, packDense(site, weights), arrays.bias, ...sizes, ...bounds],
          }
        : {
            routine: csr,
            args: [
              ...[
                arrays.x,
                result.array,
                packRows(site, multiplied(weights), 1, bias, { columns: 4, ...onePlane }, matrix.columns),
              ],
              ...[...sizes, ...bounds],
            ],
          };
    return { calls: [main, ...epilogue.after] };
  },
};

/** The activation of a layer that multiplies each of its vectors by a matrix; undefined for other layers. */
export function activationOf(op: Op, { x, weights }: Types): Activation | undefined {
  if (op.kind === 'linear') return op.activation;
  if (op.kind !== 'conv2d' || op.groups !== 1 || op.residual) return undefined;
  const [, h, w] = x.shape;
  const [, kh, kw] = weights.shape;
  return kh === h && kw === w && op.pad.every((p) => p === 0) ? op.activation : undefined;
}

const dense: Routine = {
  name: 'linear-dense',
  template: 'wasm/kernels/linear-dense.wat.hbs',
  view: {},
  needs: [],
};

const csr: Routine = { name: 'linear-csr', template: 'wasm/kernels/linear-csr.wat.hbs', view: {}, needs: [] };

const expandNumbers: Routine = {
  name: 'expand-numbers',
  template: 'wasm/kernels/expand-numbers.wat.hbs',
  view: {},
  needs: [storedValue],
};

/** The weights by rows, stored as what they are made of, in the code that the encoding says, or as f16 where that is exact. */
export function packDense(site: KernelSite, { matrix, constant: { type } }: Weights) {
  const { rows, columns, data } = matrix;
  const units = type.encoding.format === 'dense' ? undefined : storedFilters(matrix);
  if (units) return packUnits(site, data, units);
  const coder = coderFor(matrix, type.encoding);
  if (!coder) return site.pack('rows', data, { pieces: [numbersPiece(data)] }).array;
  const constant = site.pack('rows', data, {
    pieces: storedCodes(data, coder, (i) => Math.floor(i / columns)),
    expand: (source) => ({ routine: expandNumbers, args: [source, constant.array, rows, columns] }),
  });
  return constant.array;
}
