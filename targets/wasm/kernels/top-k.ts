/** The largest numbers of each row, or where they are. */
import type { Kernel, Routine } from '../../../src/plan/kernel.ts';

export const topK: Kernel = {
  name: 'top-k',
  doc: 'the largest numbers of each row, or where they are',
  integers: true,

  match({ call: { op }, types: { x }, arrays, result, scratch }) {
    if (op.kind !== 'top-k') return 'not the largest of rows';
    if (x.dtype !== 'f32') return `takes f32 and is given ${x.dtype}`;
    if (x.layout.kind !== 'plain' || result.type.layout.kind !== 'plain') return 'does not go from plain to plain';
    const size = x.shape[x.shape.length - 1];
    const best = [scratch('ranks', 'f32', op.k), scratch('places', 'i32', op.k)];
    const args = [arrays.x, result.array, ...best, arrays.x.length / size, size, op.k];
    return { calls: [{ routine: op.output === 'values' ? values : indices, args }] };
  },
};

const routine = (name: string, write: string): Routine => ({
  name,
  template: 'wasm/kernels/top-k.wat.hbs',
  view: { name: name.replaceAll('-', '_'), write },
  needs: [],
});

const indices = routine('top-k-indices', '(i32.store (local.get $y) (local.get $i))');
const values = routine(
  'top-k-values',
  '(f32.store (local.get $y) (f32.load (i32.add (local.get $x) (i32.shl (local.get $i) (i32.const 2)))))',
);
