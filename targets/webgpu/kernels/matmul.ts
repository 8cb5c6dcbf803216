/** Products of matrices that are computed, in tiles of 32 by 32. */
import type { Kernel, KernelSite } from '../../../src/plan/kernel.ts';
import type { Shape } from '../../../src/tensor/type.ts';
import { elements } from '../../../src/tensor/type.ts';
import type { Side } from './product.ts';
import { productCall } from './product.ts';

/** Of less, most of a tile would be idle. */
const least = 8;

export const matmul: Kernel = {
  name: 'matmul',
  doc: 'products of matrices that are computed, in tiles of 32 by 32',

  match(site) {
    const { call, types, arrays, result } = site;
    const { op } = call;
    if (op.kind !== 'matmul') return 'takes products of matrices';
    const all = [types.a, types.b, result.type];
    if (all.some(({ layout }) => layout.kind !== 'plain')) return 'takes what is row-major';
    const [rows, columns] = result.type.shape.slice(-2);
    const [p, q] = types.a.shape.slice(-2);
    const depth = op.transposeA ? p : q;
    if (Math.min(rows, columns, depth) < least)
      return `takes ${least} rows, columns and terms, and is given ${rows}, ${columns} and ${depth}`;

    const outer = result.type.shape.slice(0, -2);
    const side = (name: 'a' | 'b', down: number, across: number): Side | string => {
      const { shape } = types[name];
      const apart = apartIn(shape.slice(0, -2), outer, elements(shape.slice(-2)));
      if (apart === undefined) return `takes operands for each product or for all, and "${name}" is for some`;
      return { array: arrays[name], buffer: bufferOf(site, name), outer: apart, head: 0, down, across };
    };
    const a = op.transposeA ? side('a', 1, rows) : side('a', depth, 1);
    const b = op.transposeB ? side('b', 1, depth) : side('b', columns, 1);
    if (typeof a === 'string') return a;
    if (typeof b === 'string') return b;
    const to = { array: result.array, outer: rows * columns, head: 0, down: columns };
    const product = productCall({ a, b, result: to, rows, columns, depth, outer: elements(outer), heads: 1 });
    return typeof product === 'string' ? product : { calls: [product] };
  },
};

export const bufferOf = ({ constant }: KernelSite, name: string): Side['buffer'] =>
  constant(name) ? 'weights' : 'memory';

/** Elements from one product to the next: so many where an operand has one matrix for each, and 0 where it has one for all. */
function apartIn(own: Shape, outer: Shape, size: number): number | undefined {
  if (elements(own) === 1) return 0;
  return elements(own) === elements(outer) ? size : undefined;
}
