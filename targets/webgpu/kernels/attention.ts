/** Attention: products of queries and keys, softmax along the keys, and products of these shares and the values. */
import type { Attention } from '../../../src/ops/attention.ts';
import type { Kernel, KernelSite } from '../../../src/plan/kernel.ts';
import { bufferOf } from './matmul.ts';
import type { Finish, Side } from './product.ts';
import { productCall } from './product.ts';
import { softmaxCall } from './softmax.ts';

/** Bytes of scores, beyond which they are not held: loops compute one at a time. */
const mostScores = 2 ** 26;

export const attention: Kernel = {
  name: 'attention',
  doc: 'products of queries and keys, softmax, and products with the values, in tiles of 32 by 32',

  match(site) {
    const { call, types, arrays, result } = site;
    const { op } = call;
    if (op.kind !== 'attention') return 'takes attention';
    if ([...Object.values(types), result.type].some(({ layout }) => layout.kind !== 'plain'))
      return 'takes what is row-major';
    const { heads } = op;
    const [n, t, c] = types.q.shape;
    const [, s, e] = types.v.shape;
    const [deep, wide] = [c / heads, e / heads];
    const count = n * heads * t * s;
    if (4 * count > mostScores) return `holds scores of ${mostScores} bytes, and these take ${4 * count}`;

    const scores = site.scratch('scores', 'f32', count);
    const operand = (name: 'q' | 'k' | 'v', outer: number, head: number, down: number, across: number): Side => ({
      ...{ array: arrays[name], buffer: bufferOf(site, name), outer, head, down, across },
    });
    const first = productCall({
      a: operand('q', t * c, deep, c, 1),
      b: operand('k', s * c, deep, 1, c),
      result: { array: scores, outer: heads * t * s, head: t * s, down: s },
      ...{ rows: t, columns: s, depth: deep, outer: n, heads, finish: scaled(site, op) },
    });
    const second = productCall({
      a: { array: scores, buffer: 'memory', outer: heads * t * s, head: t * s, down: s, across: 1 },
      b: operand('v', s * e, wide, e, 1),
      result: { array: result.array, outer: t * e, head: wide, down: e },
      ...{ rows: t, columns: wide, depth: s, outer: n, heads },
    });
    if (typeof first === 'string') return first;
    if (typeof second === 'string') return second;
    const lines = { count: n * heads * t, size: s, step: 1, inOrder: true };
    return { calls: [first, softmaxCall(scores, scores, lines), second] };
  },
};

/** Scores with their scale, and what hides some of them. */
function scaled(site: KernelSite, { scale }: Attention): Finish {
  const { types, arrays } = site;
  const { mask } = types;
  const factor = { f32: scale };
  if (!mask) return { kind: 'scaled', names: ['scale'], args: [factor], text: 'sum * bitcast<f32>(scale)' };
  const from = bufferOf(site, 'mask');
  // A size of 1 repeats.
  const missing = 4 - mask.shape.length;
  const steps = [0, 1, 2, 3].map((axis) => {
    const own = axis - missing;
    if (own < 0 || mask.shape[own] === 1) return 0;
    return mask.shape.slice(own + 1).reduce((product, size) => product * size, 1);
  });
  return {
    kind: `masked-${from}`,
    names: ['scale', 'mask', 'mask_outer', 'mask_head', 'mask_down', 'mask_across'],
    args: [factor, arrays.mask, ...steps],
    text: `sum * bitcast<f32>(scale) + bitcast<f32>(${from}[mask + outer * mask_outer + head * mask_head + row * mask_down + column * mask_across])`,
  };
}
