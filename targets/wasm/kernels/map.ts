/** Functions of single numbers over whole arrays. */
import type { Arr } from '../../../src/loop/loop.ts';
import type { UnaryName } from '../../../src/ops/scalar.ts';
import type { Kernel, RoutineCall } from '../../../src/plan/kernel.ts';
import { printLayout } from '../../../src/tensor/type.ts';
import { lines } from '../text.ts';
import { unaryVectors } from '../vector.ts';

export const map: Kernel = {
  name: 'map',
  doc: 'functions of single numbers',

  match({ call: { op }, types: { x }, arrays, result }) {
    if (op.kind !== 'unary') return 'not a function of single numbers';
    if (printLayout(x.layout) !== printLayout(result.type.layout)) return 'operand and result lie otherwise';
    const call = mapCall(op.fn, arrays.x, result.array);
    return call ? { calls: [call] } : `there are no vector instructions for "${op.fn}"`;
  },
};

/** `to` = fn(`from`), all of it, padding included. They may be one array. */
export function mapCall(fn: UnaryName, from: Arr, to: Arr): RoutineCall | undefined {
  const vector = unaryVectors[fn];
  if (!vector) return undefined;
  const routine = {
    name: `map-${fn}`,
    template: 'wasm/kernels/map.wat.hbs',
    view: {
      name: `map_${fn.replaceAll('-', '_')}`,
      doc: `${fn}(x[i])`,
      value: lines(vector.value, ' '.repeat(8)).join('\n'),
    },
    needs: vector.needs,
  };
  return { routine, args: [from, to, to.length] };
}
