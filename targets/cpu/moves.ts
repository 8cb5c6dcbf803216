/** Calls that move whole pixels: what reaches a pixel of the result is all channels of one pixel of an operand. */
import type { Op } from '../../src/ops/index.ts';
import { rulesOf } from '../../src/ops/index.ts';
import type { Types, Value } from '../../src/ops/rules.ts';
import type { Shape, TensorType } from '../../src/tensor/type.ts';
import { elements, tensor } from '../../src/tensor/type.ts';

/** More pixels are not listed. */
const mostPixels = 1 << 16;

/** Whether a call moves whole pixels, and not too many. */
export function movesPixels(op: Op, types: Types, { shape }: TensorType): boolean {
  const last = shape.length - 1;
  const x = types.x?.shape ?? [];
  if (shape.length < 2 || x.length === 1 || elements(shape.slice(0, last)) > mostPixels) return false;
  switch (op.kind) {
    case 'concat':
      return op.axis !== last;
    case 'reshape':
      return x[x.length - 1] === shape[last];
    case 'slice':
      return op.size[last] === x[last] && op.step[last] === 1;
    case 'transpose':
      return op.perm[last] === last;
    default:
      return false;
  }
}

/** For each pixel of the result, which pixel of the operand named it is, or −1. */
export function sourcesOf(op: Op, types: Types, type: TensorType, name: string): Int32Array {
  const one = (shape: Shape): TensorType => tensor('i32', shape.with(shape.length - 1, 1));
  const values = Object.fromEntries(
    Object.entries(types).map(([operand, { shape }]): readonly [string, Value] => {
      const pixels = one(shape);
      const data = Int32Array.from({ length: elements(pixels.shape) }, (_, i) => (operand === name ? i : -1));
      return [operand, { type: pixels, data }];
    }),
  );
  const narrow = narrowed(op, type.shape.length - 1);
  return rulesOf(narrow).evaluate(narrow, values, one(type.shape)) as Int32Array;
}

/** The call on values of one channel. */
function narrowed(op: Op, last: number): Op {
  if (op.kind === 'reshape') return { ...op, shape: op.shape.with(last, 1) };
  return op.kind === 'slice' ? { ...op, size: op.size.with(last, 1) } : op;
}
