/** Functions of single numbers, over whole values in any layout. */
import type { UnaryName } from '../../../src/ops/scalar.ts';
import { unaryFunction } from '../../../src/ops/scalar.ts';
import type { Kernel, Routine } from '../../../src/plan/kernel.ts';
import { sameLayout, storedLength } from '../../../src/tensor/type.ts';
import { directLoop, printLoop } from '../elementwise.ts';
import { vector } from '../panels.ts';
import type { CpuRoutine } from '../routine.ts';
import { call } from '../routine.ts';

export const unary: Kernel = {
  name: 'unary',
  doc: 'functions of single numbers',

  match({ call: { op }, types: { x }, arrays, result: { type, array } }) {
    if (op.kind !== 'unary') return 'not a function of one number';
    if (!sameLayout(x.layout, type.layout)) return 'the layout changes';
    return { calls: [call(map(op.fn), { x: arrays.x, y: array, count: storedLength(type) })] };
  },
};

const members = 'x y count' as const;

const struct: Routine = { name: 'map-struct', template: 'cpu/kernels/map-struct.c.hbs', view: {}, needs: [] };

function map(fn: UnaryName): CpuRoutine<typeof members> {
  const name = `map-${fn}`;
  const loop =
    directLoop(fn, 'x', '  ') ?? printLoop('count', { x: 'each' }, ([x]) => unaryFunction(fn).lower(x), '  ');
  return {
    name,
    template: 'cpu/kernels/map.c.hbs',
    view: { name: name.replaceAll('-', '_'), fn, loop },
    needs: [vector, struct],
    struct: 'map',
    members,
  };
}
